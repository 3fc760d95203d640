"""The filters of the first layer, as pictures: what a network looks for before anything else.

    python -m demos filters
    python -m demos filters --model vgg16

A filter is drawn around grey, so that its sign shows, three times: with one scale for the layer,
which tells weak from strong; with a scale of its own, which shows weak ones too; and as w/‖w‖, of
all inputs of length one the one that excites it most (by the Cauchy–Schwarz inequality).

No weights are read: the gradient of a unit of the first layer *is* its filter
(minigrad/techniques/look/filters.py).
"""

import argparse

import numpy as np

from demos.shared import pictures, provenance
from demos.shared.command import network, parser
from minigrad.backend import to_numpy
from minigrad.techniques import filters


def main(argv: list[str]) -> None:
    """Write the filters under three scales."""
    args = options().parse_args(argv)
    net = network(args)
    layer = next(iter(net.layers))
    w = to_numpy(filters(net))                                              # (O, 3, k, k)
    length = np.sqrt((w * w).sum(axis=(1, 2, 3), keepdims=True))
    unit = w / np.maximum(length, 1e-30)
    each = abs(w).max(axis=(1, 2, 3), keepdims=True)
    drawn = {
        "one scale for all": pictures.mosaic(128 + 127 * w / abs(w).max()),
        "a scale for each": pictures.mosaic(128 + 127 * w / np.maximum(each, 1e-30)),
        "w/|w|, what excites it most": pictures.mosaic(128 + 127 * unit / abs(unit).max()),
    }
    size = max(picture.width for picture in drawn.values())
    sheet = pictures.sheet([list(drawn.items())], tile=size)
    name = f"{net.name}_filters"
    pictures.save(args.out, name, {"": sheet}, {
        "demo": "filters",
        "model": net.name,
        "layer": layer,
        "unit": "score per grey level",
        "strongest value": float(abs(w).max()),
        "‖w‖ of each": [round(float(n), 6) for n in length.ravel()],
        **provenance.of(args),
    })
    weak = int((length < 0.1 * length.max()).sum())
    print(f"{len(w)} filters of {layer}, {w.shape[2]}×{w.shape[3]} pixels, ‖w‖ from "
          f"{length.min():.2g} to {length.max():.2g}, {weak} under a tenth of the most")
    print(f"{args.out / name}.png")


def options() -> argparse.ArgumentParser:
    """No others than every picture has."""
    return parser("filters", __doc__)
