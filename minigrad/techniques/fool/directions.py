r"""What lies around a photo: the network's answers on a line, and in a plane.

    on a line       x + t η,             η = x̃ − x the attack's move: t = 0 the photo, 1 the attack
    in a plane      x + s η + t ν,       ν ⊥ η,  ‖ν‖ = ‖η‖

Along a random direction ν of the same length hardly anything changes, along η everything does: the
loss rises in a straight line, as in a linear classifier, and the classes lie in bands across it
(Goodfellow et al. 2015, figure 4).  Backwards, at t < 0, the network is usually surer of its answer
than at the photo itself.

In high dimensions ν need not be made orthogonal to η: ⟨ν, η⟩ / ‖ν‖‖η‖ is 0 give or take 1/√n.  It
is done all the same, so that the plane's axes are exact, and because ν may also lead to a second
attack.

What is asked here may leave [0, 255]; it is not clipped, for a clipped line is none.

Read before: sphere.py.  Read next: growth.py.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.techniques.fool.balls import PIXELS
from minigrad.techniques.fool.record import surprise
from minigrad.techniques.fool.sphere import moves, on_sphere
from minigrad.techniques.look.masks import parts
from minigrad.techniques.make.loop import generators


class Line(NamedTuple):
    """What a network says along one direction from N photos.

    Attributes:
        t: (T,), how far along, in lengths of the direction.
        probabilities: (N, T, K), of each class.
        losses: (N, T), − log p of the answer to the photo.
    """

    t: np.ndarray
    probabilities: np.ndarray
    losses: np.ndarray


class Plane(NamedTuple):
    """What a network says in a plane through N photos.

    Attributes:
        t: (T,), the places along both axes, in lengths of the attack's move.
        probabilities: (N, T, T, K), [n, i, j] at x + t[j] η + t[i] ν.
        second: (N, 2), where the second point lies, (along η, along ν).
    """

    t: np.ndarray
    probabilities: np.ndarray
    second: np.ndarray


def on_line(
    net, pixels, adversarial, *, t: Sequence[float] | None = None, batch: int = 50, progress=iter
) -> Line:
    r"""Ask a network along x + t (x̃ − x): at the photo, at the attack, beyond and backwards.

    Args:
        net: a network.
        pixels: x, (N, 3, H, W), RGB, 0–255.
        adversarial: x̃, of the same shape; or any other point to go towards.
        t: the places, 0 the photo and 1 the attack; by default 61 from −1 to 2.
        batch: how many images are asked at once.
        progress: wraps the list of batches, as tqdm does.

    Raises:
        ValueError: the shapes differ, an attack went nowhere, or there are no places.
    """
    t, eta = _places(t, 61), moves(pixels, adversarial)
    steps = [(0.0, step) for step in t]
    scores = _at(net, pixels, eta, eta, steps, batch, progress)             # (N, T, K)
    label = to_numpy(net.scores(pixels)).argmax(axis=1)                     # (N,)
    losses = [surprise(of_one, np.full(len(t), y))
              for of_one, y in zip(scores, label, strict=True)]
    return Line(t, _softmax(scores), np.stack(losses))


def in_plane(
    net, pixels, adversarial, *, second=None, t: Sequence[float] | None = None, batch: int = 50,
    rng: np.random.Generator | None = None, progress=iter,
) -> Plane:
    r"""Ask a network in the plane x + s η + t ν of the attack's move η and another direction ν ⊥ η.

    Args and errors are those of `on_line`, and:
        second: (N, 3, H, W), the plane's third point: a second attack, or anything else; by
            default a random one, as far away as the attack.
        t: the places along both axes; by default 25 from −1 to 2.
        rng: what ν is drawn from; None is the same every time.
    """
    t, eta = _places(t, 25), moves(pixels, adversarial)
    second = aside(pixels, adversarial, rng) if second is None else second
    to = moves(pixels, second)
    nu = across(to, eta)
    steps = [(up, right) for up in t for right in t]
    scores = _at(net, pixels, eta, nu, steps, batch, progress)              # (N, T·T, K)
    p = _softmax(scores).reshape(len(pixels), len(t), len(t), -1)
    size = (eta**2).sum(axis=PIXELS)
    # ⟨to, η⟩ / ‖η‖²  and  ⟨to, ν⟩ / ‖ν‖²
    places = [to_numpy((to * axis).sum(axis=PIXELS) / size) for axis in (eta, nu)]
    return Plane(t, p, np.stack(places, axis=1))


def aside(pixels, adversarial, rng: np.random.Generator | None = None):
    """A random point of each photo that is as far away as its attack: (N, 3, H, W)."""
    eta, rngs = moves(pixels, adversarial), generators(rng, len(pixels))
    size = array_module(eta).sqrt((eta**2).sum(axis=PIXELS))
    return on_sphere(pixels, size, rngs)


def across(other, eta):
    r"""ν: what of a direction is orthogonal to η, as long as η; both (N, 3, H, W).

    Raises:
        ValueError: it is η's own direction, and there is no plane.
    """
    def dot(a, b):
        return (a * b).sum(axis=PIXELS, keepdims=True)

    # ν = o − ⟨o, η⟩/‖η‖² η
    nu = other - dot(other, eta) / dot(eta, eta) * eta
    if bool((dot(nu, nu) <= 1e-6 * dot(other, other)).any()):
        raise ValueError("the two attacks of a photo go in one direction: that is a line, no plane")
    return nu * (dot(eta, eta) / dot(nu, nu)) ** 0.5


def _places(t, usual: int) -> np.ndarray:
    t = np.linspace(-1, 2, usual) if t is None else np.array(list(t), float)
    if not t.size or not np.isfinite(t).all():
        raise ValueError("the places t are finite numbers, one at least: 0 is the photo, 1 the "
                         "attack")
    return t


def _at(net, pixels, eta, nu, steps, batch: int, progress):
    """The scores at x + s η + t ν for all (t, s) of the steps: (N, len(steps), K)."""
    xp = array_module(pixels)
    work = [(n, several) for n in range(len(pixels)) for several in parts(len(steps), batch)]
    heard = []
    for n, several in progress(work):
        up, right = xp.asarray(steps[several], pixels.dtype).T.reshape(2, -1, 1, 1, 1)
        heard.append(to_numpy(net.scores(pixels[n] + right * eta[n] + up * nu[n])))
    return np.concatenate(heard).reshape(len(pixels), len(steps), -1)


def _softmax(scores):
    p = np.exp(scores.astype(np.float64) - scores.max(axis=-1, keepdims=True))
    return p / p.sum(axis=-1, keepdims=True)
