r"""Anchors: boxes of a few sizes and shapes at every place, one of which is near any object.

A proposal network (Ren et al. 2015, section 3.1) looks at each unit of the features and says of
each anchor around it whether an object is there, and how the anchor is to be moved (boxes.py).
With areas s² and ratios r = height / width an anchor has

    height = s √r          width = s / √r

Which answer is right is told by the objects that are there.  An anchor is

    an object           if its IoU with one is 0.7 or more, or if none is nearer to some object
    background          if its IoU with each is below 0.3
    nobody's            else: no answer is wrong

Nearly all are background.  So only some of each kind take part in a step, drawn at random.

Read before: boxes.py.  Read next: proposals.py.
"""

import numpy as np

from minigrad.techniques.learn.boxes import box_iou, checked

SIZES, RATIOS = (14, 24, 40), (0.5, 1, 2)  # pixels, of objects on small scenes; height / width
OBJECT, BACKGROUND = 0.7, 0.3              # IoU from which on, and below which
NOBODY = -1


def anchors_of(rows: int, columns: int, stride: float, sizes=SIZES, ratios=RATIOS) -> np.ndarray:
    """All anchors of a map of rows × columns units, `stride` pixels apart.

    Returns:
        (rows · columns · A, 4), first those of the first unit, A = sizes × ratios; they reach
        beyond the image.
    """
    s, root = np.array(sizes, float)[:, None], np.sqrt(ratios)          # (sizes, 1), (ratios,)
    half = np.stack([(s / root).ravel(), (s * root).ravel()], axis=1) / 2       # (A, 2), x and y
    y, x = (np.mgrid[:rows, :columns] + 0.5) * stride                   # the middle of a unit
    middle = np.stack([x, y], axis=2)[:, :, None]                       # (rows, columns, 1, 2)
    return np.concatenate([middle - half, middle + half], axis=3).reshape(-1, 4)


def owners(boxes, objects, at_least: float, below: float, nearest: bool) -> np.ndarray:
    """Whose each box is: the number of an object, or that of none.

    Args:
        boxes: (K, 4), anchors or proposals.
        objects: (M, 4).
        at_least: the IoU from which on a box is the object's, with which it is highest.
        below: the IoU below which a box is background.
        nearest: whether an object owns the boxes with which its IoU is highest, however low.

    Returns:
        (K,), 0 … M − 1; M for background, NOBODY for what is neither.
    """
    boxes, M = checked(boxes), len(objects)
    if not (M and len(boxes)):
        return np.full(len(boxes), M)
    iou = box_iou(boxes, objects)                                       # (K, M)
    best, whose = iou.max(axis=1), iou.argmax(axis=1)
    found = np.where(best >= at_least, whose, np.where(best < below, M, NOBODY))
    if nearest:
        top = iou.max(axis=0)                                           # (M,)
        for m in np.flatnonzero(top > 0):
            found[iou[:, m] == top[m]] = m
    return found


def drawn(owner, M: int, count: int, share: float, rng: np.random.Generator):
    """Draw some boxes to learn from: numbers of those with an object, and of background.

    Args:
        owner: (K,) of `owners`.
        M: how many objects there are.
        count: of boxes in all, as far as there are some.
        share: of them with an object, at most.
        rng: of the draw.
    """
    objects, background = np.flatnonzero((owner >= 0) & (owner < M)), np.flatnonzero(owner == M)
    objects = rng.permutation(objects)[: int(share * count)]
    return objects, rng.permutation(background)[: count - len(objects)]
