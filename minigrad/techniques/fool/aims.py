r"""What an attack wants more of, and of which photos.

    untargeted      more of   cross_entropy(y) = − log p_y,  y the network's own answer
    targeted        more of   −cross_entropy(t),  less surprise at the class t that it shall say

y is what the network says of the photo, right or wrong, and not what is really on it.  A step away
from the true label carries that label, and a network that is trained on such steps learns to read
it off them ("label leaking", Kurakin, Goodfellow and Bengio 2017, section 4.4).

Where a network is very sure, p_y is 1 in float32 and the gradient of − log p_y is 0 everywhere:
nothing leads away.  A margin of the scores never saturates (Carlini and Wagner 2017, f₆):

    margin(y)       max_{i≠y} S_i − S_y,  above 0 where another class has won

Read before: balls.py and techniques/objectives.py.  Read next: record.py.
"""

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, is_array, to_numpy
from minigrad.checked import whole
from minigrad.techniques.objectives import SCORES, Objective, cross_entropy, each
from minigrad.tensor import data_of

ROUNDING = 1e-3  # grey levels: a pixel at 255.0001 is white


class Aim(NamedTuple):
    """What an attack wants of N photos.

    Attributes:
        objective: more of it, summed over the photos.
        scores: (N, K), of the photos as they are.
        target: (N,), the classes that the network shall say, or None for any but its own.
    """

    objective: Objective
    scores: np.ndarray
    target: np.ndarray | None

    @property
    def label(self) -> np.ndarray:
        """The class to come to, or to come away from: the target, or the network's answer, (N,)."""
        return self.scores.argmax(axis=1) if self.target is None else self.target

    def lead(self, scores, at=slice(None)):
        """By how much what is wanted leads, above 0 where it has won: scores (N, K) → (N,).

        Untargeted max_{i≠y} S_i − S_y, targeted S_t − max_{i≠t} S_i; of the photos `at` alone.
        """
        ahead = by_how_much_others_lead(scores, self.label[at])
        return ahead if self.target is None else -ahead


def aim_at(net, pixels, objective: Objective | None, target) -> Aim:
    """Look at the photos, and say what is wanted of them.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: what one wants more of, or None for the cross entropy.
        target: the class that each shall become, a number for all or (N,), or None for any other.

    Raises:
        TypeError, ValueError: the pixels are no photos in grey levels, a target is no class, or it
            is what the network says already.
    """
    check_photos(pixels)
    scores = to_numpy(net.scores(pixels))                                   # (N, K)
    if np.isnan(scores).any():
        raise ValueError(f"{net.name} gives NaN as a score: there is no answer to change")
    if (scores >= 0).all() and np.allclose(scores.sum(axis=1), 1, atol=1e-4):
        warnings.warn(f"the scores of {net.name} are probabilities: an attack wants those before "
                      "the softmax, for its gradient vanishes where the network is sure",
                      stacklevel=3)
    before = scores.argmax(axis=1)
    if target is not None:
        target = _targets(net, target, before, scores.shape[1])
    objective = objective or cross_entropies(before if target is None else target, target)
    return Aim(objective, scores, target)


def cross_entropies(labels, target=None) -> Objective:
    """Σ_n − log p_{y_n} of image n; with a target, its negative."""
    J = each([cross_entropy(int(k)) for k in labels])
    return J if target is None else -J


def margin(label: int) -> Objective:
    """max_{i≠y} S_i − S_y, by how much another class leads; −margin(t) pulls towards class t."""
    label = whole("the number of a class", label)

    def value(acts):
        scores = acts.scores                                                # (N, K)
        if label >= scores.shape[1]:
            raise ValueError(f"there are classes 0–{scores.shape[1] - 1}, and {label} is none")
        return by_how_much_others_lead(scores, np.full(scores.shape[0], label)).sum()

    return Objective(f"margin of class {label}", (SCORES,), value, in_parts=True)


def by_how_much_others_lead(scores, labels):
    """max_{i≠y} S_i − S_y of each image: scores (N, K), labels (N,) → (N,)."""
    xp = array_module(data_of(scores))
    labels = xp.asarray(labels)
    own = xp.arange(scores.shape[1]) == labels[:, None]                     # (N, K)
    others = ops.where(own, -xp.inf, scores)  # not 0, which leads where all scores are negative
    return ops.max(others, axis=1) - scores[xp.arange(scores.shape[0]), labels]


def check_photos(pixels) -> None:
    """Refuse what is no batch of photos in grey levels.

    Raises:
        TypeError: it is no array.
        ValueError: its shape is another, it leaves [0, 255], or it looks divided by 255.
    """
    if not is_array(pixels):
        raise TypeError(f"an attack takes an array of photos, not a {type(pixels).__name__}")
    if pixels.ndim != 4 or pixels.shape[1] != 3 or pixels.size == 0:
        raise ValueError(f"photos have the shape (N, 3, H, W), not {pixels.shape}")
    least, most = float(pixels.min()), float(pixels.max())
    said = f"the pixels go from {least:g} to {most:g}"
    if not (least >= -ROUNDING and most <= 255 + ROUNDING):
        raise ValueError(f"{said}, but a photo's are 0–255 and the network does the rest: give the "
                         "pixels as they are, not with a mean subtracted")
    if 0 < most <= 1 and bool((pixels % 1 > 0).any()):
        raise ValueError(f"{said}, but a photo's are 0–255: multiply by 255")


def class_numbers(net, given: Sequence[int], what: str, count: int) -> list[int]:
    """Some of a network's `count` classes, one or more, checked; `what` is the argument's name.

    Raises:
        TypeError, ValueError: there is none, or one of them is no class of the network's.
    """
    classes = [whole(f"a class in {what}", k) for k in given]
    if not classes:
        raise ValueError(f"{what} names no class: give one or more")
    if max(classes) >= count:
        raise ValueError(f"{net.name} has classes 0 … {count - 1}, not {max(classes)}")
    return classes


def _targets(net, target, before, count: int) -> np.ndarray:
    """The target of each photo, (N,), checked."""
    given: Any = to_numpy(target) if is_array(target) else target
    given = given if np.ndim(given) else [given] * len(before)
    listed = np.array(class_numbers(net, given, "target", count))
    if len(listed) != len(before):
        raise ValueError(f"{len(listed)} targets do not fit {len(before)} photos: give one class "
                         "for all, or one for each")
    if (listed == before).any():
        n = int((listed == before).argmax())
        raise ValueError(f"the target of photo {n} is class {listed[n]}, which is what {net.name} "
                         "says already: give another")
    return listed
