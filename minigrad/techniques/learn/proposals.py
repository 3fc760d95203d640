r"""Proposals: the boxes in which something may be, whatever it is.

The proposal network's answers stand in maps, an anchor's kind in each channel.  Put in a row they
belong to the anchors of anchors.py.  At each unit each anchor has

    s                    the score of being an object; its probability is σ(s)
    t                    how it is to be moved and stretched (boxes.py)

and the proposals of a photo are the best of them, moved, cut at the border, and without those that
share much with a better one (Ren et al. 2015, section 3.3).  It learns from the anchors that are
drawn of each photo, B of them in all the batch,

    L = 1/B Σ BCE(s, whether an object) + 1/B Σ_objects smooth L1(t, t*)

(equation 1, whose second sum is divided by the number of units and multiplied by 10: about the
same).

Read before: anchors.py.  Read next: instances.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.techniques.learn.anchors import (
    BACKGROUND,
    OBJECT,
    RATIOS,
    SIZES,
    anchors_of,
    drawn,
    owners,
)
from minigrad.techniques.learn.boxes import clipped, decoded, encoded, smooth_l1, suppressed
from minigrad.tensor import data_of

BEFORE, AFTER, SAME = 200, 40, 0.7   # the best so many, and how many are left of them; IoU
COUNT, SHARE = 64, 0.5               # anchors of a photo to learn from; of an object at most
NARROWEST = 2                        # pixels: the shortest side of a proposal


class Answers(NamedTuple):
    """Of the M anchors of N photos: s (N, M), t (N, M, 4); and the anchors, (M, 4)."""

    objectness: object
    deltas: object
    anchors: np.ndarray


def features_of(net) -> tuple[str, int]:
    """The layer that regions are taken of, and how many pixels lie from unit to unit.

    Raises:
        ValueError: the network is no detector.
    """
    if "rois" not in net.layers:
        raise ValueError(f"{net.name} finds no objects: a detector is wanted, as mask_rcnn")
    (layer,) = net.inputs["rois"]
    return layer, net.receptive_field(layer).stride


def answers_of(acts, stride: float, sizes=SIZES, ratios=RATIOS) -> Answers:
    """Put the maps of a proposal network in rows.

    Args:
        acts: with "objectness" (N, A, H, W) and "anchor_deltas" (N, 4 A, H, W).
        stride: pixels from unit to unit.
        sizes: of the anchors, and their ratios: A = sizes × ratios.
        ratios: see above.

    Raises:
        ValueError: the network was made for more or fewer anchors.
    """
    s, t = acts["objectness"], acts["anchor_deltas"]
    N, A, H, W = s.shape
    if A != len(sizes) * len(ratios):
        raise ValueError(f"the network has {A} anchors at each unit, and {len(sizes)} sizes with "
                         f"{len(ratios)} ratios make {len(sizes) * len(ratios)}")
    s = ops.reshape(ops.transpose(s, (0, 2, 3, 1)), (N, H * W * A))
    t = ops.transpose(ops.reshape(t, (N, A, 4, H, W)), (0, 3, 4, 1, 2))
    return Answers(s, ops.reshape(t, (N, H * W * A, 4)), anchors_of(H, W, stride, sizes, ratios))


def proposals(answers: Answers, image: tuple[int, int], after: int = AFTER) -> list[np.ndarray]:
    """The boxes of each photo of H × W pixels, the best first: N times (K, 4), K ≤ `after`."""
    found = []
    for s, t in zip(*(to_numpy(data_of(part)) for part in answers[:2]), strict=True):
        best = np.argsort(-s, kind="stable")[:BEFORE]
        boxes = clipped(decoded(t[best], answers.anchors[best]), image)
        wide = (boxes[:, 2:] - boxes[:, :2] >= NARROWEST).all(axis=1)
        boxes, best = boxes[wide], best[wide]
        found.append(boxes[suppressed(boxes, s[best], SAME)[:after]])
    return found


def proposal_losses(answers: Answers, objects: list[np.ndarray], rng: np.random.Generator):
    """Both terms of the loss, as Tensors of one number.

    Args:
        answers: of N photos.
        objects: of each photo the boxes, (M, 4).
        rng: of the anchors that are drawn.
    """
    places, kinds, near, wanted = [], [], [], []
    for n, boxes in enumerate(objects):
        owner = owners(answers.anchors, boxes, OBJECT, BACKGROUND, nearest=True)
        some, others = drawn(owner, len(boxes), COUNT, SHARE, rng)
        places += [(n, k) for k in (*some, *others)]
        kinds += [1] * len(some) + [0] * len(others)
        near += [(n, k) for k in some]
        wanted.append(encoded(boxes[owner[some]], answers.anchors[some]))
    xp, dtype = array_module(data_of(answers.deltas)), data_of(answers.deltas).dtype
    s = answers.objectness[tuple(xp.asarray(places).T)]                 # (B,)
    t = answers.deltas[tuple(xp.asarray(near).T)]                       # (objects, 4)
    kinds, wanted = (xp.asarray(one, dtype) for one in (kinds, np.concatenate(wanted)))
    return ops.binary_cross_entropy(s, kinds), smooth_l1(t, wanted) / float(len(places))
