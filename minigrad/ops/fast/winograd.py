r"""Winograd's convolution: four outputs of six pixels with six multiplications, not twelve.

**What is saved.**  A filter of three taps makes four neighbouring outputs of six pixels, 4 · 3 = 12
multiplications.  But pixels and filter are polynomials, their convolution is the product of the
two, and a product is known from its values at six points: evaluate both there, multiply value by
value, six multiplications, and interpolate.  Evaluating and interpolating are products with small
constant matrices (Winograd 1980; Lavin and Gray 2016, "Fast algorithms for convolutional neural
networks", equations 7 and 8, and section 4.3 for these matrices, whose points are 0, ±1, ±2, ∞):

    y = Aᵀ [(G w) ⊙ (Bᵀ x)]              x: 6 pixels, w: 3 taps, y: 4 outputs
    Y = Aᵀ [(G W Gᵀ) ⊙ (Bᵀ X B)] A       in two dimensions: 36 multiplications in place of 144

**Three matrix products.**  Laid out as a vector of 36, a tile is transformed by one 36×36 matrix,
since vec(Bᵀ X B) = (Bᵀ ⊗ Bᵀ) vec X.  The channels are summed between the two transforms, so that at
each of the 36 points the sum over channels is an ordinary product of matrices:

    V = (Bᵀ ⊗ Bᵀ) X       tiles in       (36, 36) · (T, 36, C)              the pixels at the points
    M = V · U             at each point  (T, C) · (C, O), 36 times          a quarter of the work
    Y = (Aᵀ ⊗ Aᵀ) M       tiles out      (16, 36) · (T, 36, O)              back to pixels

**Why it is fast.**  The tiles overlap, so X has 36/16 of the image's numbers, and V as many.  Were
a whole layer laid out, those would go to memory and come back three times, which takes longer than
the multiplications that were saved.  So the layer is worked through in blocks of about a hundred
tiles, and what belongs to a block stays in a core's cache from the first product to the last.  So
does the relu behind it, if there is one and nobody records it.  Channels lie last in
memory (the shape stays (N, C, H, W)): cutting out a tile then copies runs of 6·C numbers, pasting
it runs of 4·C.

**The gradients** are transposes, and the transpose of a product is the product of the transposes in
reverse order.  For the filters just that is done: the same three products, turned around,

    ∂L/∂U = Vᵀ · (A ⊗ A) G,   ∂L/∂W = (G ⊗ G)ᵀ ∂L/∂U           (36, C, T) · (36, T, O)

For the image it would be (B ⊗ B) [(A ⊗ A) G · Uᵀ], which ends in adding overlapping tiles, and
two threads must not add to one pixel at a time.  But a convolution transposed is a convolution
too, with the filters turned by 180° and the channels in and out swapped: so the three products
above run once more, with other filters, and every pixel is written once.

**What it costs.**  Interpolation subtracts large numbers: the error is about ten times that of the
definition (2·10⁻⁶ in float32).  The transformed filters take 36/9 of the memory of the filters.
Those of loaded weights are kept, up to 1 GiB in all; `filters.allow(bytes)` sets another bound.

**Smaller tiles.**  The last layers of VGG have 512 channels and 14×14 places: 16 tiles, and 38 MB
of transformed filters, which take longer to read than to multiply.  F2, two outputs of four pixels
at the points 0, ±1, ∞, has 16/9 of the filters' memory to read and 16 multiplications for 4
outputs where F4 has 36 for 16: more to do, and done sooner.

Read before: ops/conv.py, the definition; blocks.py and columns.py.  Read next: lit.py.
"""

import functools
from dataclasses import dataclass

import numpy as np

from minigrad.backend import array_module
from minigrad.ops.fast import threads
from minigrad.ops.fast.blocks import add_up, blocks_of, cut, in_strips, room, share
from minigrad.ops.fast.channels import back_bias
from minigrad.ops.fast.kept import Kept
from minigrad.ops.fast.lit import where_lit


@dataclass(frozen=True, eq=False)
class Algorithm:
    """Three matrices that make m outputs of n = m + 2 pixels with n multiplications."""

    BT: np.ndarray  # (n, n), pixels to points
    G: np.ndarray  # (n, 3), taps to points
    AT: np.ndarray  # (m, n), points to outputs


