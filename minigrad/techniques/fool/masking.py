r"""Is a network robust, or does it only hide its gradient?  Checks that every evaluation can make.

An attack that fails proves nothing: the gradient may be 0 or point nowhere (a rounding step, scores
so large that p is 1 in float32), while wrong answers lie close by.  Then the numbers contradict
each other, and each contradiction is a check (Athalye et al. 2018, section 3.1; Carlini et al.
2019, "On evaluating adversarial robustness", section 3):

    a gradient           ∇ₓJ is not exactly 0 at any photo
    noise < gradient     a random corner of the ball fools no more than FGSM's
    one step < many      FGSM fools no more than PGD
    more is more         PGD with four times the steps fools no fewer
    black < white box    Square, with as many looks, fools no photo that PGD does not
    without bounds       PGD in a ball of 128 grey levels, where all may become grey, leaves 0 %

Passing them is no proof either; failing one says that the accuracy is worth nothing.

Read before: robustness.py, defences.py, square.py.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import number, whole
from minigrad.techniques.fool.aims import check_photos, cross_entropies
from minigrad.techniques.fool.balls import PIXELS, steepest
from minigrad.techniques.fool.robustness import checked_labels, right_at, until_fooled
from minigrad.techniques.fool.square import square
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.loop import generators

FAR = 128.0     # grey levels, within which every photo can become the same grey


class Check(NamedTuple):
    """One check.

    Attributes:
        name: what must hold.
        numbers: what was found, by name; accuracies are shares of the photos.
        passed: whether it holds.
        otherwise: what it means if it does not.
    """

    name: str
    numbers: dict[str, float]
    passed: bool
    otherwise: str


@dataclass(frozen=True)
class Checks:
    """All checks, each a line or two of a text: str(checks)."""

    checks: list[Check]

    @property
    def failed(self) -> list[Check]:
        """Those that do not hold."""
        return [check for check in self.checks if not check.passed]

    def __str__(self):
        lines = []
        for check in self.checks:
            numbers = ", ".join(f"{what} {value:.3g}" for what, value in check.numbers.items())
            lines.append(f"{'✓' if check.passed else '✗'} {check.name:18}{numbers}")
            lines += [] if check.passed else [f"  {check.otherwise}"]
        return "\n".join(lines)


def masking_checks(
    net, pixels, *, labels, epsilon: float = 2.0, steps: int = 10, rules=None, rng=None,
) -> Checks:
    """Look for the signs of a hidden gradient, on the photos that the network is right about.

    Args:
        net: a network, or one behind a defence (defences.py).
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), what is on the photos.
        epsilon: ε, in grey levels, best one that leaves some photos right and some not.
        steps: of PGD, each of 2.5 ε / steps; and of the Square attack, so many times four queries.
        rules: {op: rule}, how the attacks walk back (jpeg.py).
        rng: a numpy Generator; None is the same every time.

    Raises:
        TypeError, ValueError: no photos, no labels, or the network is wrong about all.
    """
    check_photos(pixels)
    epsilon, steps = number("ε", epsilon, above=0), whole("steps", steps, at_least=1)
    scores = to_numpy(net.scores(pixels))
    labels, rngs = checked_labels(labels, scores), generators(rng, len(pixels))
    at = np.flatnonzero(scores.argmax(axis=1) == labels)
    if not len(at):
        raise ValueError(f"{net.name} is wrong about all {len(pixels)} photos as they are: there "
                         "is no robustness to check")
    x, y, rngs = pixels[at.tolist()], labels[at], [rngs[n] for n in at]
    xp = array_module(x)

    def pgd(far, count):  # from the photo: a random start would hide that nothing moves
        return ~until_fooled(net, x, x, y, far, count, rules)[1]

    g = gradient(net, x, cross_entropies(y), rules=rules)
    s = xp.asarray(np.stack([rng.choice([-1, 1], x.shape[1:]) for rng in rngs]), x.dtype)
    noise, fgsm = (right_at(net, (x + epsilon * corner).clip(0, 255), y)
                   for corner in (s, steepest(g, 1)))
    few, many, far = pgd(epsilon, steps), pgd(epsilon, 4 * steps), pgd(FAR, 2 * steps)
    searched = ~square(net, x, epsilon=epsilon, queries=4 * steps, rng=rngs).success
    still = int((~(abs(g).max(axis=PIXELS) > 0)).sum())
    return compared(len(at), still, noise, fgsm, few, many, searched, far)


def compared(photos: int, still: int, noise, fgsm, few, many, searched, far) -> Checks:
    """The checks, from which photos are right after each attack, (N,) bool each."""
    def share(right):
        return float(right.mean())

    return Checks([
        Check("a gradient", {"photos": photos, "of them with a gradient of 0": still}, still == 0,
              "the gradient vanishes: something rounds, or the scores are too large for float32"),
        Check("noise < gradient", {"random signs": share(noise), "FGSM": share(fgsm)},
              share(fgsm) <= share(noise), "the gradient points nowhere: noise does better"),
        Check("one step < many", {"FGSM": share(fgsm), "PGD": share(few)},
              share(few) <= share(fgsm), "the gradient near the photo misleads"),
        Check("more is more", {"PGD": share(few), "four times the steps": share(many)},
              share(many) <= share(few), "the attack has not converged: give it more steps"),
        Check("black < white box",
              {"PGD": share(many), "Square": share(searched),
               "photos that only Square fools": int((many & ~searched).sum())},
              not (many & ~searched).any(), "wrong answers are near, and the gradient hides them"),
        Check("without bounds", {f"PGD, ε = {FAR:g}": share(far)}, not far.any(),
              "even without bounds the attack fails: it is the attack that is weak"),
    ])

