r"""What to ask a network for: one number, whose gradient at the image is the picture.

Looking for evidence, exciting a class or a neuron, dreaming, painting in a style, inverting a code
and attacking are one idea, ∂(objective)/∂(image), with different objectives:

    class_score(k)              S_k                              Simonyan et al. 2014, section 2
    class_probability(k)        p_k = exp S_k / Σ_j exp S_j      Petsiuk et al. 2018, RISE
    unit(layer, c, y, x)        a[c, y, x]                       Zeiler and Fergus 2013
    strongest_unit(net, x₀)     a[c, y, x], the largest at x₀
    channel(layer, c)           Σ_{y,x} a[c, y, x]               Olah et al. 2017
    energy(layer)               ½ Σ a²                           Mordvintsev et al. 2015, DeepDream
    code(layer, target)         ‖a − target‖² / ‖target‖²        Mahendran and Vedaldi 2015, eq. 2
    cross_entropy(label)        − log p_label                    Szegedy et al. 2014

An objective says what one wants more of; what one wants less of, a loss, has a minus in front:
−cross_entropy(k) pulls an image towards class k, and −code(layer, target) towards a code.

An objective is a function from activations to a number, summed over the batch, that knows the
layers it needs, so that the pass through the network stops at the deepest of them.  Objectives add
up, subtract and take weights: class_score(3) − 0.5 · class_score(7).  What is asked of a layer that
the pass did not compute, or of a unit or class that is not there, raises.

Read before: minigrad/activations.py.  Read next: look/gradient.py.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad import ops
from minigrad.activations import Activations
from minigrad.backend import array_module, is_array, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.distance import check_target, relative_distance
from minigrad.tensor import data_of

SCORES = "the scores"  # among an objective's layers: acts.scores, whatever the layer's name


@dataclass(frozen=True)
class Objective:
    """A number to ask for: `objective(activations)`.

    Attributes:
        name: what is asked for, in words.
        layers: the layers that it needs.
        value: the number, from a network's activations.
        place: (channel, row, column) or (channel,) where it is one unit's, else None.
        k: the class where it is one class's score or probability, else None.
        in_parts: whether parts of an image may be asked one by one, as of a sum over places.
    """

    name: str
    layers: tuple[str, ...]
    value: Callable[[Activations], Any]
    place: tuple[int, ...] | None = None
    k: int | None = None
    in_parts: bool = False

    __array_ufunc__ = None  # NumPy's number * objective asks the objective

    def __call__(self, acts: Mapping[str, Any]):
        """Return the objective, one number, from a network's activations."""
        acts = acts if isinstance(acts, Activations) else Activations(acts)
        missing = [layer for layer in self.layers if layer not in (SCORES, *acts)]
        if missing:
            raise ValueError(f"{self.name} needs {missing[0]}, which this pass did not compute")
        return self.value(acts)

    def of_each(self, acts: Activations):
        """Return the objective of each image alone, (N,), from arrays of activations."""
        images = next(iter(acts.values())).shape[0]
        values = [self(acts.image(n)) for n in range(images)]
        return array_module(*acts.values()).stack(values)

    def __add__(self, other: "Objective"):
        """One objective and another, from one pass."""
        if not isinstance(other, Objective):
            return NotImplemented
        return Objective(
            f"{self.name} + {other.name}",
            tuple(dict.fromkeys(self.layers + other.layers)),
            lambda acts: self.value(acts) + other.value(acts),
            in_parts=self.in_parts and other.in_parts,
        )

    def __mul__(self, weight: float):
        """Weight · objective."""
        if isinstance(weight, Objective):
            raise TypeError("objectives add up and take weights, which are numbers: a + 2 * b")
        w = number(f"the weight of {self.name}", weight)
        return Objective(f"{w:g} · ({self.name})", self.layers, lambda acts: w * self.value(acts),
                         in_parts=self.in_parts)

    __rmul__ = __mul__

    def __neg__(self):
        """Less of it: − objective."""
        return -1.0 * self

    def __sub__(self, other: "Objective"):
        """One objective, and less of another."""
        if not isinstance(other, Objective):
            return NotImplemented
        return replace(self + -other, name=f"{self.name} − ({other.name})")