F4 = Algorithm(
    BT=np.array([
        [4, 0, -5, 0, 1, 0],
        [0, -4, -4, 1, 1, 0],
        [0, 4, -4, -1, 1, 0],
        [0, -2, -1, 2, 1, 0],
        [0, 2, -1, -2, 1, 0],
        [0, 4, 0, -5, 0, 1],
    ]),
    G=np.array([[6, 0, 0], [-4, -4, -4], [-4, 4, -4], [1, 2, 4], [1, -2, 4], [0, 0, 24]]) / 24,
    AT=np.array([
        [1, 1, 1, 1, 1, 0],
        [0, 1, -1, 2, -2, 0],
        [0, 1, 1, 4, 4, 0],
        [0, 1, -1, 8, -8, 1],
    ]),
)
F2 = Algorithm(
    BT=np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, -1, 0, 1]]),
    G=np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2,
    AT=np.array([[1, 1, 1, 0], [0, 1, -1, 1]]),
)

TILES = 96  # in a block, at least: with fewer, reading the filters takes longer than multiplying

filters = Kept(limit=2**30)


def convolve(x, weight, bias, padding, F, rectified=False):
    """Return conv2d's value and gradients, for filters of 3×3 at stride 1.

    Arguments as for conv2d; padding is (rows, columns), at most 2; F is F4 or F2; `rectified`
    makes the value max(0, y).
    """

    def back_x(g):  # the same three products, filters turned by 180° and in and out swapped
        U = filters.get(weight, ("turned", F), functools.partial(turned_at_points, F=F))
        back = functools.partial(three_products, U=U, bias=None, F=F)
        return where_lit(back, g, (2 - padding[0], 2 - padding[1]), (2, 2))

    def back_weight(g):  # at every point, the pixels there times the gradient there
        return three_products_turned_around(x, g, padding, F)

    U = filters.get(weight, ("as they are", F), functools.partial(at_points, F=F))
    y = three_products(x, padding, U, bias, F, rectified)
    return y, back_x, back_weight, None if bias is None else back_bias


