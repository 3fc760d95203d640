"""Which photos a network finds alike: a map of a folder, by t-SNE of the network's codes.

    python -m demos codes
    python -m demos codes --folder PHOTOS --layer relu4_2
    python -m demos codes cat.jpg --folder PHOTOS

Four pictures: a grid where every cell shows a photo beside those that are like it, the map with
names of classes beside that of principal components, and the map with thumbnails; for a photo its
nearest neighbours by code and, below, by pixels. The folders below PHOTOS are the classes.

Codes are kept in a file in --out: a second run is short, and computes only what was added.
"""

import argparse
import hashlib
import itertools
import pathlib
import sys
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from demos.shared import map_pictures, pictures, provenance
from demos.shared.command import PHOTOS, add_layer, add_photos, network, parser, photos_of
from demos.shared.kept_codes import Coded, Origin, codes_of
from demos.shared.patience import patiently
from demos.shared.provenance import plain
from minigrad.checked import whole
from minigrad.command import printable
from minigrad.extras import extra
from minigrad.stopping import saving
from minigrad.techniques import pca, tsne
from minigrad.techniques.look.codes import grid, grid_shape, neighbours, purity
from models import photo_folder
from models.arguments import check_layer

FOLDER = PHOTOS / "caltech101"
K = 5           # neighbours whose classes are compared
NEAREST = 8     # neighbours of a photo
MOST = 2500     # cells that a grid has room for
FEWEST = 4      # photos, for t-SNE


class Folder(NamedTuple):
    """Photos, what the network says of them, what they look like, and their classes."""

    coded: Coded
    small: list[Image.Image]
    numbers: np.ndarray     # (N, …), their pixels
    names: list[str]
    labels: np.ndarray      # (N,), −1 for a photo that lies in no class folder


class Map(NamedTuple):
    """Places of the photos, and how they came about."""

    places: np.ndarray
    value: float
    steps: int
    stopped: bool


def main(argv: list[str]) -> None:
    """Take or compute the codes, lay them out, draw."""
    args = options().parse_intermixed_args(argv)
    asked = photos_of(args) if args.bare or args.image else []
    extra("scipy.optimize", "codes", "the grid of photos")  # not after the work
    net = network(args)
    layer = args.layer or net.code_layer
    check_layer(net, layer)
    weights = provenance.print_of(provenance.weights_of(args))
    origin = Origin(net.name, layer, weights["sha256"])
    try:
        folder = read(net, origin, args)
        near = [nearest(net, origin, folder, photo, args.out) for photo in asked]
        laid = lay_out(folder.coded.codes, args)
    except KeyboardInterrupt as stop:  # what says nothing itself came after the codes
        kept = f"nothing was drawn, and the codes are kept in {origin.file_in(args.out)}"
        raise KeyboardInterrupt(*stop.args or [kept]) from None
    with saving():
        said = save(net, origin, folder, laid, near, args)
    if laid.stopped:
        raise KeyboardInterrupt(f"after {laid.steps} steps; {said}")
    print(said)


def options() -> argparse.ArgumentParser:
    """The folder, the layer, and what t-SNE is told."""
    parse = parser("codes", __doc__)
    add = parse.add_argument
    add_photos(parse, "photos whose nearest neighbours in the folder to show")
    add("--folder", type=pathlib.Path, default=FOLDER, metavar="PHOTOS",
        help="photos, in class folders or not (400 of Caltech-101)")
    add_layer(parse, "whose activations are the codes (what the classifier reads: relu7 of a VGG); "
                     "of one with space the mean over it")
    add("--perplexity", type=float, default=None, metavar="P",
        help="about how many neighbours t-SNE keeps near (30, or a third of the photos)")
    add("--steps", type=int, default=1000, help="of t-SNE (1000)")
    add("--seed", type=int, default=None, metavar="N",
        help="begin t-SNE at random places in place of the principal components")
    return parse


# ── The photos ──────────────────────────────────────────────────────────────────────────────────


