r"""Convolution: every output looks through the same filter at its own window of the image.

    y[n,o,i,j] = bias[o] + Σ_{c,a,b} weight[o,c,a,b] · x[n, c, i·stride + a·dilation − padding,
                                                              j·stride + b·dilation − padding]

`windows` lays out what each output sees, as a view that copies nothing; one product with the filter
is the convolution.  `overlap_add` is the exact adjoint of `windows`: it adds every window back to
where it was cut, and is therefore all that the gradient at the image needs.  The same two pieces in
the other order make the transposed convolution, whose forward is the convolution's gradient.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", has the pictures.

What stands in `conv2d` defines it, and there are faster ways to the same numbers, each in a file of
its own: columns.py writes the windows of a few rows down at a time, winograd.py multiplies less.
ways.py says which one is taken, and how to force another; the tape shows the gradients of the one
that was.

Read before: ops/linear.py.  Read next: ops/pool.py; for the faster ways ways.py, threads.py,
blocks.py, columns.py and winograd.py.
"""

from minigrad.backend import Array, array_module
from minigrad.ops import columns, winograd
from minigrad.ops.ways import choose
from minigrad.tensor import op


@op
def conv2d(
    x: Array, weight: Array, bias: Array | None = None, stride=1, padding=0, dilation=1, groups=1,
    rectified=False,
):
    r"""y[n,o,i,j] = bias[o] + Σ_{c,a,b} weight[o,c,a,b] · x[n, c, i·s + a·d − p, j·s + b·d − p]

    Args:
        x: (N, C, H, W).
        weight: (O, C / groups, A, B).
        bias: (O,) or None.
        stride: s, a number or (rows, columns), as are padding p and dilation d.
        padding: zeros on each side.
        dilation: distance between the taps of the filter.
        groups: o sees the channels of its own group alone.
        rectified: write max(0, y) in place of y, for a relu behind it (ops.rectified); the
            gradient is y's all the same.

    Returns:
        y (N, O, H', W') with H' = ⌊(H + 2p − d(A − 1) − 1) / s⌋ + 1.

    Raises:
        ValueError: shapes that do not fit together, or a window larger than the padded image.
    """
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    _check("conv2d", x, weight, bias, groups, weight.shape[1] * groups, weight.shape[0])
    geometry = stride, padding, dilation
    way = choose(x.shape, weight.shape, *geometry, groups)
    if way in ("winograd", "winograd2"):
        F = winograd.F4 if way == "winograd" else winograd.F2
        return winograd.convolve(x, weight, bias, padding, F, rectified)
    if way == "pointwise":
        return columns.pointwise(x, weight, bias, rectified)
    if way == "columns":
        return columns.convolve(x, weight, bias, *geometry, rectified)

    seen = by_group(windows(x, weight.shape[2:], *geometry), groups, axis=1)
    filters = by_group(weight, groups, axis=0)          # (G, O/G, C/G, A, B)
    y = correlate(seen, filters)                        # (N, O, H', W')
    if bias is not None:
        y += bias[:, None, None]
    if rectified:
        y = array_module(x).maximum(y, 0)

    def back_x(g):  # every output hands its g, through the filter, to the window it saw
        return overlap_add(spread(by_group(g, groups, axis=1), filters), x.shape, *geometry)

    def back_weight(g):  # every tap collects g times the pixel that lay under it
        seen = by_group(windows(x, weight.shape[2:], *geometry), groups, axis=1)
        return collect(by_group(g, groups, axis=1), seen)

    def back_bias(g):
        return g.sum(axis=(0, 2, 3))

    return y, back_x, back_weight, None if bias is None else back_bias


@op
def conv_transpose2d(
    x: Array, weight: Array, bias: Array | None = None, stride=1, padding=0, output_padding=0,
    groups=1, dilation=1,
):
    r"""The gradient of conv2d at its image, as a forward: each pixel paints the filter.

    y[n, o, i·s + a·d − p, j·s + b·d − p] += Σ_c weight[c,o,a,b] · x[n,c,i,j], then + bias[o]

    Args:
        x: (N, C, H, W).
        weight: (C, O / groups, A, B).
        bias: (O,) or None.
        stride: s, a number or (rows, columns), as are padding, output_padding and dilation.
        padding: p, cut away on each side.
        output_padding: rows and columns added at the end, to choose among the sizes that a
            stride > 1 allows.
        groups: c paints the channels of its own group alone.
        dilation: d, distance between the taps of the filter.

    Returns:
        y (N, O, H', W') with H' = (H − 1) s − 2p + d(A − 1) + output_padding + 1.

    Raises:
        ValueError: shapes that do not fit together.
    """
    stride, padding, dilation, extra = map(pair, (stride, padding, dilation, output_padding))
    outputs = weight.shape[1] * groups
    _check("conv_transpose2d", x, weight, bias, groups, weight.shape[0], outputs)
    size = [
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            x.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True
        )
    ]
    if min(size) < 1:
        raise ValueError(f"conv_transpose2d: nothing is left of {x.shape} after padding {padding}")
    shape = (x.shape[0], outputs, *size)
    geometry = stride, padding, dilation
    filters = by_group(weight, groups, axis=0)          # (G, C/G, O/G, A, B)
    y = overlap_add(spread(by_group(x, groups, axis=1), filters), shape, *geometry)
    if bias is not None:
        y = y + bias[:, None, None]

    def seen(g):  # what each pixel painted, which is what conv2d would see there
        painted = windows(g, weight.shape[2:], *geometry)[:, :, : x.shape[2], : x.shape[3]]
        return by_group(painted, groups, axis=1)

    def back_x(g):
        return correlate(seen(g), filters)

    def back_weight(g):
        return collect(by_group(x, groups, axis=1), seen(g))

    def back_bias(g):
        return g.sum(axis=(0, 2, 3))

    return y, back_x, back_weight, None if bias is None else back_bias


