"""Networks as tables of named layers, with their weights, classes and receptive fields.

    models.names()                  what there is
    models.load("vgg16")            with weights, from weights/vgg16.h5
    models.build("minivgg")         with random weights, to be trained
    models.table("vgg16")           without weights, for what follows from the table alone
    models.find_class(net, "cup")   the number of a class
    models.fully_convolutional(net) the same weights at every place of a photo of any size

Reading order: layers.py, design.py and vgg.py (a table); network.py, arguments.py and walk.py (what
is done with it); preprocess.py and photo.py; receptive_field.py; classes.py; files.py and
storage.py; then the other networks, convolutional.py, and photo_folder.py for training.
"""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.backend import to_device
from minigrad.checked import nearest
from minigrad.ops.fast.kept import freeze
from models import (
    alexnet,
    deconvnet,
    dilated,
    fcn,
    googlenet,
    lenet,
    mask_rcnn,
    minivgg,
    multiscale,
    recurrent,
    squeezenet,
    storage,
    unet,
    unet_vgg,
    vgg,
)
from models.classes import class_name, find_class
from models.convolutional import fully_convolutional
from models.design import Design
from models.initialise import identities, initial
from models.network import Network
from models.preprocess import Preprocessing

__all__ = [
    "Network", "build", "class_name", "detectors", "find_class", "fully_convolutional",
    "imagenet_classes", "load", "names", "segmenters", "storage", "table",
]

HERE = pathlib.Path(__file__).parent
DESIGNS: dict[str, Design] = {
    **minivgg.NETWORKS,
    **vgg.NETWORKS,
    **alexnet.NETWORKS,
    **squeezenet.NETWORKS,
    **googlenet.NETWORKS,
    **lenet.NETWORKS,
}
SEGMENTERS: dict[str, Design] = {
    **unet.NETWORKS,
    **fcn.NETWORKS,
    **unet_vgg.NETWORKS,
    **dilated.NETWORKS,
    **deconvnet.NETWORKS,
    **recurrent.NETWORKS,
    **multiscale.NETWORKS,
}
DETECTORS: dict[str, Design] = mask_rcnn.NETWORKS


def names() -> list[str]:
    """The names of all networks that say what is in an image."""
    return list(DESIGNS)


def segmenters() -> list[str]:
    """The names of all networks that say it of every pixel, with scores (N, classes, H, W)."""
    return list(SEGMENTERS)


def detectors() -> list[str]:
    """The names of all networks that find every object, its class, its box and its mask."""
    return list(DETECTORS)


