r"""Convolution: every output looks through the same filter at its own window of the image.

    y[n,o,i,j] = bias[o] + Σ_{c,a,b} weight[o,c,a,b] · x[n, c, i·stride + a·dilation − padding,
                                                              j·stride + b·dilation − padding]

`windows` lays out what each output sees, as a view that copies nothing; one product with the filter
is the convolution.  `overlap_add` is the exact adjoint of `windows`: it adds every window back to
where it was cut, and is therefore all that the gradient at the image needs.  The same two pieces in
the other order make the transposed convolution, whose forward is the convolution's gradient.

Dumoulin and Visin 2016, "A guide to convolution arithmetic for deep learning", has the pictures.

What stands in `definition` is convolution, and there are faster ways to the same numbers, each in a
file of its own: columns.py writes the windows of a few rows down at a time, winograd.py multiplies
less.  ways.py says which one is taken, and how to force another; the tape shows the gradients of
the one that was.

Read before: ops/linear.py.  Read next: ops/pool.py; the faster ways, afterwards, in ops/fast/.
"""

from minigrad.backend import Array, array_module, is_array
from minigrad.checked import whole
from minigrad.ops.fast import columns, threads, winograd
from minigrad.ops.fast.blocks import view
from minigrad.ops.fast.channels import back_bias, per_channel
from minigrad.ops.fast.kept import for_this_g
from minigrad.ops.fast.ways import choose
from minigrad.ops.sizes import check_axes, check_shapes, margins, pair
from minigrad.tensor import op


@op
def conv2d(
    x: Array, weight: Array, bias: Array | None = None, stride=1, padding=0, dilation=1, groups=1
):
    r"""y[n,o,i,j] = bias[o] + Σ_{c,a,b} weight[o,c,a,b] · x[n, c, i·s + a·d − p, j·s + b·d − p]

    Args:
        x: (N, C, H, W); N may be 0.
        weight: (O, C / groups, A, B).
        bias: (O,) or None.
        stride: s, a number or (rows, columns), as are padding p and dilation d.
        padding: zeros on each side; or "valid", none; or "same", as many as keep H × W at stride 1,
            at the end one more than at the start where their number is odd.
        dilation: distance between the taps of the filter.
        groups: o sees the channels of its own group alone.

    Returns:
        y (N, O, H', W') with H' = ⌊(H + 2p − d(A − 1) − 1) / s⌋ + 1.

    Raises:
        TypeError: what is no array, unlike dtypes, or sizes that are no whole numbers.
        ValueError: shapes that do not fit together, sizes below their least, or a window larger
            than the padded image.
    """
    return by_its_way(x, weight, bias, stride, padding, dilation, groups)


def definition(x, weight, bias, stride, padding, dilation, groups):
    """Return conv2d's value and gradients as the equation says; arguments as for it, in pairs."""
    geometry = stride, padding, dilation
    seen = by_group(windows(x, weight.shape[2:], *geometry), groups, axis=1)
    filters = by_group(weight, groups, axis=0)          # (G, O/G, C/G, A, B)
    y = correlate(seen, filters)                        # (N, O, H', W')
    if bias is not None:
        y += bias[:, None, None]

    def back_x(g):  # every output hands its g, through the filter, to the window it saw
        return overlap_add(paint(by_group(g, groups, axis=1), filters), x.shape, *geometry)

    def back_weight(g):  # every tap collects g times the pixel that lay under it
        seen = by_group(windows(x, weight.shape[2:], *geometry), groups, axis=1)
        return collect(by_group(g, groups, axis=1), seen)

    return y, back_x, back_weight, None if bias is None else back_bias


