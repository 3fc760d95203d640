r"""Every attack of this room in one table: its name, its call, its equation and its source.

    for attack in ATTACKS:
        record = attack.make(net, pixels, target=3)

They are called alike and take different settings: `takes` says which.  One with an ε goes as far as
it may and says whether that was enough; one without looks for the nearest picture that fools.

Read before: every file that is imported here.
"""

from collections.abc import Callable
from typing import NamedTuple

from minigrad.checked import nearest
from minigrad.techniques.fool.carlini_wagner import carlini_wagner
from minigrad.techniques.fool.climb import climbed
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.expectation import expectation_over_transformation
from minigrad.techniques.fool.gradient_sign import bim, fgsm, least_likely, momentum_attack, pgd
from minigrad.techniques.fool.lbfgs_attack import lbfgs_attack
from minigrad.techniques.fool.one_pixel import one_pixel
from minigrad.techniques.fool.record import Attacked
from minigrad.techniques.fool.square import square


class Attack(NamedTuple):
    """One attack.

    Attributes:
        name: as its paper calls it.
        make: make(net, pixels, …) → Attacked.
        equation: in Unicode; x is the picture, x₀ the photo, t the target.
        source: author and year.
        takes: the settings that it knows, among objective, target, epsilon, norm, steps, rate, rng,
            and watch, which is shown every step.
    """

    name: str
    make: Callable[..., Attacked]
    equation: str
    source: str
    takes: tuple[str, ...]


FIRST = ("objective", "target")
ATTACKS = (
    Attack("fgsm", fgsm,
           "x + argmax_{‖η‖≤ε} ⟨η, ∂J/∂x⟩", "Goodfellow 2015", (*FIRST, "epsilon", "norm")),
    Attack("bim", bim,
           "x ← x + α sign ∂J/∂x, |x − x₀| ≤ ε", "Kurakin 2017", (*FIRST, "epsilon", "steps")),
    Attack("pgd", pgd,
           "x ← x + argmax_{‖η‖≤α} ⟨η, ∂J/∂x⟩, from anywhere in the ball", "Madry 2018",
           (*FIRST, "epsilon", "norm", "steps", "rng")),
    Attack("momentum", momentum_attack,
           "v ← μ v + g / ‖g‖₁, x ← x + argmax_{‖η‖≤α} ⟨η, v⟩", "Dong 2018",
           (*FIRST, "epsilon", "norm", "steps")),
    Attack("least-likely", least_likely,
           "BIM, t = argmin_k S_k", "Kurakin 2017", ("epsilon", "steps")),
    Attack("eot", expectation_over_transformation,
           "PGD on E_T J(T(x))", "Athalye 2018",
           (*FIRST, "epsilon", "norm", "steps", "rng")),
    Attack("climb", climbed,
           "x ← x + lr ∂J/∂x", "Fleuret, lecture 9.4", (*FIRST, "steps", "rate", "watch")),
    Attack("deepfool", deepfool,
           "r = |f_l| / ‖w_l‖² · w_l, l the nearest boundary", "Moosavi-Dezfooli 2016",
           ("target", "norm", "steps")),
    Attack("carlini-wagner", carlini_wagner,
           "min ‖x − x₀‖² + c · max(−lead, 0), x = 255 · ½(tanh w + 1)", "Carlini and Wagner 2017",
           ("target", "steps", "rate")),
    Attack("lbfgs", lbfgs_attack,
           "min ‖r‖² + c J(x₀ + r, t), in the box", "Szegedy 2014", ("target", "steps")),
    Attack("square", square,
           "η ← η with a random square of ±ε, if it leads further", "Andriushchenko 2020",
           ("target", "epsilon", "rng")),
    Attack("one-pixel", one_pixel,
           "child = a + ½ (b − c), of pixels with a place and a colour", "Su 2019",
           ("target", "rng")),
)  # fmt: skip


def attack_called(name: str) -> Attack:
    """The attack of this name.

    Raises:
        ValueError: there is none.
    """
    by_name = {attack.name: attack for attack in ATTACKS}
    if name not in by_name:
        raise ValueError(f"there is no attack {name!r}; {nearest(name, by_name)}")
    return by_name[name]
