r"""Instances: every object with its class, its box and its own pixels (Mask R-CNN, He et al. 2017).

A step on some photos, whose objects are known, asks the network three times:

    proposals       where may something be?                                     proposals.py
    box head        what is in each of R regions, and where exactly?
    mask head       which pixels of a region are the object's?

The regions are drawn from the proposals of now, and the objects' own boxes among them.  One that
shares half or more with an object (IoU ≥ ½) is the object's, the others are background, class 0.
All losses are summed (He et al. 2017, section 3: L = L_cls + L_box + L_mask, and the proposals'):

    L_cls  = 1/R Σ cross entropy(scores, class)
    L_box  = 1/R Σ_objects smooth L1(t of the true class, t*)
    L_mask = mean over objects and pixels of BCE(mask of the true class, seen or not)

The mask head gives a mask for each class, each pixel by a sigmoid of its own, and only the one of
the true class is told anything.  So masks of several classes do not compete for a pixel: what the
object is, the box head says.

How regions move with the weights is left out of the gradient, as in Ren et al. 2015, section 3.2
("approximate joint training").

    net      = models.build("mask_rcnn", classes=CLASSES)
    *_, last = instances(net, photos)
    found    = detect(net, pixels, params=last.params)          detection.py

Read before: proposals.py, training.py.  Read next: detection.py.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_device, to_numpy
from minigrad.checked import number, whole
from minigrad.optim import Adam, cosine
from minigrad.techniques.learn.anchors import drawn, owners
from minigrad.techniques.learn.boxes import checked, encoded, smooth_l1
from minigrad.techniques.learn.composed import Instances, compose
from minigrad.techniques.learn.proposals import answers_of, features_of, proposal_losses, proposals
from minigrad.techniques.learn.training import Trained, follow, outcome_of, train
from minigrad.tensor import Tensor, data_of, grad

REGIONS, SHARE, SAME = 32, 0.5, 0.5  # of a photo; of an object at most; the IoU that makes it one's
LEAST = 16                           # pixels: less that is seen of an object is no object


class Objects(NamedTuple):
    """The objects of a photo: boxes (M, 4), x₀ y₀ x₁ y₁; classes (M,), 1 … K; masks (M, H, W)."""

    boxes: np.ndarray
    classes: np.ndarray
    masks: np.ndarray


class Losses(NamedTuple):
    """The five terms, Tensors of one number."""

    objectness: Any
    anchor_deltas: Any
    scores: Any
    deltas: Any
    masks: Any


class Regions(NamedTuple):
    """What the heads learn from: (R, 5) as ops.roi_align takes them; (R,) classes, 0 background.

    Of those with an object, P of them: their places among the R, t* (P, 4), and masks (P, m, m).
    """

    boxes: np.ndarray
    classes: np.ndarray
    inside: np.ndarray
    wanted: np.ndarray
    masks: np.ndarray


def instances(
    net, backgrounds, *, steps: int = 800, batch: int = 8, size: int = 64,
    objects: tuple[int, int] = (2, 5), lr: float = 2e-3, params=None, optimiser=None,
    begin: int = 0, random_seed: int = 0,
) -> Iterator[Trained]:  # fmt: skip
    """Train a detector on composed scenes, no two alike, and yield where training stands.

    Step i depends on `random_seed` and i alone, so a run can go on where it was stopped.

    Args:
        net: a detector, of the classes of composed.py.
        backgrounds: photos (H, W, 3), RGB, 0–255, of any sizes.
        steps: of the whole run, the rate falling to zero over them.
        batch: scenes in a step.
        size: their edge, in pixels.
        objects: the fewest and the most on a scene.
        lr: the highest rate, Adam's.
        params: to begin with, by default the network's.
        optimiser: by default Adam.
        begin: the number of the first step.
        random_seed: of the scenes, and of what is drawn from them.

    Raises:
        ValueError: numbers that make no sense, no background, or the loss is infinite.
    """
    steps, rate = whole("steps", steps, at_least=1), number("lr", lr, above=0)
    scenes = (
        compose(backgrounds, batch, size=size, objects=objects,
                rng=np.random.default_rng((random_seed, i)))
        for i in range(begin, steps)
    )
    batches = ((to_device(made.pixels.astype(net.dtype), net.device),
                [objects_of(one) for one in made.instances]) for made in scenes)
    return train(
        net, batches, by=step, params=params, optimiser=optimiser or Adam(),
        lr=cosine(rate, steps, warmup=min(30, steps)), begin=begin,
        rng=lambda i: np.random.default_rng((random_seed, i, 1)),
    )  # fmt: skip


def objects_of(of: Instances, least: int = LEAST) -> Objects:
    """The objects of a composed scene of which `least` pixels or more are seen."""
    seen = of.masks.sum(axis=(1, 2)) >= least
    top, left, bottom, right = of.boxes[seen].T
    boxes = np.stack([left, top, right, bottom], axis=1).astype(float)
    return Objects(boxes, of.classes[seen], of.masks[seen])


def step(net, params, pixels, objects: list[Objects], optimiser, lr, rng):
    """Take one step of training.

    Args:
        net: a detector.
        params: all its parameters by name, running statistics among them; they are not changed.
        pixels: (N, 3, H, W), RGB, 0–255.
        objects: of each photo.
        optimiser: one of optim.py.
        lr: how far to go.
        rng: of what is drawn.

    Returns:
        (new params, Outcome: the loss, and the share of the regions whose class was right).

    Raises:
        ValueError: objects that do not fit the photos or the network, or none in all of them; or
            the loss is infinite or NaN.
    """
    weights = {name: Tensor(params[name]) for name in net.learned}
    losses, right, statistics = losses_of(net, pixels, objects, params | weights, rng)
    L = sum(losses[1:], losses[0])
    outcome = outcome_of(np.array([float(L), right]), lr)
    gradients = dict(zip(weights, grad(L, list(weights.values())), strict=True))
    stepped = optimiser.step({name: params[name] for name in weights}, gradients, lr)
    return params | stepped | follow(params, statistics), outcome


def losses_of(net, pixels, objects: list[Objects], params, rng):
    """The losses of photos (N, 3, H, W), for weights of which some are Tensors.

    Returns:
        (Losses, the share of the regions whose class was right, batch norm's statistics).
    """
    _check(net, pixels, objects)
    layer, stride = features_of(net)
    acts = net(pixels, until="anchor_deltas", params=params, training=rng)
    answers = answers_of(acts, stride)
    found = proposals(answers, pixels.shape[2:])
    regions = regions_of(found, objects, net.output_shapes()["masks"][1], rng)
    taken = {
        "rois": net.layers["rois"].of(acts[layer], regions.boxes),
        "mask_rois": net.layers["mask_rois"].of(acts[layer], regions.boxes[regions.inside]),
    }
    said = net.onward(taken, ["scores", "deltas", "masks"], params=params, training=rng)
    classes = regions.classes[regions.inside]
    losses = Losses(
        *proposal_losses(answers, [one.boxes for one in objects], rng),
        ops.cross_entropy(said["scores"], regions.classes),
        box_loss(said["deltas"], regions),
        mask_loss(said["masks"], classes, regions.masks),
    )
    guess = to_numpy(data_of(said["scores"])).argmax(axis=1)
    return losses, (guess == regions.classes).mean(), net.batch_statistics(acts)


def box_loss(deltas, regions: Regions):
    """L_box: deltas (R, 4 K), of which those of the true class count."""
    R = len(regions.boxes)
    true = regions.inside, regions.classes[regions.inside] - 1
    t = ops.reshape(deltas, (R, -1, 4))[_there(deltas, *true)]          # (P, 4)
    return smooth_l1(t, _like(deltas, regions.wanted)) / float(R)


def mask_loss(masks, classes, wanted):
    """L_mask: scores (P, K, m, m), of which the mask of the true class counts; bools (P, m, m)."""
    true = masks[_there(masks, np.arange(len(classes)), classes - 1)]   # (P, m, m)
    return ops.binary_cross_entropy(true, _like(masks, wanted))


def regions_of(found: list[np.ndarray], objects: list[Objects], m: int, rng) -> Regions:
    """Draw regions of each photo from what was found, boxes (K, 4), and from the objects' own."""
    parts = []
    for n, (boxes, of) in enumerate(zip(found, objects, strict=True)):
        boxes = np.concatenate([boxes, of.boxes])
        owner = owners(boxes, of.boxes, SAME, SAME, nearest=False)
        some, others = drawn(owner, len(of.boxes), REGIONS, SHARE, rng)
        both, whose = np.concatenate([some, others]), owner[some]
        classes = np.zeros(len(both), int)
        classes[: len(some)] = of.classes[whose]
        parts.append((
            np.insert(boxes[both], 0, n, axis=1),                       # (…, 5)
            classes,
            encoded(of.boxes[whose], boxes[some]),
            cut_out(of.masks[whose], boxes[some], m),
        ))
    boxes, classes, wanted, masks = map(np.concatenate, zip(*parts, strict=True))
    return Regions(boxes, classes, np.flatnonzero(classes), wanted, masks)


def cut_out(masks, boxes, m: int) -> np.ndarray:
    """What of each mask (P, H, W) lies in its box (P, 4), brought to m × m: bools (P, m, m)."""
    rows = np.insert(boxes, 0, np.arange(len(boxes)), axis=1)
    return ops.roi_align(masks[:, None].astype(rows.dtype), rows, m)[:, 0] >= 0.5


def _check(net, pixels, objects: list[Objects]) -> None:
    """Raise ValueError where the objects do not fit the photos (N, 3, H, W), or the network."""
    image, K = tuple(pixels.shape[2:]), net.class_count - 1
    if len(objects) != len(pixels):
        raise ValueError(f"{len(pixels)} photos want as many lists of objects, not {len(objects)}")
    if not any(len(of.boxes) for of in objects):
        raise ValueError("there is no object in any of these photos, so that no mask can be "
                         "learned: put one at least into a batch")
    for n, of in enumerate(objects):
        M = len(checked(of.boxes, image, what=f"photo {n}: box"))
        if of.masks.shape != (M, *image) or of.classes.shape != (M,):
            raise ValueError(f"photo {n} has {M} boxes, and want masks {(M, *image)} and as many "
                             f"classes, not {of.masks.shape} and {of.classes.shape}")
        if M and not 1 <= of.classes.min() <= of.classes.max() <= K:
            known = sorted(set(of.classes.tolist()))
            raise ValueError(f"photo {n} has objects of the classes {known}: {net.name} knows "
                             f"1 … {K}")


def _there(x, *index):
    """Whole numbers of an index where x is."""
    return tuple(array_module(data_of(x)).asarray(one) for one in index)


def _like(x, array):
    """An array where x is, and of its dtype."""
    x = data_of(x)
    return array_module(x).asarray(array, x.dtype)
