"""Grad-CAM: which part of your photo speaks for a class, at the last layer and at finer ones.

Beside the photo Grad-CAM, Grad-CAM++ and guided Grad-CAM at the last layer with rows and columns;
below them Grad-CAM at layers of finer resolution, which know less of classes.

    python -m demos grad_cam cat.jpg
    python -m demos grad_cam cat.jpg --class "cup" --at relu4_2,relu3_2
"""

import argparse

from demos.shared import looking
from demos.shared.command import filled, layers_for_shell
from demos.shared.patience import patiently
from minigrad.techniques import grad_cam, grad_cam_plus_plus, guided_grad_cam
from minigrad.techniques.look.grad_cam import cam_layers


def main(argv: list[str]) -> None:
    """Look at every photo."""
    looking.at_each_photo("grad_cam", options().parse_intermixed_args(argv), look)


def look(sight: looking.Sight):
    """Make one photo's sheet."""
    net, x, S = sight.net, sight.x, sight.objective
    named = sight.args.at and [name.strip() for name in sight.args.at.split(",")]
    layer, *others = (named or cam_layers(net, S, x.shape[2:]))[:4]
    with patiently("the maps"):
        maps = {one: grad_cam(net, x, S, layer=one) for one in [layer, *others]}
        plus_plus = grad_cam_plus_plus(net, x, S, layer=layer)
        fine = guided_grad_cam(net, x, S, layer=layer)
    first, *rest = (sight.over(f"Grad-CAM at {one}", map) for one, map in maps.items())
    rows = [
        [sight.photo(), first, sight.over("Grad-CAM++", plus_plus),
         sight.signed("guided Grad-CAM", fine)],
        [sight.says(), *rest],
    ]
    return rows, {"layers": list(maps)}


def options() -> argparse.ArgumentParser:
    """At which layers."""
    parse = looking.options("grad_cam", __doc__)
    at = parse.add_argument(
        "--at", type=filled, default=None, metavar="LAYER,…",
        help="layers whose maps are weighted (the last of each resolution)",
    )
    at.completer = layers_for_shell
    return parse
