r"""From a publisher's names and layouts to this project's.

torchvision numbers the layers from the input: `features.0` is the first line of the table,
`classifier.0` the first behind the average pooling, and a module with branches counts as one.  So
the table itself tells the names.  Caffe, Keras and MatConvNet name layers as they like, but list
them from the input on: for a chain such as VGG the order is enough.  Either way every shape is then
checked against the table's.

    torch        (out, in, rows, columns), (out, in)                       ours
    Caffe        the same; fully connected ones may stand as (1, 1, out, in)
    Keras        (rows, columns, in, out), (in, out), and fc6 reads position by position
    MatConvNet   (rows, columns, in, out), fully connected ones as convolutions

Read before: formats.py.  Read next: publishers.py.
"""

import re

import numpy as np

BRANCHES = {  # GoogLeNet's, in Caffe's names and in torchvision's
    "1x1": "branch1", "3x3_reduce": "branch2.0", "3x3": "branch2.1",
    "5x5_reduce": "branch3.0", "5x5": "branch3.1", "pool_proj": "branch4.1",
}
TIMM = {
    "pre_logits.fc1": "classifier.0", "pre_logits.fc2": "classifier.3", "head.fc": "classifier.6",
}
NOT_NEEDED = re.compile(r"aux[12]\.|.*\.num_batches_tracked$")  # only for training


def unique(named) -> dict:
    """Make a dict of (name, value).

    Raises:
        ValueError: two have the same name, of which a dict would keep the later.
    """
    found = {}
    for name, value in named:
        if name in found:
            raise ValueError(f"it holds {name} twice")
        found[name] = value
    return found


def from_torch(arrays, net) -> dict[str, np.ndarray]:
    """Rename a state dict of torchvision's (or timm's VGG); names that are none of it stay."""
    ours = {}
    for layer in net.layers:
        for param in net.layers[layer].shapes:
            ours[f"{torch_layer(net, layer)}.{param}"] = f"{layer}/{param}"
    renamed = {}
    for name, array in arrays.items():
        if NOT_NEEDED.match(name):
            continue
        for theirs, torchs in TIMM.items():
            name = name.replace(theirs, torchs)
        renamed[ours.get(name, name)] = array
    return fitted(renamed, net)


def torch_layer(net, layer: str) -> str:
    """What torchvision calls a layer."""
    if net.name == "googlenet":
        module, _, part = layer.rpartition("/")
        if not module:
            return re.sub(r"(conv|bn)(\d)", r"conv\2.\1", layer)
        kind = "bn" if part.startswith("bn_") else "conv"
        return f"{module}.{BRANCHES.get(part.removeprefix('bn_'), part)}.{kind}"
    units = list(dict.fromkeys(name.split("/")[0] for name in net.layers))
    unit, _, part = layer.partition("/")
    first = next(units.index(u) for u in ("avgpool", "drop9") if u in units)
    behind = first + (units[first] == "avgpool")  # the pooling itself is in neither list
    index = units.index(unit)
    place = f"classifier.{index - behind}" if index >= behind else f"features.{index}"
    part = part.replace("squeeze1x1", "squeeze")  # the one part that has another name
    return f"{place}.{part}" if part else place


def in_order(arrays, net) -> dict[str, np.ndarray]:
    """Give the publisher's first layer to the table's first with weights, and so on.

    arrays: "any name/0" a weight, "the same/1" its bias.
    """
    theirs = list(dict.fromkeys(name.rpartition("/")[0] for name in arrays))
    ours = [name for name, layer in net.layers.items() if "weight" in layer.shapes]
    renamed = {}
    for index, layer in enumerate(theirs):
        for number, param in enumerate(("weight", "bias")):
            if f"{layer}/{number}" in arrays:
                name = ours[index] if index < len(ours) else layer
                renamed[f"{name}/{param}"] = arrays[f"{layer}/{number}"]
    return fitted(renamed, net)


def from_caffe(arrays, net) -> dict[str, np.ndarray]:
    """Caffe's arrays stand as ours do."""
    return in_order(arrays, net)


def from_keras(arrays, net) -> dict[str, np.ndarray]:
    """Turn (rows, columns, in, out) and (in, out) around; fc6 reads (rows, columns, channels)."""
    edge = net.layers["avgpool"].size

    def turned(array, reads_positions):
        if array.ndim == 4:
            return array.transpose(3, 2, 0, 1)
        if array.ndim == 2 and reads_positions and array.shape[0] % edge**2 == 0:
            array = array.reshape(edge, edge, -1, array.shape[1])       # (7, 7, 512, 4096)
            return array.transpose(3, 2, 0, 1).reshape(array.shape[3], -1)
        return array.T

    first_dense = next((name for name, array in arrays.items() if array.ndim == 2), None)
    return in_order({n: turned(a, n == first_dense) for n, a in arrays.items()}, net)


def from_matconvnet(arrays, net) -> dict[str, np.ndarray]:
    """Turn (rows, columns, in, out) around; (in, out) is a 1×1 filter whose ones were left out."""
    turned = {n: a.transpose(3, 2, 0, 1) if a.ndim == 4 else a.T for n, a in arrays.items()}
    return in_order(turned, net)


def fitted(arrays, net) -> dict[str, np.ndarray]:
    """Give an array the table's shape where only axes of one, or a filter's rows, stand between."""
    shapes = net.shapes

    def fit(name, array):
        shape = shapes.get(name)
        if shape is None or array.shape == shape or array.size != np.prod(shape):
            return array
        same_out = array.ndim == 4 and len(shape) == 2 and array.shape[0] == shape[0]
        trimmed = tuple(n for n in array.shape if n > 1) == tuple(n for n in shape if n > 1)
        return array.reshape(shape) if same_out or trimmed else array

    return {name: fit(name, array) for name, array in arrays.items()}
