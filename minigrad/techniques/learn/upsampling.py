r"""Five ways up again: from a small map to one with twice the rows and columns.

A network for labels of pixels goes down, to see much, and up again, to say it at every pixel:

    nearest                  each number fills its square
    bed of nails             each number in a corner of its square, zeros beside it
    max unpooling            each number where the maximum was, zeros beside it     Noh et al. 2015
    bilinear                 straight lines from the middle of a square to the next
    transposed convolution   each number paints a filter, and where they overlap they add up

All are linear in the numbers that go up, y = U x, so that one may ask for each number what it alone
paints, and add (`contributions`).  The first four have nothing to learn.  The last is convolution's
gradient at its image, U = Cᵀ where conv2d is C; its name "deconvolution" is wrong: it undoes
nothing (`gradient_of_convolution` has the same numbers the long way).

Read before: minigrad/ops/resample.py, minigrad/ops/unpool.py, and conv_transpose2d in
minigrad/ops/conv.py.  Read next: checkerboard.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.tensor import Tensor, grad

FILTER = np.ones((3, 3))    # flat: what nobody has trained


class WayUp(NamedTuple):
    """How a map is made twice as large.

    Attributes:
        code: the line.
        up: (x, earlier) → y; x (N, C, H, W), earlier (N or 1, C, about 2 H, 2 W), of which x holds
            the maxima, for the way that asks where they were; y (N, C, 2 H, 2 W).
        says: what it does, in a sentence.
    """

    code: str
    up: Callable[[Any, Any], Any]
    says: str


def unpooled(x, earlier):
    """Put each number where the maximum of its square was in `earlier`, of its shape."""
    xp = array_module(x)
    switches = xp.broadcast_to(ops.max_pool_switches(earlier, 2), x.shape)
    return ops.max_unpool2d(x, switches, earlier.shape[2:], 2)


def painted(x, filter=FILTER):
    """Each number paints the filter (k, k), two pixels from the last: (N, C, H, W) → 2 H, 2 W.

    Every channel has the same filter and keeps to itself.
    """
    xp, (C, (k, _)) = array_module(x), (x.shape[1], filter.shape)
    weight = xp.broadcast_to(xp.asarray(filter, x.dtype), (C, 1, k, k))
    pad = (k - 1) // 2
    return ops.conv_transpose2d(
        x, weight, stride=2, padding=pad, output_padding=2 + 2 * pad - k, groups=C
    )


WAYS = {
    "nearest": WayUp("upsample_nearest(x, 2)", lambda x, _: ops.upsample_nearest(x, 2),
                     "Each number fills its square."),
    "bed of nails": WayUp("bed_of_nails(x, 2)", lambda x, _: ops.bed_of_nails(x, 2),
                          "Each number in the corner of its square, zeros beside it."),
    "max unpooling": WayUp("max_unpool2d(x, max_pool_switches(z, 2), (4, 4), 2)", unpooled,
                           "Each number where pooling has found the maximum of its square of z."),
    "transposed convolution": WayUp(
        "conv_transpose2d(x, w, stride=2, padding=1, output_padding=1)", lambda x, _: painted(x),
        "Each number paints the filter w; where they overlap, they add up."),
    "bilinear": WayUp("upsample_bilinear(x, (4, 4))", lambda x, _: ops.upsample_bilinear(
        x, tuple(2 * n for n in x.shape[2:])), "Straight lines from number to number."),
}  # fmt: skip


def contributions(up: Callable, x):
    """What each number paints alone: y = Σ_k contributions[k], for any linear way up.

    up (N, 1, H, W) → (N, 1, H', W'), x (H, W) → (H · W, H', W').
    """
    xp, (H, W) = array_module(x), x.shape
    alone = xp.eye(H * W, dtype=x.dtype) * x.reshape(-1)        # (H · W, H · W)
    return up(alone.reshape(-1, 1, H, W))[:, 0]


def gradient_of_convolution(x, weight, size, stride: int = 1, padding: int = 0):
    """∂⟨x, conv2d(z, weight)⟩/∂z: transposed convolution by its definition.

    Args:
        x: (N, O, H, W), what the convolution's outputs hand back.
        weight: (O, C, A, B), of the convolution.
        size: (H', W') of its image z, whose own numbers do not matter.
        stride: of the convolution.
        padding: of the convolution.

    Returns:
        (N, C, H', W').
    """
    z = Tensor(array_module(x).zeros((x.shape[0], weight.shape[1], *size), x.dtype))
    return grad(ops.conv2d(z, weight, stride=stride, padding=padding), [z], seed=x)[0]
