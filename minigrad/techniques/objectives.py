r"""What to ask a network for: one number, whose gradient at the image is the picture.

Looking for evidence, exciting a class or a neuron, dreaming, painting in a style, inverting a code
and attacking are one idea, ∂(objective)/∂(image), with different objectives:

    class_score(k)              S_k                              Simonyan et al. 2014, eq. 1
    unit(layer, c, y, x)        a[c, y, x]                       Zeiler and Fergus 2013
    strongest(acts[layer])      a[c, y, x] at its maximum        Girshick et al. 2014
    channel(layer, c)           Σ_{y,x} a[c, y, x]               Olah et al. 2017
    energy(layer)               ½ Σ a²                           Mordvintsev et al. 2015, DeepDream
    code(layer, target)         ‖a − target‖² / ‖target‖²        Mahendran and Vedaldi 2014, eq. 2
    cross_entropy(label)        − log p_label                    Szegedy et al. 2014

An objective is a function from activations to a number, summed over the batch, that knows the
layers it needs, so that the pass through the network stops at the deepest of them.

Read before: ops/.  Read next: attribution.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.tensor import Tensor

SCORES = "the scores"  # among an objective's layers: the last one, whatever its name


@dataclass(frozen=True)
class Objective:
    """A number to ask for: `objective(activations)`, from the layers named in `layers`."""

    name: str
    layers: tuple[str, ...]
    value: Callable[[Mapping[str, Any]], Any]

    def __call__(self, acts: Mapping[str, Any]):
        """Return the objective, one number, from a network's activations."""
        missing = [layer for layer in self.layers if layer not in (SCORES, *acts)]
        if missing:
            raise ValueError(f"{self.name} needs {missing[0]}, which this pass did not compute")
        return self.value(acts)

    def __add__(self, other: "Objective"):
        """One objective and another, from one pass."""
        return Objective(
            f"{self.name} + {other.name}",
            tuple(dict.fromkeys(self.layers + other.layers)),
            lambda acts: self.value(acts) + other.value(acts),
        )

    def __rmul__(self, weight: float):
        """Weight · objective."""
        return Objective(self.name, self.layers, lambda acts: weight * self.value(acts))

    def __neg__(self):
        """− objective: what is made small, where more of it is wanted (optimize.py)."""
        return -1.0 * self


def activations(net, x, objective: Objective):
    """Pass x through a network as far as the objective needs, and no further."""
    last = list(net.layers)[-1]
    needed = [last if layer == SCORES else layer for layer in objective.layers]
    unknown = [layer for layer in needed if layer not in net.layers]
    if unknown:
        raise ValueError(f"{objective.name}: {net.name} has no layer {unknown[0]!r}")
    return net(x, only=needed)


def class_score(k: int) -> Objective:
    """S_k, the score of class k before the softmax.

    Before, because the probability of k also rises when the other scores fall (Simonyan et al.
    2014, section 2).
    """
    return Objective(f"score of class {k}", (SCORES,), lambda acts: _scores(acts)[:, k].sum())


def unit(layer: str, channel: int, row: int | None = None, column: int | None = None) -> Objective:
    """a[channel, row, column], one neuron; of a fully connected layer, a[channel]."""

    def value(acts):
        a = acts[layer]
        where = (channel, row, column)[: a.ndim - 1]
        _check_inside(layer, where, a.shape[1:])
        return a[(slice(None), *where)].sum()

    at = ", ".join(str(i) for i in (channel, row, column) if i is not None)
    return Objective(f"unit ({at}) of {layer}", (layer,), value)


def strongest(a):
    """Return the largest activation of one image: a (1, C, H, W) or (1, C) → one number."""
    return a[(0, *place_of_strongest(a))]


def place_of_strongest(a, rows=slice(None), columns=slice(None)) -> tuple[int, ...]:
    """Say where it is, (channel, row, column) or (channel,); among some rows and columns alone."""
    data = to_numpy(a.data if isinstance(a, Tensor) else a)[0]
    if data.ndim == 1:
        return (int(data.argmax()),)
    part = data[:, rows, columns]
    c, row, column = np.unravel_index(part.argmax(), part.shape)
    return int(c), int(row) + (rows.start or 0), int(column) + (columns.start or 0)


def channel(layer: str, c: int) -> Objective:
    """Σ_{y,x} a[c, y, x], a whole feature map."""

    def value(acts):
        _check_inside(layer, (c,), acts[layer].shape[1:])
        return acts[layer][:, c].sum()

    return Objective(f"channel {c} of {layer}", (layer,), value)


def energy(layer: str) -> Objective:
    """½ Σ a²: its gradient at the layer is the activation itself, "more of what you see"."""
    return Objective(f"energy of {layer}", (layer,), lambda acts: (acts[layer] ** 2).sum() * 0.5)


def code(layer: str, target) -> Objective:
    """‖a − target‖² / ‖target‖², how far the layer is from a given code (to be made small)."""
    size = float((target * target).sum())
    if size == 0:
        raise ValueError(f"the code to reach in {layer} is zero everywhere, which tells nothing")
    return Objective(
        f"code of {layer}", (layer,), lambda acts: ((acts[layer] - target) ** 2).sum() / size
    )


def cross_entropy(label: int) -> Objective:
    """− log p_label, how surprised the network would be to hear that label."""

    def value(acts):
        scores = _scores(acts)
        labels = array_module(_data(scores)).full(scores.shape[0], label)
        return ops.cross_entropy(scores, labels) * scores.shape[0]

    return Objective(f"cross entropy of class {label}", (SCORES,), value)


def each(objectives: Sequence[Objective]) -> Objective:
    """Σ_n objectives[n] of image n: one pass through the network for many pictures."""
    layers = tuple(dict.fromkeys(layer for o in objectives for layer in o.layers))

    def value(acts):
        return sum(
            o.value({layer: a[n : n + 1] for layer, a in acts.items()})
            for n, o in enumerate(objectives)
        )

    name = ", ".join(dict.fromkeys(o.name for o in objectives))
    return Objective(name, layers, value)


def _scores(acts):
    return next(reversed(acts.values()))


def _data(a):
    return a.data if isinstance(a, Tensor) else a


def _check_inside(layer, where, shape):
    if any(not 0 <= i < n for i, n in zip(where, shape, strict=False)):
        sizes = ", ".join(f"0–{n - 1}" for n in shape)
        raise ValueError(f"{layer} has units ({sizes}), but ({', '.join(map(str, where))}) is none")
