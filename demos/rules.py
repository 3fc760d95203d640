"""One unit or class of a network on your photo, under three rules: backprop, deconvnet, guided.

The photo with the unit's receptive field, the gradient of the unit (or of a class score) at the
image under each rule in colour around grey, and below it the saliency map, the largest |gradient|
of the three colours at each pixel.

    python -m demos rules cat.jpg
    python -m demos rules cat.jpg --layer relu4_2 --unit 17,5,6
    python -m demos rules cat.jpg --class "cup"
    python -m demos rules cat.jpg dog.jpg FOLDER 'other/*.jpg' --panel

--panel writes a second sheet: the gradient for every combination of what a backward pass may keep
of the forward pass, relu's mask and pooling's switches, with and without relu on the way back.
"""

import argparse
import pathlib

from demos.shared import colours, pictures, provenance
from demos.shared.asking import add_objective, objective_of
from demos.shared.command import add_photos, for_each, network, parser, photos_of, top
from demos.shared.looking import box_of
from demos.shared.patience import patiently
from minigrad.techniques import by_rule, gradient, panel
from minigrad.techniques.look.gradient import over_colours
from minigrad.tensor import UnusedRule


def main(argv: list[str]) -> None:
    """Look at every photo."""
    args = options().parse_intermixed_args(argv)
    photos = photos_of(args)
    net = network(args)
    for_each(photos, lambda photo, name: look(net, photo, f"{name}_rules", args))


def look(net, photo: pathlib.Path, name: str, args) -> None:
    """One photo: what the network says of it, and the pictures."""
    x = net.pixels(photo, size=args.size)
    acts = net(x)
    for class_, p in top(net, acts.scores):
        print(f"{p:6.1%}  {class_}")

    objective = objective_of(net, x, args, by_class=False)
    box = box_of(net, objective, x.shape[2:])
    with patiently("the gradient under each rule"):
        gradients, note = under_each_rule(net, x, objective)
    drawn = draw(net, x, acts, gradients, box, args)
    if args.panel:
        with patiently("the panel"):
            combinations = panel(net, x, objective)
        drawn["panel"] = draw_panel(combinations, box, x.shape[2:])
        if all(bits.switches for bits in combinations):
            note += " (no max pooling lies between it and the image, so there are no switches)"
    pictures.save(args.out, name, drawn, {
        "demo": "rules",
        "photo": photo.name,
        "model": net.name,
        "objective": objective.name,
        "value": float(objective(acts)),
        "receptive field (top, left, bottom, right)": box,
        "gradient drawn at full strength": {
            named(rule, g): pictures.scale_of(g) for rule, g in gradients.items()
        },
        "unit of the gradient": "score per grey level",
        **provenance.of(args, photo=photo),
    })
    print(f"{objective.name}{note}: {args.out / name}.png")


def options() -> argparse.ArgumentParser:
    """Options as users of the deep visualization toolbox and Captum know them."""
    parse = parser("rules", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add_objective(parse, "the strongest unit")
    add("--panel", action="store_true", help="also all combinations of mask, switches and relu")
    add("--over", action="store_true", help="saliency over the photo in grey, with a scale")
    add("--colours", default=colours.USUAL, choices=colours.NAMES,
        help=f"of the saliency map, by matplotlib's names ({colours.USUAL})")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse


def under_each_rule(net, x, objective):
    """Return the gradients by rule, and what to say where there is no relu to act on."""
    try:
        return by_rule(net, x, objective), ""
    except UnusedRule:
        note = " (no relu lies between it and the image, so all three rules are one)"
        return {"gradient": gradient(net, x, objective)}, note


def named(rule: str, g) -> str:
    """Say so where a rule let nothing through: every gradient at some relu was negative."""
    return rule if g.any() else f"{rule}: zero everywhere"


def draw(net, x, acts, gradients, box, args):
    """Make the sheet, and each picture alone."""
    photo = pictures.photo(x)
    framed = pictures.boxed(photo, box) if box else photo
    colour = {rule: pictures.signed(g) for rule, g in gradients.items()}
    maps = {
        f"saliency, {rule}": pictures.heat(over_colours(g), args.colours, x if args.over else None)
        for rule, g in gradients.items()
    }
    chart = pictures.bars(top(net, acts.scores), (256, 256))

    rows = [[("the photo" + (", and what the unit sees" if box else ""), framed), *colour.items()]]
    last = [("what the network says", chart), *maps.items()]
    if box and clearly_smaller(box, x.shape[2:]):
        rows += [closer([("what it sees, enlarged", photo), *colour.items()], box)]
        last[1:] = closer(maps.items(), box)
    alone = {"photo": framed} | {file_part(t): p for t, p in (colour | maps).items()}
    return {"": pictures.sheet([*rows, last])} | alone


def file_part(title: str) -> str:
    """Turn a title into the end of a file's name."""
    return title.replace(" ", "_").replace(",", "")


def draw_panel(by_bits, box, size):
    """Lay out the eight combinations: with and without relu on the way back, above each other."""
    rows = {False: [], True: []}
    varied = [name for name in ("mask", "switches") if not all(getattr(b, name) for b in by_bits)]
    for bits, g in by_bits.items():
        kept = [name for name in varied if getattr(bits, name)]
        title = " + ".join(kept + ["relu backward"] * bits.backward_relu) or "nothing"
        rows[bits.backward_relu].append((named(title, g), pictures.signed(g)))
    if box and clearly_smaller(box, size):
        rows = {backward: closer(row, box) for backward, row in rows.items()}
    return pictures.sheet([row for row in rows.values() if row])


def closer(titled, box):
    """Cut the receptive field out of each picture."""
    top, left, bottom, right = box
    return [(title, picture.crop((left, top, right, bottom))) for title, picture in titled]


def clearly_smaller(box, size) -> bool:
    """Is the receptive field small enough for a closer look?"""
    top, left, bottom, right = box
    return 5 * (bottom - top) <= 3 * size[0] and 5 * (right - left) <= 3 * size[1]