@op
def conv_transpose2d(
    x: Array, weight: Array, bias: Array | None = None, stride=1, padding=0, output_padding=0,
    groups=1, dilation=1,
):
    r"""The gradient of conv2d at its image, as a forward: each pixel paints the filter.

    y[n, o, i·s + a·d − p, j·s + b·d − p] += Σ_c weight[c,o,a,b] · x[n,c,i,j], then + bias[o]

    Args:
        x: (N, C, H, W); N may be 0.
        weight: (C, O / groups, A, B).
        bias: (O,) or None.
        stride: s, a number or (rows, columns), as are padding, output_padding and dilation.
        padding: p, cut away on each side.
        output_padding: rows and columns added at the end, to choose among the sizes that a
            stride > 1 allows; smaller than stride or dilation.
        groups: c paints the channels of its own group alone.
        dilation: d, distance between the taps of the filter.

    Returns:
        y (N, O, H', W') with H' = (H − 1) s − 2p + d(A − 1) + output_padding + 1.

    Raises:
        TypeError: what is no array, unlike dtypes, or sizes that are no whole numbers.
        ValueError: shapes that do not fit together, or sizes below their least.
    """
    check_axes("conv_transpose2d", x, weight)
    groups = whole("groups", groups, at_least=1)
    stride, dilation = pair("stride", stride, 1), pair("dilation", dilation, 1)
    padding, extra = pair("padding", padding, 0), pair("output_padding", output_padding, 0)
    outputs = weight.shape[1] * groups
    check_shapes("conv_transpose2d", x, weight, bias, groups, weight.shape[0], outputs)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise ValueError(
            f"output_padding {output_padding} must be smaller than stride {stride} or dilation "
            f"{dilation}: nothing is painted beyond"
        )
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
    y = painted(x, weight, shape, *geometry, groups)
    if bias is not None:
        y = per_channel(array_module(y).add, [y], bias)

    @for_this_g
    def seen(g):  # conv2d of g, its value and the way back to the filters
        value, _, back_weight, _ = by_its_way(g, weight, None, *geometry, groups)
        return value, back_weight

    def back_x(g):  # a row that the windows see and nobody painted is cut off
        return seen(g)[0][:, :, : x.shape[2], : x.shape[3]]

    def back_weight(g):
        value, back_weight = seen(g)
        more = [(0, there - here) for there, here in zip(value.shape, x.shape, strict=True)]
        return back_weight(array_module(x).pad(x, more) if value.shape != x.shape else x)

    return y, back_x, back_weight, None if bias is None else back_bias


def painted(x, weight, shape, stride, padding, dilation, groups):
    r"""y[n, o, i·s + a·d − p, j·s + b·d − p] += Σ_c weight[c,o,a,b] · x[n,c,i,j], of zeros before.

    conv_transpose2d without its bias: x (N, C, H, W), weight (C, O / groups, A, B) → y of `shape`,
    (N, O, H', W'); stride, padding and dilation in pairs; c paints the channels of its group alone.
    """
    geometry = stride, padding, dilation
    if choose(shape, weight.shape, *geometry, groups) == "definition":
        filters = by_group(weight, groups, axis=0)      # (G, C/G, O/G, A, B)
        return overlap_add(paint(by_group(x, groups, axis=1), filters), shape, *geometry)
    flat = weight.transpose(2, 3, 1, 0).reshape(-1, len(weight))        # (A·B·O, C)
    return columns.handed_back(x, flat, shape, weight.shape[2:], *geometry)


# ── Windows and their adjoint ────────────────────────────────────────────────────────────────────


def windows(x, kernel_size, stride=1, padding=0, dilation=1, value=0):
    r"""Lay out what each output sees: w[n,c,i,j,a,b] = x[n, c, i·s + a·d − p, j·s + b·d − p].

    x (N, C, H, W) → (N, C, H', W', A, B), a view of the padded image; beyond its border is `value`.

    Raises:
        TypeError: a size is no whole number.
        ValueError: x is not an image, a size is below its least, or the window is larger than the
            padded image.
    """
    xp = array_module(x)
    if not is_array(x) or x.ndim != 4:
        raise ValueError("windows are cut out of an array x (N, C, H, W)")
    (A, B), (s, t) = pair("kernel_size", kernel_size, 1), pair("stride", stride, 1)
    (p, q), (d, e) = pair("padding", padding, 0), pair("dilation", dilation, 1)
    if p or q:
        x = xp.pad(x, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=value)
    reach = (A - 1) * d + 1, (B - 1) * e + 1
    if reach[0] > x.shape[2] or reach[1] > x.shape[3]:
        raise ValueError(
            f"a window of {reach[0]}×{reach[1]} does not fit into an image of "
            f"{x.shape[2]}×{x.shape[3]} (padding included): give a larger image"
        )
    places = (x.shape[2] - reach[0]) // s + 1, (x.shape[3] - reach[1]) // t + 1
    n, c, i, j = x.strides
    return view(x, (*x.shape[:2], *places, A, B), (n, c, s * i, t * j, d * i, e * j))


