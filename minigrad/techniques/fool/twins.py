r"""Twins: a photo that looks like itself, and is another one to a network's layer.

    for progress in twin(net, photo, "relu4_2", like=other):
        …                                                   # progress.pixels is the twin

    x* = argmin_x  ‖Φ(x) − Φ(x_B)‖² / ‖Φ(x_B)‖² + λ mean((x − x_A)² / 255²)

A layer forgets: many images have one and the same code.  Inverting a code looks for any of them
(make/invert.py), and a twin is the one near x_A, another photo.  It is an attack on a description,
not on a class: whatever is built upon Φ, a classifier, a search for similar photos, takes x* for
x_B.  Tatu, Lauze, Nielsen and Kimia 2011, "Exploring the representation capabilities of the HOG
descriptor", found such twins of HOG (hog.py); Sabour, Cao, Faghri and Fleet 2016, "Adversarial
manipulation of deep representations", of layers that have learned.

Read before: make/invert.py.  Read next: hog.py.
"""

from collections.abc import Callable, Iterator

from minigrad.checked import number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.make.invert import code_of
from minigrad.techniques.make.loop import Progress, optimize
from minigrad.techniques.make.steps import ascend
from minigrad.techniques.make.style_terms import images
from minigrad.techniques.objectives import code


def twin(
    net, pixels, layer: str | None = None, *, like=None, near: float = 3.0, steps: int = 300,
    rate: float = 6.0, shape: Callable = lambda g: g, rules=None, rng=None,
    resume: Progress | None = None,
) -> Iterator[Progress]:  # fmt: skip
    """Change photos until a layer takes them for others, and no more than that takes.

    Args:
        net: a network.
        pixels: x_A, the photos to look like, (N, 3, H, W), RGB, 0–255.
        layer: of the code, by default `net.default_layer`.
        like: x_B, the photos whose code to have, of the same size, (N, …) or (1, …) for all; by
            default the photos themselves, turned left to right.
        near: λ; 0 lets go of x_A.
        steps: of Adam.
        rate: Adam's, in grey levels per step, falling to zero along a cosine.
        shape: what the gradient goes through before a step (make/steps.py).
        rules: {op or Tensor: rule}, as `grad` takes them.
        rng: as every technique takes it; nothing is drawn here.
        resume: a Progress of an earlier run of the same settings, to go on behind it.

    Yields:
        Progress after each step; its value is −‖Φ(x) − Φ_B‖² / ‖Φ_B‖², summed over the photos.

    Raises:
        ValueError: a setting makes no sense, there is no such layer, the photos are of unlike
            sizes, or the code is zero everywhere.
    """
    layer, near = layer or net.default_layer, number("near", near, at_least=0)
    photo, steps = images("the photo", pixels), whole("steps", steps, at_least=1)
    other = photo[..., ::-1] if like is None else images("the photo to be taken for", like)
    if other.shape not in (photo.shape, (1, *photo.shape[1:])):
        raise ValueError(f"a twin of photos {photo.shape} cannot have the code of {other.shape}: "
                         "bring them to one size")
    u_A = photo - mean_colour(net, photo)

    def R(u):  # λ mean((x − x_A)² / 255²), of each photo
        return ((u - u_A) ** 2).sum() * (near / (255**2 * photo[0].size))

    # with β₂ = 0.9 HOG comes to two thirds of the distance that 0.999 leaves after as many steps:
    # where votes change sides the slope jumps, and what it was long ago is worth little
    return optimize(
        net, photo, -code(layer, code_of(net, other, layer)), penalties=[R] if near else [],
        step=ascend(Adam(0.9, 0.9), cosine(number("rate", rate, above=0), steps), shape),
        steps=steps, rules=rules, rng=rng, resume=resume,
    )  # fmt: skip