def read(net, origin: Origin, args) -> Folder:
    """Find the photos, their codes, thumbnails and classes; say what was left out."""
    found, skipped = photo_folder.found_below(args.folder)
    coded = codes_of(net, found, origin, args.out)
    for sentence in coded.left_out:
        print(f"left out: {printable(sentence)}", file=sys.stderr)
    reasons = [f"{count:,} {reason}" for reason, count in skipped.items()]
    reasons += [f"{len(coded.left_out):,} that cannot be read"] * bool(coded.left_out)
    not_taken = f"; left out: {photo_folder.some(reasons, 8)}" * bool(reasons)
    print(f"{plain(args.folder)}: {len(coded.photos):,} photos{not_taken}; {coded.computed:,} "
          f"codes were computed, all are in {origin.file_in(args.out)}")
    if len(coded.photos) < FEWEST:
        count = f"{len(coded.photos)} photo{'s' * (len(coded.photos) != 1)}"
        raise ValueError(f"{args.folder} has {count} that can be read, and a map takes {FEWEST} or "
                         "more")
    small = map_pictures.thumbnails(coded.photos, net.preprocessing, edge_for(len(found)))
    class_of = [photo.parent.name * (photo.parent != args.folder) for photo in coded.photos]
    names = sorted(set(class_of) - {""})
    labels = np.array([names.index(name) if name else -1 for name in class_of])
    return Folder(coded, small, map_pictures.as_numbers(small), names, labels)