def overlap_add(seen, shape, stride=1, padding=0, dilation=1):
    r"""Add each window back to where it was cut: x[n, c, i·s + a·d − p, …] += w[n,c,i,j,a,b].

    seen (N, C, H', W', A, B) → x of `shape` (N, C, H, W).  The adjoint of `windows`:
    ⟨windows(x), w⟩ = ⟨x, overlap_add(w)⟩ for all x and w.
    """
    xp = array_module(seen)
    (s, t), (d, e) = pair("stride", stride, 1), pair("dilation", dilation, 1)
    p, q = pair("padding", padding, 0)
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
    r"""y[n, g·O + o, i, j] = Σ_{c,a,b} seen[n,g,c,i,j,a,b] · filters[g,o,c,a,b], g a group.

    (N, G, C, H', W', A, B), (G, O, C, A, B) → (N, G·O, H', W').
    """
    N, G, C, rows, columns, A, B = seen.shape
    outputs = filters.shape[1]
    seen = seen.transpose(1, 0, 3, 4, 2, 5, 6)                          # (G, N, H', W', C, A, B)
    flat = seen.reshape(G, N * rows * columns, C * A * B)
    taps = filters.reshape(G, outputs, C * A * B).swapaxes(1, 2)
    y = threads.matmul(flat, taps)                                      # (G, N·H'·W', O)
    y = y.reshape(G, N, rows, columns, outputs).transpose(1, 0, 4, 2, 3)
    return y.reshape(N, G * outputs, rows, columns)


def paint(g, filters):
    """Σ over o: (N, G, O, H', W') · (G, O, C, A, B) → windows (N, G·C, H', W', A, B)."""
    N, G, outputs, rows, columns = g.shape
    C, A, B = filters.shape[2:]
    flat = g.transpose(1, 0, 3, 4, 2).reshape(G, N * rows * columns, outputs)
    seen = threads.matmul(flat, filters.reshape(G, outputs, C * A * B))  # (G, N·H'·W', C·A·B)
    seen = seen.reshape(G, N, rows, columns, C, A, B).transpose(1, 0, 4, 2, 3, 5, 6)
    return seen.reshape(N, G * C, rows, columns, A, B)


def collect(g, seen):
    """Σ over n, i, j: (N, G, O, H', W') · (N, G, C, H', W', A, B) → filters (G·O, C, A, B)."""
    N, G, outputs, rows, columns = g.shape
    C, A, B = seen.shape[2], *seen.shape[5:]
    flat = g.transpose(1, 2, 0, 3, 4).reshape(G, outputs, N * rows * columns)
    seen = seen.transpose(1, 0, 3, 4, 2, 5, 6).reshape(G, N * rows * columns, C * A * B)
    return threads.matmul(flat, seen).reshape(G * outputs, C, A, B)


def by_group(array, groups, axis):
    """Split an axis of G·n into (G, n)."""
    shape = array.shape
    return array.reshape(*shape[:axis], groups, shape[axis] // groups, *shape[axis + 1 :])


# ── The same numbers sooner ──────────────────────────────────────────────────────────────────────


def by_its_way(x, weight, bias, stride, padding, dilation, groups, rectified=False):
    """Check conv2d's arguments, and return its value (or max(0, value)) and its gradients."""
    check_axes("conv2d", x, weight)
    groups = whole("groups", groups, at_least=1)
    stride, dilation = pair("stride", stride, 1), pair("dilation", dilation, 1)
    check_shapes("conv2d", x, weight, bias, groups, weight.shape[1] * groups, weight.shape[0])
    padding, (below, right) = margins(padding, weight.shape[2:], stride, dilation)
    if below or right:  # an odd number of zeros: one more than symmetry gives
        (H, W), more = x.shape[2:], [(0, 0), (0, 0), (0, below), (0, right)]
        x = array_module(x).pad(x, more)
        y, back_x, *others = by_its_way(
            x, weight, bias, stride, padding, dilation, groups, rectified
        )
        return y, lambda g: back_x(g)[:, :, :H, :W], *others

    geometry = stride, padding, dilation
    way = choose(x.shape, weight.shape, *geometry, groups)
    if way in ("winograd", "winograd2"):
        F = winograd.F4 if way == "winograd" else winograd.F2
        return winograd.convolve(x, weight, bias, padding, F, rectified)
    if way == "pointwise":
        return columns.pointwise(x, weight, bias, rectified)
    if way == "columns":
        return columns.convolve(x, weight, bias, *geometry, rectified)
    if rectified:
        y, *_ = definition(x, weight, bias, *geometry, groups)
        return (array_module(x).maximum(y, 0),)
    return definition(x, weight, bias, *geometry, groups)


def rectified_conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
    r"""max(0, y) of conv2d's y, of arrays alone: cut off while y is still in the cache.

    It is not recorded, for relu's gradient and the rules in its place read what was cut off.
    """
    return by_its_way(x, weight, bias, stride, padding, dilation, 1, rectified=True)[0]
