"""Which way a convolution is computed: decided here, from shapes alone, and nowhere else.

    "definition"   windows and one product, as conv.py says it; any number of groups
    "columns"      the same product, a few rows of outputs at a time (columns.py)
    "pointwise"    filters of 1×1: the image itself is the matrix (columns.py)
    "winograd"     filters of 3×3 at stride 1: a quarter of the multiplications (winograd.py)
    "winograd2"    the same in tiles of 2×2: four ninths of them, and fewer filters to read

The results agree to the last digits.  To see how they differ in time, or to test one:

    with force("definition"):
        y = conv2d(x, weight)

A gradient goes the way of its forward, also when it is asked for after the block.

Read before: ops/conv.py, the definition.  Read next: columns.py.
"""

import contextlib
import contextvars

FEW = 32  # tiles of 4×4

_forced = contextvars.ContextVar("the way that conv2d is forced to take", default=None)


def choose(x_shape, weight_shape, stride, padding, dilation, groups) -> str:
    """Say which of the ways above conv2d takes.

    Args:
        x_shape: (N, C, H, W).
        weight_shape: (O, C / groups, A, B).
        stride: (rows, columns), as are padding and dilation.
        padding: see stride.
        dilation: see stride.
        groups: only the definition knows more than one.

    Raises:
        ValueError: the way that was forced cannot do this convolution.
    """
    (N, _, H, W), (out, C, A, B) = x_shape, weight_shape
    fits = all(
        d * (k - 1) < n + 2 * p
        for n, k, p, d in zip(x_shape[2:], (A, B), padding, dilation, strict=True)
    )
    step_by_step = stride == (1, 1) and dilation == (1, 1)
    possible = ["definition"]
    if groups == 1 and fits and 0 not in x_shape:
        possible.append("columns")
        if (A, B) == (1, 1) and step_by_step and padding == (0, 0):
            possible.append("pointwise")
        if (A, B) == (3, 3) and step_by_step and max(padding) <= 2:
            possible += ["winograd2", "winograd"]
    forced = _forced.get()
    if forced is not None and forced not in possible:
        raise ValueError(
            f"conv2d of x {x_shape} with weight {weight_shape} cannot go by {forced!r}, "
            f"only by {', '.join(possible)}"
        )
    if forced is None and possible[-1] == "winograd":
        if C * out <= 1024 or min(C, out) < 8:
            return "columns"  # the transforms would be more work than the product
        if N * -(-H // 4) * -(-W // 4) <= FEW:
            return "winograd2"  # reading the filters would take longer than multiplying
    return forced or possible[-1]


@contextlib.contextmanager
def force(way: str):
    """Make conv2d go one way while the block runs, in this thread: for tests and lessons.

    Raises:
        ValueError: there is no such way, or (by conv2d) it cannot do what it is asked.
    """
    ways = "definition", "columns", "pointwise", "winograd", "winograd2"
    if way not in ways:
        raise ValueError(f"conv2d does not know the way {way!r}, only {', '.join(ways)}")
    token = _forced.set(way)
    try:
        yield
    finally:
        _forced.reset(token)
