"""Making images larger: nearest-neighbour upsampling.

Read before: ops/pool.py, of which this is the counterpart.
"""

from minigrad.ops.conv import pair
from minigrad.tensor import op


@op
def upsample_nearest(x, scale):
    r"""y[n,c,i,j] = x[n, c, ⌊i/s⌋, ⌊j/t⌋]          ∂L/∂x = Σ of g over the s·t copies

    x (N, C, H, W), scale a whole number or (s, t) → y (N, C, s·H, t·W).
    """
    s, t = pair(scale)
    N, C, H, W = x.shape
    y = x.repeat(s, axis=2).repeat(t, axis=3)
    return y, lambda g: g.reshape(N, C, H, s, W, t).sum(axis=(3, 5))    # (N, C, H, s, W, t)
