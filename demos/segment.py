"""Segment a photo: which class has each pixel, how sure, and how good that is.

    python -m demos segment
    python -m demos segment --image PHOTO --size 256
    python -m demos segment --weights out/unet.h5 --image PHOTO
    python -m demos segment --weights out/unet.h5 --image PHOTO --labels FILE
    python -m demos segment train --data scenes
    python -m demos segment train --data FOLDER
    python -m demos segment train --help
    python -m demos segment compare
    python -m demos segment cue

The U-Net that ships knows composed scenes: shapes, digits and textures on photos.  So without a
photo some are laid on one (--objects), and as it is known where they lie, the sheet tells how good
the network is.  For classes of your own, train it on a folder of images and label images.
To compare gives each network the same time, and draws them side by side; a cue far away from what
it is a cue for tells how far a network looks.

The network looks at the photo and at its mirror image (--turns and --scales: in other ways, too);
the mean of the probabilities is drawn, and stored in an HDF5 file beside the picture, (K, H, W).
"""

import argparse
import io
import json
import pathlib

import numpy as np

import models
from demos.shared import (
    easel,
    pictures,
    provenance,
    segment_comparison,
    segment_cue,
    segment_run,
    segment_sheet,
    segment_training,
)
from demos.shared.command import add_photos, for_each, parser, photos_of
from demos.shared.patience import patiently
from minigrad.backend import to_device, to_numpy
from minigrad.techniques.learn import segmentation
from minigrad.techniques.learn.composed import CLASSES, VOID, laid_on
from models import storage
from models.pair_folder import label_image

WAYS = {"train": segment_training, "compare": segment_comparison, "cue": segment_cue}
OBJECTS = 4


def main(argv: list[str]) -> None:
    """Segment every photo; or do what the first word says."""
    if argv and argv[0] in WAYS:
        WAYS[argv[0]].main(argv[1:])
        return
    args = options().parse_intermixed_args(argv)
    photos = photos_of(args)
    usual = 0 if args.bare or args.image or args.labels else OBJECTS
    args.objects = usual if args.objects is None else args.objects
    args.scales = numbers(args.scales)
    if args.labels and (len(photos) > 1 or args.objects):
        raise ValueError("--labels are those of one photo as it is: leave --objects out")
    name = args.model or (storage.model_of(args.weights) if args.weights else "unet")
    if name not in models.segmenters():
        known = ", ".join(models.segmenters())
        raise ValueError(f"{name} says what is in a photo, not where; these label pixels: {known}")
    weights = args.weights or models.weights_file(name)
    net = models.load(name, path=weights, device=args.device)
    read = {"weights": weights} | ({"labels": args.labels} if args.labels else {})
    for_each(photos, lambda photo, name: segment(photo, name, net, args, read))


def options() -> argparse.ArgumentParser:
    """Which photos, and how to look at them."""
    parse = parser("segment", __doc__, known=models.segmenters)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--size", type=int, metavar="EDGE",
        help="of the longer side that the network sees, in pixels (as large as what it was trained "
             "on: 64 for the U-Net that ships)")
    add("--objects", type=int, default=None, metavar="N",
        help=f"lay so many shapes, digits and textures on the photo (0; {OBJECTS} without a photo)")
    add("--labels", metavar="FILE", help="the photo's label image, to tell how good the answer is")
    add("--void", type=int, default=VOID, help=f"the label that counts for nothing ({VOID})")
    add("--no-flips", action="store_true", help="do not look at the mirror image")
    add("--turns", type=int, default=1, choices=[1, 2, 4], help="quarters of a turn to look at (1)")
    add("--scales", default="1", metavar="S,…", help="times the size, as 0.75,1,1.5 (1)")
    add("--random-seed", type=int, default=0, help="of the objects (0)")
    return parse


def numbers(text: str) -> list[float]:
    """Read numbers with commas between them."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise ValueError(f"--scales is {text!r}: give numbers, as 0.75,1,1.5") from None


def segment(photo: pathlib.Path, name: str, net, args: argparse.Namespace, read: dict) -> None:
    """Segment one photo, and write the picture, the probabilities and the note.

    `read` holds the files that were read besides the photo, by what they are.
    """
    x, labels = seen(photo, net, args)
    classes = net.classes or [f"class {k}" for k in range(net.class_count)]
    looks = {"flips": not args.no_flips, "turns": args.turns, "scales": args.scales}
    with patiently("the network looks"):
        p = segmentation.pixel_probabilities(net, x, **looks)
    p, unsure = to_numpy(p)[0], to_numpy(segmentation.uncertainty(p))
    answer = p.argmax(axis=0)                                               # (H, W)
    shares = np.bincount(answer.ravel(), minlength=len(classes)) / answer.size
    note = {"share of the pixels": dict(zip(classes, shares.round(4).tolist(), strict=True))}
    columns = {"pixels": [f"{share:.0%}" for share in shares]}
    if labels is not None:
        table = segmentation.pixel_confusion(answer[None], labels[None], len(classes), args.void)
        note |= segment_run.told(table, classes)
        columns["IoU"] = segment_sheet.percent(segmentation.class_ious(table))
        print(f"mean IoU {note['mean IoU']:.1%}, pixels right {note['pixels right']:.1%}")
    sheet = segment_sheet.page(rows_of(x, labels, answer, unsure, classes),
                               segment_sheet.legend(classes, columns))
    pictures.save(args.out, f"{name}_segment", {"": sheet}, {
        "demo": "segment", "photo": photo.name, "model": net.name, "looks": looks, **note,
        **provenance.of(args, photo=photo, **read),
    }, more={".h5": stored(p, classes)})  # fmt: skip
    print(f"{args.out / name}_segment.png, and the probabilities beside it in .h5")


def seen(photo: pathlib.Path, net, args: argparse.Namespace):
    """The pixels (1, 3, H, W) that the network sees, and their labels (H, W) or None."""
    x = easel.pixels_of(net, photo, net.input_size if args.size is None else args.size)
    if args.labels:
        H, W = x.shape[2:]
        return x, np.asarray(label_image(pathlib.Path(args.labels)).resize((W, H), 0))
    if not args.objects:
        return x, None
    if net.classes != list(CLASSES):
        raise ValueError(f"--objects are of the classes {', '.join(CLASSES)}, and {net.name} was "
                         "trained on others: leave it out")
    rng = np.random.default_rng(args.random_seed)
    scene = laid_on(to_numpy(x)[0], (args.objects, args.objects), rng=rng)
    return to_device(scene.pixels[None].astype(net.dtype), net.device), scene.labels


def rows_of(x, labels, answer, unsure, classes):
    """The pictures of the sheet: what is seen, said and true, and where the network is unsure."""
    edge = segment_sheet.EDGE
    photo = to_numpy(x)[0]
    row = [("the photo", pictures.fitted(pictures.photo(photo), edge)),
           ("the network's classes", segment_sheet.over(photo, answer, classes))]
    if labels is not None:
        row.append(("the true classes", segment_sheet.over(photo, labels, classes)))
    heat = pictures.heat(unsure, over=to_numpy(x), edge=edge)
    return [[*row, ("unsure: − Σ p log p / log K", heat)]]


def stored(p, classes: list[str]) -> bytes:
    """Probabilities (K, H, W) as an HDF5 file, with the names of the classes."""
    import h5py  # slow to import, and only files need it

    file = io.BytesIO()
    with h5py.File(file, "w") as h5:
        data = h5.create_dataset("probabilities", data=p.astype(np.float32), compression="gzip")
        data.attrs["classes"] = json.dumps(classes)
        data.attrs["axes"] = "class, row, column"
    return file.getvalue()
