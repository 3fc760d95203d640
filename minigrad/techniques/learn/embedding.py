r"""An embedding is trained as a classifier is, on batches in which every class has several images.

    net      = models.build("lenet", classes=2)         two numbers come out: a place in the plane
    walk     = embedding(net, digits, labels, loss="triplet")
    *_, last = walk                                     last.params
    y        = places(net, digits, last.params)         (N, 2)

What it does not see it does not care for.  Trained on digits that all stand in the middle it puts
one that is moved by six pixels anywhere; trained on moved ones it puts it to its like (Hadsell et
al. 2006, section 3.2).  Only the data say so, the loss and the network are the same:

    x ← x moved by dx ∈ {−s, …, s}, the label stays

And what it has never had to tell apart it does not: of seven digits it learns the little that tells
seven digits.  A digit on its side or in a mirror is as good as a further class, for which nobody
has to write (`with_turned`; Vinyals et al. 2016 turn characters so).  With 42 classes in place of 7
the features serve for the three that were never shown.

Read before: metric.py, recipe.py.  Read next: rendered.py.
"""

from collections.abc import Callable, Iterator

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import nearest, number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.learn.evaluation import scores_of
from minigrad.techniques.learn.metric import LOSSES
from minigrad.techniques.learn.retrieval import recall_at
from minigrad.techniques.learn.training import Trained, train


def embedding(
    net, images, labels, *, loss: str | Callable = "contrastive", steps: int = 600,
    lr: float = 1e-3, classes: int = 10, each: int = 10, shift: int = 0, params=None,
    optimiser=None, begin: int = 0, random_seed: int = 0,
) -> Iterator[Trained]:  # fmt: skip
    """Train a network whose scores are places, and yield where training stands.

    Step i depends on `random_seed` and i alone, so a run can go on where it was stopped.

    Args:
        net: a network, with as many scores as the space shall have dimensions.
        images: pixels (M, 3, H, W), or grey ones (M, H, W), 0–255.
        labels: whole numbers (M,).
        loss: one of LOSSES, or a function of (x (N, K), labels (N,)).
        steps: of the whole run, the rate falling to zero over them.
        lr: the highest rate, of Adam.
        classes: in a batch; all, if there are fewer.
        each: images of a class in a batch.
        shift: s, by how many pixels an image is moved to either side at most.
        params: to begin with, by default the network's.
        optimiser: by default Adam.
        begin: the number of the first step.
        random_seed: of the batches and shifts.

    Raises:
        ValueError: no such loss, a batch that has no two images alike, or the loss is infinite.
    """
    if not callable(loss) and loss not in LOSSES:
        raise ValueError(f"there is no loss {loss!r}; {nearest(loss, LOSSES)}")
    steps, shift = whole("steps", steps, at_least=1), whole("shift", shift)
    labels = to_numpy(labels)
    batches = (
        batch(images, labels, classes, each, shift, np.random.default_rng((random_seed, i)))
        for i in range(begin, steps)
    )
    rate = cosine(number("lr", lr, above=0), steps, warmup=min(20, steps))
    return train(net, batches, params=params, optimiser=optimiser or Adam(), lr=rate, begin=begin,
                 loss=LOSSES.get(loss, loss), right=near_is_alike)


def batch(images, labels, classes: int, each: int, shift: int, rng: np.random.Generator):
    """Draw `each` images of each of some classes, moved: (pixels (N, 3, H, W), labels (N,))."""
    known = np.unique(labels)
    chosen = rng.choice(known, min(whole("classes", classes, 1), len(known)), replace=False)
    rows = np.concatenate([drawn(np.flatnonzero(labels == k), each, rng) for k in chosen])
    pixels = as_pixels(images[rows])
    if shift:
        pixels = moved(pixels, rng.integers(-shift, shift + 1, len(rows)))
    return pixels, labels[rows]


def drawn(rows, each: int, rng: np.random.Generator):
    """Some of these rows, none twice; all, if there are fewer."""
    return rng.choice(rows, min(whole("each", each, 1), len(rows)), replace=False)


def with_turned(images, labels, but=()):
    """Images turned and mirrored in all eight ways, each way of a class a class of its own.

    Args:
        images: (M, S, S), square.
        labels: whole numbers (M,), 0 or more.
        but: classes that stay as they are, as 0 and 1, which turned are what they were.

    Returns:
        (images, labels), the first ones as they came.
    """
    free, classes = ~np.isin(labels, but), int(labels.max()) + 1
    more = [(images, labels)]
    for n in range(1, 8):
        turned = np.rot90(images[free], n % 4, axes=(1, 2))
        turned = turned[:, :, ::-1] if n > 3 else turned
        more.append((np.ascontiguousarray(turned), labels[free] + n * classes))
    return tuple(np.concatenate(each) for each in zip(*more, strict=True))


def near_is_alike(x, labels) -> float:
    """The share of a batch whose nearest other image is of its class."""
    return recall_at(x, labels) if np.unique(labels, return_counts=True)[1].min() > 1 else 0.0


def places(net, images, params=None, batch_size: int = 500):
    """The embedding of many images, pixels (M, 3, H, W) or grey ones (M, H, W): (M, K)."""
    parts = (images[i : i + batch_size] for i in range(0, len(images), batch_size))
    return scores_of(net, ((as_pixels(part), np.zeros(len(part))) for part in parts), params)[0]


def as_pixels(images):
    """Grey images (N, H, W) as pixels of three equal channels (N, 3, H, W), float32."""
    images = images[:, None].repeat(3, axis=1) if images.ndim == 3 else images
    return images.astype(np.float32, copy=False)


def moved(pixels, dx):
    """Move each image by dx (N,) pixels to the right; what comes in is black.  (N, …, W) stays."""
    xp, W = array_module(pixels), pixels.shape[-1]
    dx = xp.broadcast_to(xp.asarray(dx), pixels.shape[:1])
    at = xp.arange(W) - dx[:, None]                                     # (N, W), where it was
    shape = (len(pixels), *[1] * (pixels.ndim - 2), W)
    found = xp.take_along_axis(pixels, at.clip(0, W - 1).reshape(shape), -1)
    return xp.where(((at >= 0) & (at < W)).reshape(shape), found, 0)
