r"""Defences that look at a worse photo, and why they break.

    defended(x) = net(T(x)),    T: JPEG, blur, few grey levels, another size, noise

A perturbation is fine and made for x to the pixel, so T wipes much of it out: what was made for the
bare network works less well behind T.  That is no defence, for who attacks may know T.  He walks
back through it (Athalye, Carlini and Wagner 2018, "Obfuscated gradients"):

    T rounds        its gradient is 0 → come back as if it had not rounded: BPDA, a rule (jpeg.py)
    T is random     another T at every step: the mean gradient is E_T[∇ₓ J(net(T(x)))], EOT
    T is smooth     differentiate it

Four accuracies tell the story: of the photo; of what was made for the bare network, "carried over";
along the gradient as it is, which for a T that rounds is 0; and of the attack that knows T,
"adaptive".  Only the last one measures the defence; it counts the better of the two for each photo,
for who knows T may also try what he had.

    tough = defended(net, DEFENCES["JPEG 75"])      a network to every attack
    pgd(tough, pixels, rules=tough.defence.rules)

Read before: jpeg.py, make/transforms.py.  Read next: masking.py.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from minigrad import ops
from minigrad.checked import number, whole
from minigrad.techniques.baselines import blurred
from minigrad.techniques.fool.gradient_sign import pgd
from minigrad.techniques.fool.jpeg import BPDA, jpeg, rounded
from minigrad.techniques.fool.robustness import checked_labels, right_at
from minigrad.techniques.make.loop import generators
from minigrad.techniques.make.transforms import grain, zoom

NOTHING: Mapping = MappingProxyType({})


class Defence(NamedTuple):
    """What is done to a photo before the network sees it.

    Attributes:
        transform: (x, a random generator for each image) → x, of ops.
        rules: {op: rule}, how to come back where its own gradient is 0.
    """

    transform: Callable
    rules: Mapping = NOTHING


def compression(quality: float) -> Defence:
    """JPEG of a quality from 1 to 100 (Dziugaite, Ghahramani and Roy 2016)."""
    return Defence(lambda x, rngs: jpeg(x, quality), BPDA)


def smoothing(sigma: float) -> Defence:
    """A Gaussian blur, σ in pixels."""
    sigma = number("σ of blur", sigma, above=0)
    return Defence(lambda x, rngs: blurred(x, sigma))


def few_levels(levels: int) -> Defence:
    """So many grey levels in place of 256, evenly from 0 to 255 (Xu, Evans and Qi 2018)."""
    step = 255 / (whole("levels", levels, at_least=2) - 1)
    return Defence(lambda x, rngs: rounded(x / step) * step, BPDA)


def resizing(low: float, high: float) -> Defence:
    """Another size each time, around the middle, by a factor from low to high (Xie et al. 2018)."""
    return Defence(zoom(low, high))


def noise(sigma: float) -> Defence:
    """Noise on top, another each time, σ in grey levels."""
    add = grain(sigma)
    return Defence(lambda x, rngs: ops.clip(add(x, rngs), 0, 255))


DEFENCES = {
    "JPEG 75": compression(75), "JPEG 50": compression(50), "blur σ 1": smoothing(1),
    "8 levels": few_levels(8), "random size": resizing(0.8, 1.25), "noise σ 8": noise(8),
}


class Defended:
    """A network behind a defence: whatever asks the network asks it through the transform.

    What else one may ask (layers, classes, the mean colour) is the network's own.  A random defence
    draws anew at every call, as it would where it stands guard.
    """

    def __init__(self, net, defence: Defence, rng=None):
        self.net, self.defence = net, defence
        self.rng = np.random.default_rng(0) if rng is None else rng

    def __call__(self, x, *args, **settings):
        """Activations of T(x), as the network returns them."""
        return self.net(self.defence.transform(x, generators(self.rng, len(x))), *args, **settings)

    def scores(self, x, **settings):
        """The score of each class for T(x), (N, classes)."""
        return self(x, only=[self.net.score_layer], **settings).scores

    def __getattr__(self, name):
        return getattr(self.net, name)


def defended(net, defence: Defence, rng=None) -> Defended:
    """The network behind a defence; rng is of random ones, None the same every time."""
    return Defended(net, defence, rng)


def defence_accuracy(
    net, pixels, *, labels, defences: Mapping[str, Defence] | None = None, epsilon: float = 2.0,
    steps: int = 10, rng=None,
) -> dict[str, dict[str, np.ndarray]]:
    """Which photos are right behind each defence: of themselves, and under three attacks by PGD.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        labels: (N,), what is on the photos.
        defences: by name, by default `DEFENCES`.
        epsilon: ε, how far each pixel may move, in grey levels.
        steps: of PGD, each of 2.5 ε / steps.
        rng: a numpy Generator; None is the same every time.

    Returns:
        {defence: {"photo": (N,) bool, "carried over": …, "as it is": …, "adaptive": …}}, the bare
        network first, as "no defence"; "as it is" only where the defence has rules.

    Raises:
        as `pgd`.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    settings = {"epsilon": epsilon, "steps": steps, "alpha": 2.5 * epsilon / steps or 1}
    bare = pgd(net, pixels, rng=rng, **settings)
    labels = checked_labels(labels, bare.scores_before)
    photo = bare.before == labels
    found = {"no defence": {"photo": photo, "adaptive": photo & (bare.after == labels)}}
    for name, defence in (DEFENCES if defences is None else defences).items():
        tough = defended(net, defence, rng)
        own = pgd(tough, pixels, rules=defence.rules or None, rng=rng, **settings)
        photo = own.before == labels
        carried = photo & right_at(tough, bare.adversarial, labels)
        found[name] = {
            "photo": photo, "carried over": carried, "adaptive": carried & (own.after == labels),
        }
        if defence.rules:  # without them there is no gradient, and one step says as much as many
            one = settings | {"steps": 1}
            blind = pgd(tough, pixels, random_start=False, rng=rng, **one)
            found[name]["as it is"] = photo & (blind.after == labels)
    return found
