r"""What came of an attack: the photos, the moved ones, and what the network says of both.

Everything else follows from these: whether it succeeded, and how far it went in which norm.  An
attack is of use only if the picture can be written as bytes: `quantised` rounds it to whole grey
levels, as saving it does, and an attack that lives in the digits behind the point is gone then.

Read before: aims.py.  Read next: gradient_sign.py.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.techniques.fool.aims import Aim
from minigrad.techniques.fool.balls import PIXELS, length


@dataclass(frozen=True)
class Attacked:
    """What came of an attack on N photos.

    Attributes:
        pixels: (N, 3, H, W), the photos, RGB, 0–255.
        adversarial: (N, 3, H, W), what became of them.
        scores_before: (N, K), of the photos.
        scores_after: (N, K), of what became of them.
        target: (N,), the classes that were wanted, or None for any other.
        queries: (N,), how often an attack without gradients asked about each photo, else None.
    """

    pixels: Any
    adversarial: Any
    scores_before: np.ndarray
    scores_after: np.ndarray
    target: np.ndarray | None = None
    queries: np.ndarray | None = None

    @property
    def perturbation(self):
        """η = adversarial − pixels, (N, 3, H, W), in grey levels."""
        return self.adversarial - self.pixels

    @property
    def before(self) -> np.ndarray:
        """The network's answers to the photos, (N,)."""
        return self.scores_before.argmax(axis=1)

    @property
    def after(self) -> np.ndarray:
        """Its answers to what became of them, (N,)."""
        return self.scores_after.argmax(axis=1)

    @property
    def success(self) -> np.ndarray:
        """Of which photos the answer is now what was wanted, (N,), bool."""
        return reached(self.scores_before, self.scores_after, self.target)

    @property
    def moved(self) -> np.ndarray:
        """Which photos moved at all, (N,), bool; where the gradient is 0, only a random start does
        (checks.py: `gradient_vanishes`).
        """
        return to_numpy((self.adversarial != self.pixels).any(axis=PIXELS))

    @property
    def l1(self) -> np.ndarray:
        """‖η‖₁ of each photo, (N,), in grey levels."""
        return to_numpy(length(self.perturbation, "l1"))

    @property
    def l2(self) -> np.ndarray:
        """‖η‖₂ of each photo, (N,), in grey levels."""
        return to_numpy(length(self.perturbation, "l2"))

    @property
    def linf(self) -> np.ndarray:
        """‖η‖∞ of each photo, (N,), in grey levels."""
        return to_numpy(length(self.perturbation, "linf"))

    @property
    def losses(self) -> np.ndarray:
        """− log p of the first answer, or of the target: (N, 2), before and after."""
        label = self.before if self.target is None else self.target
        both = [surprise(s, label) for s in (self.scores_before, self.scores_after)]
        return np.stack(both, axis=1)

    def __str__(self):
        """One line for each photo."""
        lines = [
            f"photo {n}: {self.before[n]} → {self.after[n]}"
            f"{'' if self.target is None else f', wanted {self.target[n]}'}, "
            f"{'success' if self.success[n] else 'failure'}, "
            f"‖η‖₂ {self.l2[n]:.1f}, ‖η‖∞ {self.linf[n]:.2f} grey levels"
            for n in range(len(self.before))
        ]
        return "\n".join(lines)

    def __repr__(self):
        return str(self)


def attacked(net, pixels, adversarial, aim: Aim) -> Attacked:
    """Show the network what became of the photos, and write it down."""
    after = to_numpy(net.scores(adversarial))
    return Attacked(pixels, adversarial, aim.scores, after, aim.target)


def reached(before, after, target=None) -> np.ndarray:
    """Of which photos scores (N, K) before and after are what was wanted: (N,), bool."""
    answers = after.argmax(axis=1)
    return answers != before.argmax(axis=1) if target is None else answers == target


def better_of(one: Attacked, other: Attacked) -> Attacked:
    """Of two attacks on the same photos, for each the one that succeeded, or that got further."""
    sign = 1 if one.target is None else -1
    gain = [(a.success, sign * a.losses[:, 1]) for a in (one, other)]
    take = (gain[1][0] > gain[0][0]) | ((gain[1][0] == gain[0][0]) & (gain[1][1] > gain[0][1]))
    xp = array_module(one.pixels)
    return replace(
        one,
        adversarial=xp.where(xp.asarray(take).reshape(-1, 1, 1, 1), other.adversarial,
                             one.adversarial),
        scores_after=np.where(take[:, None], other.scores_after, one.scores_after),
    )


def input_where_failed(record: Attacked) -> Attacked:
    """The same record, with the photo itself where the attack failed: for attacks that look for
    the smallest move, where a failure's move says nothing.
    """
    failed = ~record.success
    xp = array_module(record.pixels)
    return replace(
        record,
        adversarial=xp.where(xp.asarray(failed).reshape(-1, 1, 1, 1), record.pixels,
                             record.adversarial),
        scores_after=np.where(failed[:, None], record.scores_before, record.scores_after),
    )


def quantised(pixels):
    """The pixels as bytes hold them, whole grey levels of 0–255: (N, 3, H, W), of their dtype."""
    return array_module(pixels).rint(pixels).clip(0, 255)


def surprise(scores, labels) -> np.ndarray:
    """− log p of a label by image: scores (N, K), labels (N,) → (N,)."""
    shifted = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
    log_sum = np.log(np.exp(shifted).sum(axis=1))
    return log_sum - shifted[np.arange(len(scores)), labels]
