"""What fires a neuron: the patches of a folder of photos that each channel answers to most.

    python -m demos patches
    python -m demos patches --folder PHOTOS --layer relu3_2 --channels 3,17
    python -m demos patches --folder PHOTOS --workers 8
    python -m demos patches --folder PHOTOS --scheduler tcp://host:8786

Beside each patch stands the gradient of its unit under guided backpropagation, around grey: what
made the unit fire there.  A second sheet shows the photos whole, and what the unit sees in white,
with its activation.  A photo gives one patch to a channel.  At a border a patch keeps its place:
grey is what lies beyond the photo.

The best channels are those that stand out most on all of the patches that are shown, against what
they do on a photo as a rule (minigrad/techniques/look/patches.py).

The folder may be of any size, with photos in folders below.  What was found is kept in an index, an
HDF5 file in --out: Ctrl-C loses nothing, the same command goes on, and photos that were added since
are looked at.  The workers of a Dask cluster need minigrad, the photos and the weights at the same
paths.
"""

import argparse
import itertools
import pathlib

import numpy as np
from tqdm import tqdm

import models
from demos.shared import patch_index, patch_sheet, pictures, provenance
from demos.shared.album import CALTECH, Album, album, some
from demos.shared.asking import channels_in
from demos.shared.command import add_layer, network, parser
from demos.shared.executor import Crew, add_crew, crew_of
from demos.shared.patch_index import UNREADABLE, About, Index
from demos.shared.patch_search import Pass, search
from demos.shared.patch_sheet import Patch
from demos.shared.patience import patiently
from minigrad.backend import to_numpy
from minigrad.checked import whole
from minigrad.techniques import gradient, guided_gradient
from minigrad.techniques.look.patches import cut_out, selectivity, unit_at
from minigrad.techniques.make.drawable import channel_count
from minigrad.tensor import UnusedRule

KEPT = 16   # patches of each channel in the index, at least
BEST = 8    # channels that are shown where none are named


def main(argv: list[str]) -> None:
    """Search the folder, and draw the patches of some channels."""
    args = options().parse_args(argv)
    whole("--top", args.top, at_least=1)
    crew = crew_of(args)
    with patiently(f"listing {args.folder}"):
        photos = album(args.folder, but=args.out)
    net = network(args)
    layer = args.layer or net.default_layer
    count = channel_count(net, layer)
    asked = None if args.channels == "best" else channels_in(args.channels, count, layer)

    index = searched(net, layer, photos, crew, args)
    z = selectivity(index.top, index.usual, args.top)
    channels = asked or np.lexsort((-index.top.value[:, 0], -z))[:BEST].tolist()
    by_channel = {
        c: patches_of(net, index, layer, c, args) for c in tqdm(channels, "guided", unit="channel")
    }
    draw(net, index, layer, by_channel, z, file_name(net, layer, photos, args), args)


def options() -> argparse.ArgumentParser:
    """Which photos, which channels, and who searches."""
    parse = parser("patches", __doc__)
    add = parse.add_argument
    add("--folder", type=pathlib.Path, default=CALTECH, metavar="PHOTOS",
        help="of photos, in folders below too (400 that are here)")
    add_layer(parse, "whose channels to look at (each network has a default)")
    add("--channels", default="best", metavar="C,C,…|best", help="which of them (the 8 best)")
    add("--top", type=int, default=9, metavar="N", help="so many patches of each (9)")
    add("--size", type=int, metavar="EDGE", help="of a photo in pixels, not the network's own")
    add("--index", type=pathlib.Path, metavar="FILE", help="where to keep what is found")
    add("--anew", action="store_true", help="begin with an empty index")
    add_crew(parse)
    return parse


def file_name(net, layer: str, photos: Album, args) -> str:
    """Name the files by what they are of: caltech101_minivgg_relu4_2_patches."""
    size = f"{args.size}px" if args.size else ""
    parts = [photos.folder.resolve().name, net.name, layer, size, "patches"]
    return "_".join(part.replace("/", ".") for part in parts if part)