def table(
    name: str,
    classes: int | Sequence[str] | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> Network:
    """A network without weights: layers, shapes, receptive fields, at no cost.

    Args:
        name: one of `names()`, `segmenters()` or `detectors()`.
        classes: their names or their number; by default the 1,000 of ImageNet, 110 for minivgg,
            10 for lenet.
        attributes: what a weight file says of its preprocessing, its pooling and its settings; by
            default the network's own.

    Raises:
        ValueError: there is no network of this name, fewer than two classes, or an attribute that
            makes no sense.
    """
    attributes = attributes or {}
    design = _design(name).with_settings(attributes)
    preprocessing = Preprocessing.of(attributes, design.preprocessing)
    if "pool_rounding" in attributes:
        design = design.with_pool_rounding(attributes["pool_rounding"])
    return Network(name, design, preprocessing, _classes(classes, design.classes))


def build(
    name: str,
    random_seed: int = 0,
    classes: int | Sequence[str] | None = None,
    device: str = "cpu",
    dtype: str = "float32",
    attributes: Mapping[str, Any] | None = None,
) -> Network:
    """An untrained network; the same seed gives the same one, whatever the dtype.

    Args:
        name: one of `names()`, `segmenters()` or `detectors()`.
        random_seed: of the initial weights (initialise.py).
        classes: their names or their number; by default the 1,000 of ImageNet, 110 for
            minivgg, 10 for lenet.
        device: "cpu" or "cuda".
        dtype: "float32" or "float64".
        attributes: as for `table`.

    Raises:
        ValueError: there is no network of this name, fewer than two classes, or no such device.
    """
    net = table(name, classes, attributes)
    params = initial(net.shapes, random_seed) | identities(net.layers)
    return _equipped(net, params, device, dtype)


def load(name: str, path=None, device: str = "cpu", dtype: str = "float32") -> Network:
    """A network with the weights of a file; its arrays are read-only.

    Args:
        name: one of `names()`, `segmenters()` or `detectors()`.
        path: of the file; by default <name>.h5 in $MINIGRAD_WEIGHTS or in the folder weights/.
        device: "cpu" or "cuda".
        dtype: "float32" or "float64".

    Raises:
        FileNotFoundError: no file; the sentence tells how to get one.
        ValueError: no network of this name, or a file of another network, damaged or incomplete.
    """
    design = _design(name)
    path = pathlib.Path(path) if path else weights_file(name)
    params, attributes = storage.read(path)
    if attributes["model"] != name:
        raise ValueError(f"{path} holds weights of {attributes['model']}, not of {name}")
    classes = attributes["classes"] or _scores(design, params)
    try:
        net = table(name, classes, attributes)
    except (ValueError, TypeError) as error:
        raise ValueError(f"an attribute of {path} makes no sense: {error}") from None
    found = {parameter: array.shape for parameter, array in params.items()}
    storage.check_shapes(found, net.shapes, str(path), name)
    return _equipped(net, {parameter: params[parameter] for parameter in net.shapes}, device, dtype)


def imagenet_classes() -> list[str]:
    """The names of the 1,000 classes of ILSVRC 2012, in the order of the scores."""
    lines = (HERE / "imagenet_classes.txt").read_text(encoding="utf-8").splitlines()
    return [line.split(" ", 1)[1] for line in lines]        # "n01440764 tench"


def _equipped(net: Network, params, device: str, dtype: str) -> Network:
    if dtype not in ("float32", "float64"):
        raise ValueError(f"dtype is {dtype!r}: there are float32 and float64")
    net.dtype, net.device = dtype, device
    for name, array in params.items():
        writeable = array.flags.writeable
        array = array.astype(dtype, copy=False)
        if array.ndim == 4 and not writeable:  # filters, of which something is kept: kept.py
            array = freeze(array)
        array.setflags(write=writeable)
        net.params[name] = to_device(array, device)
    return net


def _design(name: str) -> Design:
    known = DESIGNS | SEGMENTERS | DETECTORS
    if name not in known:
        raise ValueError(f"there is no network {name!r}; {nearest(name, known)}")
    return known[name]


def _classes(classes, usual: int):
    if classes is None:
        return imagenet_classes() if usual == 1000 else usual
    count = int(classes) if isinstance(classes, int | np.integer) else len(classes)
    if count < 2:
        raise ValueError(f"a classifier needs two classes at least, not {count}")
    return count if isinstance(classes, int | np.integer) else list(classes)


def _scores(design: Design, params) -> int:
    """How many classes a file without names knows: the biases of the last layer that has any."""
    *_, last = (layer for layer in design.table(design.classes) if layer.shapes)
    return len(params.get(f"{last.name}/bias", ())) or design.classes


def weights_file(name: str) -> pathlib.Path:
    """Where a network's weights lie: <name>.h5 in $MINIGRAD_WEIGHTS or in the folder weights/.

    Raises:
        FileNotFoundError: nowhere; the sentence tells how to get them.
    """
    folders = [HERE.parent / "weights"]
    if os.environ.get("MINIGRAD_WEIGHTS"):
        folders.insert(0, pathlib.Path(os.environ["MINIGRAD_WEIGHTS"]))
    for folder in folders:
        if (folder / f"{name}.h5").is_file():
            return folder / f"{name}.h5"
    looked = " or ".join(map(str, folders))
    how = f"python -m weights download {name}"
    if name in minivgg.NETWORKS:
        how = "python -m demos train"
    elif name in lenet.NETWORKS:
        how = "python -m demos embed"
    elif name in SEGMENTERS:
        how = f"python -m demos segment train --model {name}"
    elif name in DETECTORS:
        how = "python -m demos instances train"
    raise FileNotFoundError(f"there are no weights {name}.h5 in {looked}: get them by {how}")