def activations(net, x, objective: Objective) -> Activations:
    """Pass x through a network as far as the objective needs, and no further."""
    needed = [net.score_layer if layer == SCORES else layer for layer in objective.layers]
    unknown = [layer for layer in needed if layer not in net.layers]
    if unknown:
        raise ValueError(f"{objective.name}: {net.name} has no layer {unknown[0]!r}")
    return net(x, only=needed)


def class_score(k: int) -> Objective:
    """S_k, the score of class k before the softmax.

    Before, because the probability of k also rises when the other scores fall (Simonyan et al.
    2014, section 2).
    """
    k = whole("the number of a class", k)
    return Objective(f"score of class {k}", (SCORES,), lambda acts: _scores(acts, k)[:, k].sum(),
                     k=k, in_parts=True)


def class_probability(k: int) -> Objective:
    """p_k = exp S_k / Σ_j exp S_j, the probability of class k.

    For maps that need no gradient.  A trap for those that do: p_k also rises when the other scores
    fall, and near 0 and near 1, where a network mostly is, its gradient is nearly zero.
    """
    k = whole("the number of a class", k)
    return Objective(f"probability of class {k}", (SCORES,),
                     lambda acts: ops.softmax(_scores(acts, k))[:, k].sum(), k=k)


def cross_entropy(label: int) -> Objective:
    """− log p_label, how surprised the network would be to hear that label."""
    label = whole("the number of a class", label)

    def value(acts):
        scores = _scores(acts, label)
        labels = array_module(data_of(scores)).full(scores.shape[0], label)
        return ops.cross_entropy(scores, labels) * scores.shape[0]

    return Objective(f"cross entropy of class {label}", (SCORES,), value, in_parts=True)


def unit(layer: str, channel: int, row: int | None = None, column: int | None = None) -> Objective:
    """a[channel, row, column], one neuron; of a fully connected layer, a[channel]."""
    named = {"channel": channel, "row": row, "column": column}
    place = tuple(
        whole(f"the {name} of a unit of {layer}", i) for name, i in named.items() if i is not None
    )

    def value(acts):
        a = acts[layer]
        _check_inside(layer, place, a.shape[1:])
        return a[(slice(None), *place)].sum()

    return Objective(f"unit ({', '.join(map(str, place))}) of {layer}", (layer,), value, place)


def strongest_unit(net, pixels, layer: str | None = None) -> Objective:
    """The unit of a layer that fires most on an image: an objective whose `place` says which.

    A unit that sees padding looks at an edge that no photo has, and may fire for that alone: it is
    chosen only where every unit of the layer sees some.

    Args:
        net: a network.
        pixels: (1, 3, H, W), RGB, 0–255.
        layer: by default `net.default_layer`.

    Raises:
        ValueError: there is no such layer, or the pixels are not of one image.
    """
    layer = layer or net.default_layer
    field = net.receptive_field(layer)
    a = net(pixels, only=[layer])[layer]                              # (1, C, H', W') or (1, C)
    edges = zip(pixels.shape[2:], a.shape[2:], strict=False)
    free = [field.inside(edge, units) for edge, units in edges]
    return unit(layer, *place_of_strongest(a, *free))


def strongest(a):
    """Return the largest activation of one image: a (1, C, H, W) or (1, C) → one number."""
    return a[(0, *place_of_strongest(a))]


