"""Matrix products: matmul, and the fully connected layer.

For Y = A B the gradients are again products, ∂L/∂A = G Bᵀ and ∂L/∂B = Aᵀ G.  Convolution is this
too, once its windows are laid out as rows.

Read before: ops/shape.py.  Read next: ops/conv.py.
"""

from minigrad import threads
from minigrad.tensor import op


@op(broadcasts=True)
def matmul(a, b):
    """Y = A B          ∂L/∂A = G Bᵀ, ∂L/∂B = Aᵀ G

    a (…, n, k), b (…, k, m) → (…, n, m); the leading axes broadcast, as in NumPy.

    Raises:
        ValueError: one of the two is not a matrix, or their inner sizes differ.
    """
    if a.ndim < 2 or b.ndim < 2 or a.shape[-1] != b.shape[-2]:
        raise ValueError(f"matmul of {a.shape} and {b.shape}: give (…, n, k) and (…, k, m)")
    return a @ b, lambda g: g @ b.swapaxes(-1, -2), lambda g: a.swapaxes(-1, -2) @ g


@op
def linear(x, weight, bias=None):
    r"""y[n,o] = Σ_i weight[o,i] · x[n,i] + bias[o]

    x (N, I), weight (O, I), bias (O,) or None → y (N, O).

    Raises:
        ValueError: the sizes do not fit together.
    """
    if x.ndim != 2 or weight.ndim != 2 or x.shape[1] != weight.shape[1]:
        raise ValueError(
            f"linear: x has shape {x.shape} and weight {weight.shape}; "
            "give x (N, I) and weight (O, I)"
        )
    y = threads.matmul(x, weight.T)                     # (N, I) (I, O) → (N, O)
    if bias is not None:
        y += bias

    def back_x(g):  # every output hands its g to every input, by their weight
        return threads.matmul(g, weight)                # (N, O) (O, I) → (N, I)

    def back_weight(g):  # the weight between i and o saw x[i], and its effect was g[o]
        return threads.matmul(g.T, x)                   # (O, N) (N, I) → (O, I)

    def back_bias(g):
        return g.sum(axis=0)

    return y, back_x, back_weight, None if bias is None else back_bias
