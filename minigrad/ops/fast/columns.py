r"""Convolution as one product with the windows laid out as rows ("im2col"), in blocks.

    y = X · W        X (windows, A·B·C), W (A·B·C, O)

This is the definition of ops/conv.py with its windows written down, so that BLAS can multiply
(Chellapilla, Puri and Simard 2006).  Written down for a whole layer X would be A·B times the image,
115 MB for the second layer of VGG; here it exists for a few rows of outputs at a time.  Filters of
1×1 need no X at all: the image, channels last, is X.

Read before: ways.py, blocks.py and channels.py.
Read next: winograd.py, where there is less to multiply.
"""

from minigrad.backend import array_module
from minigrad.ops.fast import threads
from minigrad.ops.fast.blocks import add_up, blocks_of, cut, in_strips, room, share
from minigrad.ops.fast.channels import back_bias, pixels
from minigrad.ops.fast.lit import where_lit


def convolve(x, weight, bias, stride, padding, dilation, rectified=False):
    """Return conv2d's value and gradients, for one group; arguments as for conv2d, in pairs.

    `rectified` makes the value max(0, y).
    """
    xp = array_module(x)
    N, C, H, W = x.shape
    out, _, A, B = weight.shape
    geometry = (A, B), stride, padding, dilation
    rows, columns = (
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip((H, W), *geometry, strict=True)
    )
    blocks = blocks_of(N, rows, columns, max(1, room(x) // (A * B * C)))
    filters = weight.transpose(2, 3, 1, 0).reshape(A * B * C, out)
    y = xp.empty((N * rows * columns, out), x.dtype)

    def seen(block):  # (windows, A·B·C)
        return cut(x.transpose(0, 2, 3, 1), block, columns, *geometry).reshape(-1, A * B * C)

    def place(block):
        return block.among(rows, columns)

    def forward(parts):
        for block, outputs in parts:
            here = y[place(block), outputs]
            in_strips(seen(block), filters[:, outputs], out=here)
            if bias is not None:
                here += bias[outputs]
            if rectified:
                xp.maximum(here, 0, out=here)

    def back_x(g):  # every output hands its g, through the filter, to the window it saw
        if turns(weight.shape, stride, padding, dilation):
            reach = [d * (k - 1) for k, d in zip((A, B), dilation, strict=True)]
            rest = [r - p for r, p in zip(reach, padding, strict=True)]
            return where_lit(lambda g, padding: convolve(
                g, turned(weight), None, stride, padding, dilation)[0], g, rest, reach)
        return handed_back(g, filters, x.shape, *geometry)

    def back_weight(g):  # every tap collects g times the pixel that lay under it
        g = pixels(g)
        total = add_up(blocks, out, lambda b, some: in_strips(seen(b).T, g[place(b), some]), x)
        return total.reshape(A, B, C, out).transpose(3, 2, 0, 1)

    threads.spread(forward, share(blocks, out, x), x)
    y = y.reshape(N, rows, columns, out).transpose(0, 3, 1, 2)
    return y, back_x, back_weight, None if bias is None else back_bias


def turns(weight_shape, stride, padding, dilation):
    """Whether the gradient at the image is a convolution, too, and one of enough channels."""
    _, C, *kernel_size = weight_shape
    reach = (d * (k - 1) for k, d in zip(kernel_size, dilation, strict=True))
    possible = stride == (1, 1) and all(p <= r for p, r in zip(padding, reach, strict=True))
    return possible and C >= 16


def turned(weight):
    """Turn the filters by 180°, and swap channels in and out: (O, C, A, B) → (C, O, A, B)."""
    return weight[:, :, ::-1, ::-1].swapaxes(0, 1)


def handed_back(g, filters, shape, kernel_size, stride, padding, dilation):
    """Σ over the windows that saw a pixel: g (N, O, H', W') → x (N, C, H, W), channels first.

    A block is rows of x here, so that no two threads add to one pixel; the outputs at its edge are
    worked out for both its neighbours.
    """
    if tiles((shape, g.shape), kernel_size, stride, padding, dilation):
        return side_by_side(g, filters, shape, kernel_size)
    xp = array_module(g)
    (A, B), (s, t), (p, q), (d, e) = kernel_size, stride, padding, dilation
    N, C, H, W = shape
    out, rows, columns = g.shape[1:]
    g = g.transpose(0, 2, 3, 1)                                         # (N, H', W', O)
    result = xp.empty(shape, g.dtype)

    def work(blocks):
        for images, part in blocks:
            low = max(0, -(-(part.start + p - d * (A - 1)) // s))       # the outputs that saw it
            high = min(rows, (part.stop - 1 + p) // s + 1)
            if low >= high:  # between two windows, or below the last
                result[images, :, part] = 0
                continue
            some = g[images, low:high]
            taps = filters @ some.reshape(-1, out).T                    # (A·B·C, n·rows·W')
            taps = taps.reshape(A, B, C, *some.shape[:3])
            top = min(part.start, low * s - p)
            bottom = max(part.stop, (high - 1) * s - p + d * (A - 1) + 1)
            total = xp.zeros((C, len(some), bottom - top, W + 2 * q), g.dtype)
            for a in range(A):
                for b in range(B):
                    i = slice(low * s - p - top + a * d, (high - 1) * s - p - top + a * d + 1, s)
                    j = slice(b * e, b * e + (columns - 1) * t + 1, t)
                    total[:, :, i, j] += taps[a, b]
            inside = total[:, :, part.start - top : part.stop - top, q : q + W]
            result[images, :, part] = inside.swapaxes(0, 1)             # (C, n, rows, W)

    threads.spread(work, blocks_of(N, H, W, max(1, room(g) // (A * B * C))), g)
    return result


def tiles(shapes, kernel_size, stride, padding, dilation):
    """Whether the windows lie side by side and fill the image: shapes of x and of g."""
    filled = tuple(n * s for n, s in zip(shapes[1][2:], stride, strict=True))
    beside = tuple(kernel_size) == stride and padding == (0, 0) and dilation == (1, 1)
    return beside and tuple(shapes[0][2:]) == filled


def side_by_side(g, filters, shape, kernel_size):
    """The same where no two windows meet: g (N, O, h, w) → x (N, C, h·A, w·B), channels last."""
    (N, C, *_), (out, rows, columns), (A, B) = shape, g.shape[1:], kernel_size
    g = g.transpose(0, 2, 3, 1).reshape(N * rows, columns, out)
    x = array_module(g).empty((N * rows, A, columns, B, C), g.dtype)

    def work(blocks):
        for block in blocks:
            here = block.among(rows, 1)
            taps = g[here].reshape(-1, out) @ filters.T                 # (rows·w, A·B·C)
            x[here] = taps.reshape(-1, columns, A, B, C).swapaxes(1, 2)

    threads.spread(work, blocks_of(N, rows, 1, max(1, room(g) // (columns * A * B * C))), g)
    return x.reshape(N, rows * A, columns * B, C).transpose(0, 3, 1, 2)


def pointwise(x, weight, bias, rectified=False):
    """Return conv2d's value and gradients for filters of 1×1: every pixel is a row of a product."""
    N, C, H, W = x.shape
    out = len(weight)
    weight = weight.reshape(out, C)

    def image(rows):  # (N·H·W, channels) → (N, channels, H, W)
        return rows.reshape(N, H, W, -1).transpose(0, 3, 1, 2)

    def back_x(g):
        return image(threads.matmul(pixels(g), weight))                 # (P, O) (O, C)

    def back_weight(g):
        return threads.matmul(pixels(g).T, pixels(x)).reshape(out, C, 1, 1)

    y = threads.matmul(pixels(x), weight.T)                             # (P, C) (C, O)
    if bias is not None:
        y += bias
    if rectified:
        array_module(x).maximum(y, 0, out=y)
    return image(y), back_x, back_weight, None if bias is None else back_bias
