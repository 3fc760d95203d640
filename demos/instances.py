"""Find every object of a scene: its class, its box and its own pixels.

    python -m demos instances
    python -m demos instances PHOTO --random-seed 3
    python -m demos instances train
    python -m demos instances train --help

Mask R-CNN on composed scenes: shapes, digits and textures that lie over one another, on photos
that it was not trained on. As it is known which pixels are whose, the truth stands beside what is
found.

The same network with RoIPool in place of RoIAlign, trained on the same scenes, is the control. A
table tells how good both are on --scenes scenes, by boxes and by masks: AP50 asks whether objects
are found (IoU ½); AP, the mean over ten thresholds up to .95 as COCO counts, asks how exactly, too.
"""

import argparse
import contextlib
import pathlib

import numpy as np

import models
from demos.shared import instance_sheet, instance_training, pictures, provenance, segment_data
from demos.shared.command import add_photos, parser, photos_of
from demos.shared.instance_sheet import OBJECTS, Trained
from minigrad.checked import number, whole
from minigrad.techniques.learn.composed import CLASSES, compose
from models import photo

LONGER = 300  # pixels of a photo: on one much larger a scene would be a bare piece of wall


def main(argv: list[str]) -> None:
    """Find the objects of some scenes; or train, where the first word says so."""
    if argv[:1] == ["train"]:
        instance_training.main(argv[1:])
        return
    args = options().parse_intermixed_args(argv)
    whole("--scenes", args.scenes, at_least=1), number("--least", args.least, 0, 1)
    files = files_of(args.trained)
    trained = [loaded(name, file) for name, file in files.items()]
    rng = np.random.default_rng(whole("--random-seed", args.random_seed))
    scenes = compose(behind(args), args.scenes, size=args.size, objects=OBJECTS, rng=rng)
    sheet, note = instance_sheet.drawn(trained, scenes, args.least)
    pictures.save(args.out, "instances", {"": sheet}, {
        "demo": "instances", **note, **provenance.of(args, **files),
    })  # fmt: skip
    print(f"{args.out / 'instances.png'}")


def options() -> argparse.ArgumentParser:
    """Which scenes, and what is told."""
    parse = parser("instances", __doc__, looks=False)
    add_photos(parse, "photos to lay objects on (those of demos/photos that were not trained on)")
    add = parse.add_argument
    add("--trained", type=pathlib.Path, metavar="DIR",
        help="folder of mask_rcnn.h5, and of mask_rcnn_roipool.h5 (weights/)")
    add("--scenes", type=int, default=100, metavar="N", help="to measure on (100)")
    add("--size", type=int, default=instance_sheet.SIZE, metavar="EDGE",
        help=f"of a scene, in pixels ({instance_sheet.SIZE})")
    add("--least", type=float, default=0.5, metavar="P",
        help="draw what is found with this probability or more (0.5)")
    add("--random-seed", type=int, default=0, help="of the scenes (0)")
    return parse


def files_of(folder: pathlib.Path | None) -> dict[str, pathlib.Path]:
    """Where the weights are, by network; the control is left out where it has none.

    Raises:
        FileNotFoundError: there are none of Mask R-CNN itself.
    """
    name, control = models.detectors()
    files = {name: file_of(name, folder)}
    with contextlib.suppress(FileNotFoundError):
        files[control] = file_of(control, folder)
    return files


def file_of(name: str, folder: pathlib.Path | None) -> pathlib.Path:
    """Where the weights of a network are."""
    if folder is None:
        return models.weights_file(name)
    if not (folder / f"{name}.h5").is_file():
        raise FileNotFoundError(f"there is no weight file {folder / name}.h5")
    return folder / f"{name}.h5"


def loaded(name: str, file: pathlib.Path) -> Trained:
    """A network with its weights."""
    net = models.load(name, file)
    if net.classes != list(CLASSES):
        raise ValueError(f"{file} knows {', '.join(net.classes)}, and scenes are composed of "
                         f"{', '.join(CLASSES)}")
    return Trained(instance_sheet.TITLES[name], net, net.params)


def behind(args: argparse.Namespace) -> list[np.ndarray]:
    """The photos that objects are laid on, (H, W, 3) each."""
    if not (args.bare or args.image):
        return segment_data.backgrounds(aside=True)
    found = []
    for file in photos_of(args):
        picture = photo.upright_rgb(file)
        picture.thumbnail((LONGER, LONGER))
        found.append(np.asarray(picture))
    return found
