"""Photos that are found by example: the nearest by a network's codes, and by the pixels.

    python -m demos embed --photos
    python -m demos embed --photos FOLDER

A classifier has learned a space without being asked for one: what its last layer reads of a photo
(MiniVGG's relu7, 512 numbers).  Photos of one class should lie near each other there.  Beside it
stand the pixels themselves, 32×32 of each photo, and their principal components, which nobody has
told anything.  A photo's class is the folder that it lies in.

Used by: ../embed.py.  Read before: kept_codes.py.
"""

import collections
import pathlib

import numpy as np
from PIL import Image, ImageDraw

import models
from demos.shared import embedding_sheet, map_pictures, pictures, provenance
from demos.shared.kept_codes import Origin, codes_of
from demos.shared.pictures import INK, MARGIN, PAPER
from minigrad.techniques.learn.retrieval import principal, recall_at
from minigrad.techniques.look.codes import neighbours, purity
from models import photo_folder

QUERIES, NEAREST, COMPONENTS = 8, 5, 64
TILE, GAP, HEAD = 84, 26, 24
FOUND = (0, 158, 115)  # the frame of a photo of the same class


def main(args) -> None:
    """Take the codes, measure, draw."""
    net = models.load("minivgg")
    weights = models.weights_file("minivgg")
    files, left_out = with_partners(args.photos)
    origin = Origin(net.name, net.code_layer, provenance.print_of(weights)["sha256"])
    coded = codes_of(net, files, origin, args.out)
    if coded.left_out:
        raise ValueError(coded.left_out[0])
    classes = sorted({file.parent.name for file in coded.photos})
    labels = np.array([classes.index(file.parent.name) for file in coded.photos])
    tiles = map_pictures.thumbnails(coded.photos, net.preprocessing, TILE)
    pixels = map_pictures.as_numbers(tiles)
    count = min(COMPONENTS, len(pixels) - 1)
    spaces = {
        f"{net.name}'s {net.code_layer}, {coded.codes.shape[1]} numbers": coded.codes,
        f"{count} principal components of the pixels": principal(pixels, count)(pixels),
        f"the pixels, {pixels.shape[1]:,} numbers": pixels,
    }
    rows = {title: {f"recall@{k}": recall_at(y, labels, k) for k in (1, NEAREST)}
            for title, y in spaces.items()}
    for title, row in rows.items():
        print(", ".join(f"{name} {share:.1%}" for name, share in row.items()) + f": {title}")
    name = f"{args.photos.resolve().name}_embed_photos"
    known = sum(one in net.classes for one in classes)
    pictures.save(args.out, name, {"": drawn(spaces, rows, labels, classes, known, tiles)}, {
        "demo": "embed", "model": net.name, "photos": len(labels), "classes": len(classes),
        "classes that the network was trained on": known, "spaces": rows,
        "left out, alone in their folder": left_out, **provenance.of(args, weights=weights),
    })  # fmt: skip
    print(args.out / f"{name}.png")


def with_partners(folder: pathlib.Path) -> tuple[list[pathlib.Path], int]:
    """The photos that are not the only one of their folder, and how many were left out for it.

    Raises:
        ValueError: there is no such folder, or there are not two classes of two photos.
    """
    found, _ = photo_folder.found_below(folder)
    counts = collections.Counter(file.parent for file in found)
    files = [file for file in found if counts[file.parent] > 1]
    if len({file.parent for file in files}) < 2 or len(files) <= NEAREST:
        raise ValueError(f"{folder} has no two folders of photos, {NEAREST + 1} photos or more in "
                         "all: a class is a folder, and each of its photos is looked for by the "
                         "others")
    return files, len(found) - len(files)


# ── The sheet ───────────────────────────────────────────────────────────────────────────────────


def drawn(spaces: dict, rows: dict, labels, classes: list[str], known: int, tiles):
    """A line for the first photo of some classes: it, and its nearest others in each space."""
    asked = [int(np.flatnonzero(labels == k)[0]) for k in
             np.unique(np.linspace(0, len(classes) - 1, QUERIES).round().astype(int))]
    block = NEAREST * TILE + GAP
    page = Image.new("RGB", (TILE + GAP + len(spaces) * block, HEAD + len(asked) * (TILE + HEAD)),
                     PAPER)
    pen = ImageDraw.Draw(page)
    for column, (title, y) in enumerate(spaces.items()):
        left, share = TILE + GAP + column * block, next(iter(rows[title].values()))
        pen.text((left, 0), f"{title}: {share:.0%} right", INK, pictures.font())
        for row, n in enumerate(asked):
            top = HEAD + row * (TILE + HEAD)
            near = [int(m) for m in neighbours(y, y[n], NEAREST + 1)[0] if m != n][:NEAREST]
            for place, m in enumerate(near):
                at = (left + place * TILE, top)
                page.paste(framed(tiles[m], labels[m] == labels[n]), at)
    for row, n in enumerate(asked):
        top = HEAD + row * (TILE + HEAD)
        page.paste(framed(tiles[n], False), (0, top))
        name = classes[labels[n]].replace("_", " ")
        pen.text((0, top + TILE + 2), name, INK, pictures.font())
    chance = purity(y, labels, NEAREST).chance
    head = (f"{len(labels):,} photos of {len(classes)} classes, {known} of which the network was "
            "trained on: a photo, and those nearest to it; in green those of its class. Right: the "
            f"nearest is of its class (recall@1; by chance {chance:.1%})")
    return titled(head, [page, embedding_sheet.table(rows)])


def framed(tile: Image.Image, found: bool) -> Image.Image:
    """A photo with a margin, or with a frame where it is of the class."""
    edged = Image.new("RGB", (TILE, TILE), FOUND if found else PAPER)
    edged.paste(tile.resize((TILE - 8, TILE - 8), Image.Resampling.LANCZOS), (4, 4))
    return edged


def titled(head: str, pages: list[Image.Image]) -> Image.Image:
    """A line above pages that stand below one another."""
    width = max(page.width for page in pages) + 2 * MARGIN
    whole = Image.new("RGB", (width, sum(p.height + MARGIN for p in pages) + 34 + MARGIN), PAPER)
    ImageDraw.Draw(whole).text((MARGIN, MARGIN), head, fill=INK, font=pictures.font())
    y = 34 + MARGIN
    for page in pages:
        whole.paste(page, (MARGIN, y))
        y += page.height + MARGIN
    return whole
