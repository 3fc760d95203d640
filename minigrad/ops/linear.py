"""Matrix products: matmul, and the fully connected layer.

For Y = A B the gradients are again products, ∂L/∂A = G Bᵀ and ∂L/∂B = Aᵀ G.  Convolution is this
too, once its windows are laid out as rows.

Read before: ops/shape.py.  Read next: ops/conv.py.
"""

import math

from minigrad.backend import Array
from minigrad.ops.fast import threads
from minigrad.tensor import op


@op(broadcasts=True)
def matmul(a: Array, b: Array):
    """Y = A B          ∂L/∂A = G Bᵀ, ∂L/∂B = Aᵀ G

    a (…, n, k), b (…, k, m) → (…, n, m); the leading axes broadcast, as in NumPy.  A vector is a
    matrix of one row on the left, of one column on the right, and its axis is not in the result.

    Raises:
        ValueError: one of the two is a single number, or their inner sizes differ.
    """
    if not (getattr(a, "ndim", 0) and getattr(b, "ndim", 0)):
        raise ValueError("matmul multiplies matrices and vectors: for a number write a * b")
    A, B = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
    if A.shape[-1] != B.shape[-2]:
        raise ValueError(f"matmul of {a.shape} and {b.shape}: give (…, n, k) and (…, k, m)")
    y = threads.matmul(A, B)                            # (…, n, k) (…, k, m) → (…, n, m)
    rows = y.shape[:-2] + y.shape[-2:-1] * (a.ndim > 1)
    shape = rows + y.shape[-1:] * (b.ndim > 1)

    def back_a(g):
        back = threads.matmul(g.reshape(y.shape), B.swapaxes(-1, -2))   # G Bᵀ
        return back[..., 0, :] if a.ndim == 1 else back

    def back_b(g):
        back = threads.matmul(A.swapaxes(-1, -2), g.reshape(y.shape))   # Aᵀ G
        return back[..., 0] if b.ndim == 1 else back

    return y.reshape(shape), back_a, back_b


@op
def linear(x: Array, weight: Array, bias: Array | None = None):
    r"""y[…,o] = Σ_i weight[o,i] · x[…,i] + bias[o]

    x (…, I), weight (O, I), bias (O,) or None → y (…, O).

    Raises:
        ValueError: the sizes do not fit together.
    """
    if not x.ndim or weight.ndim != 2 or x.shape[-1] != weight.shape[1]:
        raise ValueError(
            f"linear: x has shape {x.shape} and weight {weight.shape}; "
            "give x (…, I) and weight (O, I)"
        )
    O, I = weight.shape  # noqa: E741, the letters of the equation
    if bias is not None and bias.shape != (O,):
        raise ValueError(f"linear: bias has shape {bias.shape}, but there are {O} outputs")
    rows = x.reshape(math.prod(x.shape[:-1]), I)                        # (N, I)
    y = threads.matmul(rows, weight.T)                                  # (N, I) (I, O) → (N, O)
    if bias is not None:
        y += bias

    def back_x(g):  # every output hands its g to every input, by their weight
        return threads.matmul(g.reshape(y.shape), weight).reshape(x.shape)      # (N, O) (O, I)

    def back_weight(g):  # the weight between i and o saw x[i], and its effect was g[o]
        return threads.matmul(g.reshape(y.shape).T, rows)                       # (O, N) (N, I)

    def back_bias(g):
        return g.reshape(y.shape).sum(axis=0)

    y_shaped = y.reshape(*x.shape[:-1], O)
    return y_shaped, back_x, back_weight, None if bias is None else back_bias