def edge_for(count: int) -> int:
    """Pixels of a thumbnail, so that a grid of them fits a page."""
    return min(160, max(32, 1280 // grid_shape(min(count, MOST))[1]))


def nearest(net, origin: Origin, folder: Folder, photo: pathlib.Path, out: pathlib.Path) -> dict:
    """The nearest neighbours of a photo by code and by pixels: {space: [(file, distance), …]}.

    The same photo, where it lies in the folder, is no neighbour of itself.
    """
    own = codes_of(net, [photo], origin, out)
    if own.left_out:
        raise ValueError(own.left_out[0])
    small = map_pictures.thumbnails([photo], net.preprocessing, folder.small[0].width)
    near = {"photo": photo}
    for space, all_, one in [("code", folder.coded.codes, own.codes[0]),
                             ("pixels", folder.numbers, map_pictures.as_numbers(small)[0])]:
        found = zip(*neighbours(all_, one, len(all_)), strict=True)
        others = [(n, float(distance)) for n, distance in found
                  if folder.coded.fingerprints[n] != own.fingerprints[0]]
        near[space] = [(folder.coded.photos[n], d) for n, d in others[:NEAREST]]
    return near


# ── The maps ────────────────────────────────────────────────────────────────────────────────────


def lay_out(codes, args) -> Map:
    """Run t-SNE with a bar; Ctrl-C ends it sooner."""
    rng = None if args.seed is None else np.random.default_rng(whole("--seed", args.seed))
    steps = tsne(codes, perplexity=args.perplexity, steps=args.steps, rng=rng)
    with patiently("how near the codes are"):
        placed = next(steps)
    stopped = False
    with tqdm(total=args.steps, initial=placed.step, desc="t-SNE", unit="step") as bar:
        try:
            for placed in steps:
                bar.set_postfix(KL=f"{placed.value:.3f}", refresh=False)
                bar.update(placed.step - bar.n)
        except KeyboardInterrupt:
            stopped = True
    return Map(placed.places, placed.value, placed.step, stopped)


def purities(folder: Folder, spaces: dict) -> dict:
    """Of each space, how many of a photo's neighbours are of its class; none without classes."""
    if len(folder.names) < 2 or len(folder.labels) <= K:
        return {}
    return {name: purity(space, folder.labels, K) for name, space in spaces.items()}


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


def save(net, origin: Origin, folder: Folder, laid: Map, near: list[dict], args) -> str:
    """Draw and write; return what was written, in words."""
    codes, name = folder.coded.codes, f"{args.folder.resolve().name}_codes"
    with patiently("principal components"):
        plane = pca(codes)
    pure = purities(folder, {"codes": codes, "map by t-SNE": laid.places,
                             "map by PCA": plane.places, "pixels": folder.numbers})
    for space, p in pure.items():
        print(f"{p.share:6.1%}  of a photo's {K} neighbours are of its class: {space}")
    if pure:
        p = pure["codes"]
        print(f"{p.best:6.1%}  would be the best with classes of this size, {p.chance:.1%} chance")
    drawn, note = draw(folder, laid, plane, pure, near, net)
    pictures.save(args.out, name, drawn, {
        "demo": "codes",
        "model": net.name,
        "layer": origin.layer,
        "of a layer with space": "its mean over space",
        "photos": len(folder.coded.photos),
        "SHA-256 of the photos' SHA-256": hashlib.sha256(
            "".join(sorted(folder.coded.fingerprints)).encode()).hexdigest(),
        "left out": folder.coded.left_out,
        "KL(P‖Q) in nats": laid.value,
        "steps done": laid.steps,
        "interrupted": laid.stopped,
        "share of the variance in two components": plane.shares.tolist(),
        f"share of a photo's {K} nearest of its class": {
            space: p._asdict() for space, p in pure.items()
        },
        "nearest": [
            {space: [[plain(file), d] for file, d in one[space]] for space in ("code", "pixels")}
            | {"photo": plain(one["photo"])} for one in near
        ],
        **note,
        **provenance.of(args),
    })  # fmt: skip
    print(f"KL {laid.value:.3f} after {laid.steps} steps; two components have "
          f"{plane.shares.sum():.1%} of the variance")
    return f"{len(drawn)} pictures: {args.out / name}.png"


def draw(folder: Folder, laid: Map, plane, pure: dict, near: list[dict], net):
    """The pictures by part, and what to say of them."""
    count = len(folder.small)
    some = np.unique(np.linspace(0, count - 1, min(count, MOST)).round().astype(int))
    rows, columns = grid_shape(len(some))
    with patiently("a cell for each photo"):
        cell = grid(laid.places[some], rows, columns)
    cells = map_pictures.in_cells(cell, [folder.small[n] for n in some], rows, columns)
    map_, shown = map_pictures.scattered(laid.places, folder.small)
    drawn = {"": cells, "map": both_maps(folder, laid, plane, pure), "thumbnails": map_}
    if near:
        drawn["nearest"] = neighbour_rows(near, net, folder.names)
    return drawn, {"photos in the grid": len(some), "photos among the thumbnails": shown}


def both_maps(folder: Folder, laid: Map, plane, pure: dict) -> Image.Image:
    """The map by t-SNE and the one by principal components, with the same colours."""
    classes = map_pictures.tightest(laid.places, folder.labels)
    row = []
    for name, places, title in [
        ("map by t-SNE", laid.places, f"t-SNE, KL {laid.value:.2f}"),
        ("map by PCA", plane.places, f"the same colours, principal components, "
                                     f"{plane.shares.sum():.0%} of the variance"),
    ]:
        if pure:
            title += f"; of {K} neighbours {pure[name].share:.0%} are of the photo's class"
        names = folder.names if places is laid.places else ()
        row.append((title, map_pictures.scatter(places, folder.labels, classes, names)))
    return pictures.sheet([row], tile=row[0][1].width)


def neighbour_rows(near: list[dict], net, classes: list[str]) -> Image.Image:
    """For each photo two rows, by code and by pixels, with distances and classes."""
    def titled(file, distance):
        name = file.parent.name if file.parent.name in classes else file.stem
        return f"{distance:.1f}  {name.replace('_', ' ')}"

    rows = []
    for one in near:
        for space in ("code", "pixels"):
            files = [one["photo"], *(file for file, _ in one[space])]
            own, *others = map_pictures.thumbnails(files, net.preprocessing, 128)
            titles = itertools.starmap(titled, one[space])
            rows.append([(f"nearest by {space}", own), *zip(titles, others, strict=True)])
    return pictures.sheet(rows, tile=128)
