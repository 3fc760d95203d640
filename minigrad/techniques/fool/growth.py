r"""How a small move grows on its way up: the attack and noise of the same length, layer by layer.

    growth of layer l      ‖a_l(x + η) − a_l(x)‖₂ / ‖a_l(x)‖₂,        l = 0 the pixels themselves

At the pixels both are a hundredth of the photo and equal.  Each layer is a sum over many inputs:
noise, which pushes some up and some down, cancels in it for the most part; the attack was made so
that all push the same way (linear.py), and what one layer gains the next one starts from.  So the
attack arrives at the scores as a large change and noise as a small one (Liao et al. 2018, "Defense
against adversarial attacks using high-level representation guided denoiser").

In MiniVGG, whose last epochs were against an adversary, noise comes out about as large as it went
in, and the attack 25 times as large; in the network from before noise grows three- to fivefold, the
attack a hundredfold.

Read before: directions.py.  Read next: visible.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minigrad.backend import to_numpy
from minigrad.checked import whole
from minigrad.techniques.fool.directions import aside
from minigrad.techniques.fool.sphere import moves
from minigrad.techniques.make.loop import generators


class Grown(NamedTuple):
    """How large the change of one layer is beside its activation, of N photos.

    Attributes:
        attack: (N,); NaN where the photo's activation is 0 everywhere.
        random: (N,), of random directions of the same length, the mean over several.
    """

    attack: np.ndarray
    random: np.ndarray


def growth(
    net, pixels, adversarial, *, layers: Sequence[str] | None = None, samples: int = 8,
    rng: np.random.Generator | None = None,
) -> dict[str, Grown]:
    r"""Follow the attack's move up the network, and beside it noise of the same ‖·‖₂.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        adversarial: x̃, of the same shape.
        layers: where to look; by default every layer that no branch passes by (`trunk`).
        samples: how many random directions, for the mean.
        rng: what they are drawn from; None is the same every time.

    Returns:
        {layer: Grown}, in the order of the walk, the first "pixels", the photo itself.

    Raises:
        ValueError: the shapes differ, an attack went nowhere, or there is no such layer.
    """
    moves(pixels, adversarial)  # complains where there are none
    layers, samples = list(layers or trunk(net)), whole("samples", samples, at_least=1)
    at_photo = _activations(net, pixels, layers)
    rngs = generators(rng, len(pixels))
    noises = (aside(pixels, adversarial, rngs) for _ in range(samples))
    random = [_change(at_photo, _activations(net, noise, layers)) for noise in noises]
    attack = _change(at_photo, _activations(net, adversarial, layers))
    both = zip(attack, np.mean(random, axis=0), strict=True)
    return {layer: Grown(*pair) for layer, pair in zip(["pixels", *layers], both, strict=True)}


def trunk(net) -> list[str]:
    """The layers that all of the image passes through: in GoogLeNet those between the branches."""
    names = list(net.layers)
    place = {name: i for i, name in enumerate(names)}
    first_read = [min((place[source] for source in net.inputs[name]), default=-1)
                  for name in names]
    return [name for i, name in enumerate(names) if all(read >= i for read in first_read[i + 1 :])]


def _activations(net, x, layers) -> list[np.ndarray]:
    """The pixels, and what each layer makes of them."""
    acts = net(x, only=layers)
    return [to_numpy(x), *(to_numpy(acts[layer]) for layer in layers)]


def _change(before, after) -> np.ndarray:
    """‖a(x + η) − a(x)‖ / ‖a(x)‖ of each layer and photo: (L, N)."""
    ratios = []
    for a, b in zip(before, after, strict=True):
        axes = tuple(range(1, a.ndim))
        size = np.sqrt((a.astype(np.float64) ** 2).sum(axis=axes))          # (N,)
        change = np.sqrt(((b - a).astype(np.float64) ** 2).sum(axis=axes))
        ratios.append(np.where(size > 0, change / np.where(size > 0, size, 1), np.nan))
    return np.stack(ratios)
