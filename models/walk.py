"""The walk down a network's table: each layer in turn reads what layers above it have written.

    pixels → preprocessing → conv1_1 → relu1_1 → conv1_2 → … → fc8

A pass takes no more memory and time than it must:

    forgetting   an activation that nobody asked for goes once the last layer that reads it has
    fusing       where nothing is recorded, a convolution of which only a relu reads sets its own
                 negative numbers to zero while they are in the cache; the relu hands them on.  Only
                 as long as relu is max(0, x): whoever writes another one gets that, everywhere

Read before: arguments.py.  Read next: preprocess.py, the first step.
"""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from minigrad import Tensor, ops
from minigrad.activations import Activations
from minigrad.ops.conv import rectified_conv2d
from models.layers import Conv, Relu

TRIAL = np.array([-2.0, -0.5, 0.0, 3.0])


def walk(net, x, names: list[str], kept: Collection[str], params: Mapping[str, Any], training):
    """Pass x (N, 3, H, W) through some layers of the table.

    Args:
        net: the network.
        x: a Tensor or an array, RGB, 0–255.
        names: the layers, in the order of the table.
        kept: those that are asked for.
        params: arrays or Tensors by "layer/parameter".
        training: None, or a generator for dropout.

    Returns:
        Activations by layer, of those that are kept.
    """
    kept = set(kept)
    readers = {name: [r for r in names if name in net.inputs[r]] for name in names}
    recorded = any(isinstance(array, Tensor) for array in (x, *params.values()))
    fused = {name for name in names if _relu_alone_reads(net, name, readers)} - kept
    fused = set() if recorded or not _relu_cuts_at_zero() else fused
    first = net.preprocessing(x)
    if isinstance(first, Tensor) and first is not x:
        first.name = "preprocessed"
    acts = Activations(score_layer=net.score_layer)
    for name in names:
        above = [acts[source] for source in net.inputs[name]] or [first]
        acts[name] = _activation(net, name, above, params, training, fused)
        for read in {name, *net.inputs[name]} - kept:
            if readers[read][-1:] in ([], [name]):  # nobody will read it any more
                del acts[read]
    return acts


def walk_on(net, acts: Activations, wanted: Collection[str], params, training) -> Activations:
    """Go on from activations that are there, to the layers that are wanted and no others."""
    needed, waiting = set(), [name for name in wanted if name not in acts]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [source for source in net.inputs[name] if source not in acts]
            if not net.inputs[name]:
                raise ValueError(f"{net.name} cannot go on to {name} from {', '.join(acts)} alone")
    for name in (name for name in net.layers if name in needed):
        above = [acts[source] for source in net.inputs[name]]
        acts[name] = _activation(net, name, above, params, training, fused=set())
    return acts


def _activation(net, name, above, params, training, fused):
    """Take one layer's step; `fused` names the convolutions that do their relu's work."""
    if not fused.isdisjoint(net.inputs[name]):
        return above[0]
    layer = net.layers[name]
    owner = layer.shares or name
    own = {short: params[f"{owner}/{short}"] for short in net.layers[owner].shapes}
    more = {"conv2d": rectified_conv2d} if name in fused else {}
    a = layer(*above, params=own, training=training, **more)
    if isinstance(a, Tensor) and a.name is None:
        a.name = name
    return a


def _relu_cuts_at_zero() -> bool:
    """Whether relu is what a convolution does in its place."""
    return bool((ops.relu(TRIAL) == TRIAL.clip(0)).all())


def _relu_alone_reads(net, name, readers) -> bool:
    """Whether a layer is a convolution that one relu reads and nobody else."""
    behind = [net.layers[reader] for reader in readers[name]]
    alone = len(behind) == 1 and isinstance(behind[0], Relu)
    return alone and isinstance(net.layers[name], Conv)