def place_of_strongest(a, rows=slice(None), columns=slice(None)) -> tuple[int, ...]:
    """Say where it is, (channel, row, column) or (channel,); among some rows and columns alone.

    Raises:
        ValueError: the activations are of several images or of none, or there is nothing to choose.
    """
    if a.shape[0] != 1:
        raise ValueError(
            f"the strongest unit is one image's, and these activations are of {a.shape[0]}: "
            "take a[n : n + 1]"
        )
    data = to_numpy(data_of(a))[0]
    if data.ndim == 1:
        return (int(data.argmax()),)
    part = data[:, rows, columns]
    if part.size == 0:
        raise ValueError("there is no unit among these rows and columns to be the strongest")
    c, row, column = np.unravel_index(part.argmax(), part.shape)
    top, left = (s.indices(n)[0] for s, n in zip((rows, columns), data.shape[1:], strict=True))
    return int(c), int(row) + top, int(column) + left


def channel(layer: str, c: int) -> Objective:
    """Σ_{y,x} a[c, y, x], a whole feature map."""
    c = whole(f"the number of a channel of {layer}", c)

    def value(acts):
        a = acts[layer]
        if c >= a.shape[1]:
            raise ValueError(f"{layer} has channels 0–{a.shape[1] - 1}, and {c} is none of them")
        return a[:, c].sum()

    return Objective(f"channel {c} of {layer}", (layer,), value, in_parts=True)


def energy(layer: str) -> Objective:
    """½ Σ a²: its gradient at the layer is the activation itself, "more of what you see"."""
    return Objective(f"energy of {layer}", (layer,), lambda acts: (acts[layer] ** 2).sum() * 0.5,
                     in_parts=True)


def code(layer: str, target) -> Objective:
    """Σ_n ‖a_n − t_n‖² / ‖t_n‖², how far the layer is from given codes; less of it is −code(…).

    Divided by ‖t‖², as Mahendran and Vedaldi do to balance it with their regularizers, it is 1 for
    a layer that says nothing, whatever the layer.

    Args:
        layer: where the codes are.
        target: t, an array (N, …) of activations of the layer; (1, …) is the code for every image.

    Raises:
        TypeError: the target is no array.
        ValueError: one of its codes is zero everywhere, infinite or NaN.
    """
    if not is_array(target):
        raise TypeError(f"a code is an array, not a {type(target).__name__}: take a Tensor's .data")
    check_target(f"a code to reach in {layer}", target)

    def value(acts):
        a = acts[layer]
        if target.shape not in (a.shape, (1, *a.shape[1:])):
            raise ValueError(f"{layer} has codes {a.shape}, and the target's shape is "
                             f"{target.shape}: one for each image, or one (1, …) for all")
        return relative_distance(a, target)

    return Objective(f"code of {layer}", (layer,), value)


def each(objectives: Sequence[Objective]) -> Objective:
    """Σ_n objectives[n] of image n: one pass through the network for many pictures."""
    objectives = list(objectives)
    if not objectives:
        raise ValueError("each takes an objective for every image, and there is none")

    def value(acts):
        images = next(iter(acts.values())).shape[0]
        if images != len(objectives):
            raise ValueError(f"{len(objectives)} objectives, one for each image, do not fit a "
                             f"batch of {images}")
        return sum(objective.value(acts.image(n)) for n, objective in enumerate(objectives))

    layers = tuple(dict.fromkeys(layer for o in objectives for layer in o.layers))
    return Objective(", ".join(dict.fromkeys(o.name for o in objectives)), layers, value)


def _scores(acts: Activations, k: int):
    scores = acts.scores
    if k >= scores.shape[1]:
        raise ValueError(f"there are classes 0–{scores.shape[1] - 1}, and {k} is none of them")
    return scores


def _check_inside(layer, place, shape):
    sizes = ", ".join(f"0–{n - 1}" for n in shape)
    asked = ", ".join(map(str, place))
    if len(place) != len(shape):
        raise ValueError(f"a unit of {layer} has {len(shape)} indices, ({sizes}), not ({asked})")
    if any(i >= n for i, n in zip(place, shape, strict=True)):
        raise ValueError(f"{layer} has units ({sizes}), but ({asked}) is none")