# ── Windows and their adjoint ────────────────────────────────────────────────────────────────────


def windows(x, kernel_size, stride=1, padding=0, dilation=1, value=0):
    r"""Lay out what each output sees: w[n,c,i,j,a,b] = x[n, c, i·s + a·d − p, j·s + b·d − p].

    x (N, C, H, W) → (N, C, H', W', A, B), a view of the padded image; beyond its border is `value`.

    Raises:
        ValueError: the window is larger than the padded image.
    """
    xp = array_module(x)
    (A, B), (s, t), (p, q), (d, e) = map(pair, (kernel_size, stride, padding, dilation))
    if p or q:
        x = xp.pad(x, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=value)
    reach = (A - 1) * d + 1, (B - 1) * e + 1
    if reach[0] > x.shape[2] or reach[1] > x.shape[3]:
        raise ValueError(
            f"a window of {reach[0]}×{reach[1]} does not fit into an image of "
            f"{x.shape[2]}×{x.shape[3]} (padding included): give a larger image"
        )
    every = xp.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))
    return every[:, :, ::s, ::t, ::d, ::e]


def overlap_add(seen, shape, stride=1, padding=0, dilation=1):
    r"""Add each window back to where it was cut: x[n, c, i·s + a·d − p, …] += w[n,c,i,j,a,b].

    seen (N, C, H', W', A, B) → x of `shape` (N, C, H, W).  The adjoint of `windows`:
    ⟨windows(x), w⟩ = ⟨x, overlap_add(w)⟩ for all x and w.
    """
    xp = array_module(seen)
    (s, t), (p, q), (d, e) = map(pair, (stride, padding, dilation))
    N, C, H, W = shape
    rows, columns, A, B = seen.shape[2:]
    x = xp.zeros((N, C, H + 2 * p, W + 2 * q), seen.dtype)
    for a in range(A):  # a tap at a time: within one tap no two windows meet
        for b in range(B):
            i = slice(a * d, a * d + (rows - 1) * s + 1, s)
            j = slice(b * e, b * e + (columns - 1) * t + 1, t)
            x[:, :, i, j] += seen[..., a, b]
    return x[:, :, p : p + H, q : q + W]


# ── The three products: windows with filters, outputs with filters, outputs with windows ─────────


def correlate(seen, filters):
    """Σ over c, a, b: (N, G, C, H', W', A, B) · (G, O, C, A, B) → (N, G·O, H', W')."""
    N, G, C, rows, columns, A, B = seen.shape
    xp = array_module(seen)
    seen = xp.moveaxis(seen, 1, 0).transpose(0, 1, 3, 4, 2, 5, 6)       # (G, N, H', W', C, A, B)
    flat = seen.reshape(G, N * rows * columns, C * A * B)
    y = flat @ filters.reshape(G, -1, C * A * B).swapaxes(1, 2)         # (G, N·H'·W', O)
    y = y.reshape(G, N, rows, columns, -1).transpose(1, 0, 4, 2, 3)     # (N, G, O, H', W')
    return y.reshape(N, -1, rows, columns)


def spread(g, filters):
    """Σ over o: (N, G, O, H', W') · (G, O, C, A, B) → windows (N, G·C, H', W', A, B)."""
    N, G, outputs, rows, columns = g.shape
    C, A, B = filters.shape[2:]
    flat = g.transpose(1, 0, 3, 4, 2).reshape(G, N * rows * columns, outputs)
    seen = flat @ filters.reshape(G, outputs, C * A * B)                # (G, N·H'·W', C·A·B)
    seen = seen.reshape(G, N, rows, columns, C, A, B).transpose(1, 0, 4, 2, 3, 5, 6)
    return seen.reshape(N, G * C, rows, columns, A, B)


def collect(g, seen):
    """Σ over n, i, j: (N, G, O, H', W') · (N, G, C, H', W', A, B) → filters (G·O, C, A, B)."""
    N, G, outputs, rows, columns = g.shape
    C, A, B = seen.shape[2], *seen.shape[5:]
    flat = g.transpose(1, 2, 0, 3, 4).reshape(G, outputs, -1)           # (G, O, N·H'·W')
    seen = seen.transpose(1, 0, 3, 4, 2, 5, 6).reshape(G, -1, C * A * B)
    return (flat @ seen).reshape(G * outputs, C, A, B)


def by_group(array, groups, axis):
    """Split an axis of G·n into (G, n)."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


def pair(value) -> tuple[int, int]:
    """One number for rows and columns alike, or one of each."""
    return (value, value) if isinstance(value, int) else tuple(value)


def _check(name, x, weight, bias, groups, channels, outputs):
    """Raise one sentence where x, weight, bias and groups do not make a convolution."""
    if x.ndim != 4 or weight.ndim != 4:
        wrong = "x (N, C, H, W) and weight must both have four axes"
    elif x.shape[1] != channels:
        wrong = f"this weight is for {channels} channels (groups {groups}), x has {x.shape[1]}"
    elif channels % groups or outputs % groups:
        wrong = f"{groups} groups do not divide {channels} channels in and {outputs} out"
    elif bias is not None and bias.shape != (outputs,):
        wrong = f"bias has shape {bias.shape}, but there are {outputs} channels out"
    else:
        return
    raise ValueError(f"{name} of x {x.shape} with weight {weight.shape}: {wrong}")