def three_products(x, padding, U, bias, F, rectified=False):
    """Y = (Aᵀ ⊗ Aᵀ) [(Bᵀ ⊗ Bᵀ) X · U] + bias, block by block.

    x (N, C, H, W), U (36, C, O), bias (O,) or None → (N, O, H + 2p − 2, W + 2q − 2).
    """
    x = x.transpose(0, 2, 3, 1)                                         # (N, H, W, C)
    (N, H, W, C), out, (m, n) = x.shape, U.shape[2], F.AT.shape         # m = 4, n = 6
    xp = array_module(x)
    y = xp.empty((N, H + 2 * padding[0] - 2, W + 2 * padding[1] - 2, out), x.dtype)
    rows, columns = -(-y.shape[1] // m), -(-y.shape[2] // m)            # of tiles
    tiles_in, tiles_out = on_tiles(F, "BT", x), on_tiles(F, "AT", x)
    blocks = blocks_of(N, rows, columns, max(TILES, room(x) // numbers_of_a_tile(C, out, F)))

    def work(parts):
        for block, outputs in parts:
            X = vectors(cut(x, block, columns, (n, n), (m, m), padding))  # (T, 36, C)
            V = on_each(tiles_in, X)
            M = xp.empty_like(V, shape=(*V.shape[:2], outputs.stop - outputs.start))
            in_strips(V.swapaxes(0, 1), U[:, :, outputs], out=M.swapaxes(0, 1))
            if bias is not None:
                M[:, n + 1] += bias[outputs]  # at the point (1, 1), it is in all 16 outputs
            paste(on_each(tiles_out, M), y[..., outputs], block, m, rectified)

    threads.spread(work, share(blocks, out, x), x)
    return y.transpose(0, 3, 1, 2)


def three_products_turned_around(x, g, padding, F):
    """∂L/∂W = (G ⊗ G)ᵀ Σ_tiles [(Bᵀ ⊗ Bᵀ) X]ᵀ · [(A ⊗ A) g].

    x (N, C, H, W), g (N, O, H', W') → (O, C, 3, 3).
    """
    x, g = x.transpose(0, 2, 3, 1), g.transpose(0, 2, 3, 1)             # channels last
    C, out, (m, n) = x.shape[3], g.shape[3], F.AT.shape
    rows, columns = -(-g.shape[1] // m), -(-g.shape[2] // m)
    tiles_in, tiles_out = on_tiles(F, "BT", x), on_tiles(F, "AT", x).T

    def product(block, outputs):
        X = vectors(cut(x, block, columns, (n, n), (m, m), padding))    # (T, 36, C)
        Y = vectors(cut(g[..., outputs], block, columns, (m, m), (m, m), (0, 0)))
        V, M = on_each(tiles_in, X), on_each(tiles_out, Y)
        return in_strips(V.transpose(1, 2, 0), M.swapaxes(0, 1))        # (36, C, T) · (36, T, O)

    most = max(2 * TILES, 2 * C, room(x) // numbers_of_a_tile(C, out, F))
    half = -(-len(g) * rows * columns // 2)  # so that no core waits for the other
    blocks = blocks_of(len(g), rows, columns, min(most, half))
    total = add_up(blocks, out, product, x)                             # (36, C, O)
    taps = threads.matmul(on_tiles(F, "G", x).T, total.reshape(n * n, C * out))  # (9, C·O)
    return taps.reshape(3, 3, C, out).transpose(3, 2, 0, 1)


def numbers_of_a_tile(C, out, F):
    """How many numbers there are between cutting a tile out and pasting it: X, V, M and Y."""
    m, n = F.AT.shape
    return 2 * n * n * C + (n * n + m * m) * out


# ── The transforms ───────────────────────────────────────────────────────────────────────────────


def on_tiles(F, name, x):
    """Return matrix ⊗ matrix, what one of F's does to rows and columns, on tiles as vectors."""
    return _on_tiles(F, name, array_module(x), x.dtype, getattr(x.device, "id", None))


@functools.cache  # a device is sent them once
def _on_tiles(F, name, xp, dtype, _device):
    matrix = getattr(F, name)
    both = matrix[:, None, :, None] * matrix[None, :, None, :]          # (a, a, b, b)
    return xp.asarray(both.reshape(len(matrix) ** 2, -1), dtype)


def vectors(windows):
    """Lay out tiles as vectors: (images, rows, columns, n, n, C) → (T, n·n, C).

    On the CPU a tile's numbers are neighbours in memory: it is transformed while the cache has it.
    On a GPU those of a point are, so that all tiles are transformed by one product.
    """
    n, C = windows.shape[3], windows.shape[5]
    if array_module(windows) is np:
        return windows.reshape(-1, n * n, C)
    return windows.transpose(3, 4, 0, 1, 2, 5).reshape(n * n, -1, C).swapaxes(0, 1)


def on_each(matrix, tiles):
    """Transform every tile, (a, b) · (T, b, C) → (T, a, C), in the same order in memory."""
    T, b, C = tiles.shape
    if array_module(tiles) is np:
        return in_strips(matrix, tiles, out=np.empty((T, len(matrix), C), tiles.dtype))
    flat = tiles.swapaxes(0, 1).reshape(b, T * C)
    return (matrix @ flat).reshape(-1, T, C).swapaxes(0, 1)


def at_points(weight, F):
    """U = (G ⊗ G) W: (O, C, 3, 3) → (36, C, O)."""
    out, C = weight.shape[:2]
    taps = weight.transpose(2, 3, 1, 0).reshape(9, C * out)
    return threads.matmul(on_tiles(F, "G", weight), taps).reshape(-1, C, out)


def turned_at_points(weight, F):
    """The same of the filters turned by 180° and with channels in and out swapped: (36, O, C)."""
    out, C = weight.shape[:2]
    taps = weight.reshape(out * C, 9)[:, ::-1].T
    return threads.matmul(on_tiles(F, "G", weight), taps).reshape(-1, out, C)


def paste(tiles, y, block, m, rectified):
    """Put a block's tiles (T, m·m, O) where they belong in y (N, H, W, O)."""
    rows, columns = block.height, -(-y.shape[2] // m)
    y = y[block.images, m * block.rows.start : m * block.rows.stop]
    images, height, width, out = y.shape
    tiles = tiles.reshape(images, rows, columns, m, m, out).transpose(0, 1, 3, 2, 4, 5)
    if (height, width) == (m * rows, m * columns):
        y = y.reshape(images, rows, m, columns, m, out)  # splitting axes copies nothing
    else:  # the last tiles reach over the border
        tiles = tiles.reshape(images, m * rows, m * columns, out)[:, :height, :width]
    if rectified:
        array_module(y).maximum(tiles, 0, out=y)
    else:
        y[...] = tiles