def searched(net, layer: str, photos: Album, crew: Crew, args) -> Index:
    """Go on with the index that is there, or begin one; look at what it lacks, and say what it has.

    Raises:
        ValueError: the index is of something else, or not one photo can be read.
    """
    size = net.input_size if args.size is None else whole("--size", args.size, at_least=1)
    net.output_shapes((size, size), layer)  # complains where nothing is left
    weights = pathlib.Path(args.weights or models.weights_file(net.name))
    about = About(net.name, provenance.print_of(weights)["sha256"], layer, size)
    file = args.index or args.out / f"{file_name(net, layer, photos, args)}.h5"
    if file.exists() and not args.anew:
        index = patch_index.read(file, about, photos.photos, args.top)
    else:
        count = channel_count(net, layer)
        index = patch_index.begun(about, photos.photos, count, max(KEPT, args.top))
    through = Pass(net.name, str(weights.absolute()), args.device, layer, size)
    index = search(index, args.folder, through, crew, file)

    seen, unreadable = index.usual.photos, int((index.state == UNREADABLE).sum())
    if others := len(photos.others):
        print(f"{others:,} file{'s' * (others > 1)} left out: {some(photos.others)}")
    if not seen:
        raise ValueError(f"none of the {unreadable:,} photos in {photos.folder} can be read")
    left_out = f", {unreadable:,} cannot be read" if unreadable else ""
    print(f"{seen:,} photo{'s' * (seen > 1)} searched{left_out}: {file}")
    return index


# ── From places to pictures ─────────────────────────────────────────────────────────────────────


def patches_of(net, index: Index, layer: str, c: int, args) -> list[Patch]:
    """The patches of a channel, cut out of their photos and of their units' gradients."""
    hits = zip(*(part[c].tolist() for part in index.top), strict=True)
    field, patches = net.receptive_field(layer), []
    for value, number, row, column in itertools.islice(hits, args.top):
        if number < 0:  # there are fewer photos
            break
        name = index.photos[number].name
        x = net.pixels(args.folder / name, index.about.size)                # (1, 3, H, W)
        g, rule = fired_by(net, x, unit_at(net, layer, c, row, column))
        photo, g = to_numpy(x)[0], to_numpy(g)[0]
        box = field.box(row, column, photo.shape[1:] if field.size is None else None)
        crop, evidence = cut_out(photo, box, patch_sheet.BEYOND), cut_out(g, box, 0)
        patches.append(Patch(value, name, row, column, box, photo, crop, evidence, rule))
    return patches


def fired_by(net, x, unit):
    """The guided gradient of a unit and its name; the plain one where no relu lies below it."""
    try:
        return guided_gradient(net, x, unit), "guided backpropagation"
    except UnusedRule:
        return gradient(net, x, unit), "gradient (no relu lies below)"


def draw(net, index: Index, layer: str, by_channel, z, name: str, args) -> None:
    """Write both sheets, and what they show as numbers."""
    field = net.receptive_field(layer)
    drawn = {"": patch_sheet.crops(by_channel)}
    if field.size is None:
        print(f"a unit of {layer} sees the whole photo: there is no frame to draw")
    else:
        drawn["photos"] = patch_sheet.framed(by_channel)
    pictures.save(args.out, name, drawn, {
        "demo": "patches",
        "model": net.name,
        "layer": layer,
        "photos searched": index.usual.photos,
        "edge of a photo in pixels": index.about.size,
        "edge of what a unit sees": field.size or "all",
        "channels": {
            c: {
                "how far the patches stand out, in deviations": round(float(z[c]), 3),
                "patches": [
                    {"photo": p.name, "activation": p.value, "row, column": [p.row, p.column],
                     "sees (top, left, bottom, right)": p.box} for p in patches
                ],
            } for c, patches in by_channel.items()
        },
        **provenance.of(args),
    })  # fmt: skip
    for c, patches in by_channel.items():
        print(patch_sheet.title(c, patches))
    print(f"{args.out / name}.png")
