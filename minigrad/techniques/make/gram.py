r"""What a texture is to a network: which of its channels fire together, wherever they do.

    G[c, d] = 1/(H·W) Σ_{y,x} a[c, y, x] · a[d, y, x]           Gatys et al. 2016, equation 3

The Gram matrix of a layer sums over all places, so it knows what there is and not where: two images
whose units are the same at other places have one matrix.  Gatys et al. sum, here it is the mean, so
that images of two sizes compare.  It is symmetric, and none of its eigenvalues is negative.

    style_of(layer, target)     Σ_n ‖Gₙ − T‖² / ‖T‖²            their equation 4, but for the factor

Divided by ‖T‖² it is 1 for a layer that says nothing, whatever the layer, the network and the
painting; so a weight in front of it means the same everywhere (as in objectives.code).

With a mask m, 0–1 at each place, the mean is weighted, Σ m a aᵀ / Σ m: the style of a part.

Read before: transforms.py, objectives.py.  Read next: style_terms.py.
"""

from minigrad.backend import Array
from minigrad.ops.fast import threads
from minigrad.techniques.distance import check_target, relative_distance
from minigrad.techniques.make.transforms import to_size
from minigrad.techniques.objectives import Objective
from minigrad.tensor import op


@op
def gram(a: Array):
    r"""G = F Fᵀ / (H·W)          ∂L/∂F = (g + gᵀ) F / (H·W),  F the features as rows, (C, H·W)

    a (N, C, H, W) → G (N, C, C).

    Raises:
        ValueError: a has no places, as a fully connected layer's activations.
    """
    if a.ndim != 4:
        raise ValueError(f"a Gram matrix is of feature maps (N, C, H, W), and these are {a.shape}")
    N, C, H, W = a.shape
    F = a.reshape(N, C, H * W)
    G = threads.matmul(F, F.swapaxes(1, 2)) / (H * W)                       # (N, C, C)

    def back(g):  # F stands on both sides of the product
        both = (g + g.swapaxes(1, 2)) / (H * W)                         # symmetric
        return threads.matmul(F.swapaxes(1, 2), both).swapaxes(1, 2).reshape(a.shape)

    return G, back


def masked_gram(a, mask=None):
    """The Gram matrices of the places where a mask lies: Σ m a aᵀ / Σ m.

    Args:
        a: (N, C, H, W).
        mask: (1 or N, 1, H', W'), 0–1, which is shrunk to the layer's size; None is all of it.
    """
    if mask is None:
        return gram(a)
    m = to_size(mask, a.shape[2:])                                          # (N, 1, H, W)
    share = m / m.mean(axis=(2, 3), keepdims=True)
    return gram(a * (share**0.5).astype(a.dtype, copy=False))  # the root, for a stands there twice


def style_of(layer: str, target, mask=None) -> Objective:
    """Σ_n ‖Gₙ − T‖² / ‖T‖², how far the layer is from a painting's style; less is −style_of(…).

    Args:
        layer: where the style is.
        target: T, the painting's Gram matrix at that layer, (1, C, C) for all images, or (N, C, C).
        mask: see masked_gram; of the images, not of the painting.

    Raises:
        ValueError: a target is zero everywhere, infinite or NaN, or is of another layer.
    """
    check_target(f"the style of {layer}", target, ": nothing in the painting makes it fire")

    def value(acts):
        G = masked_gram(acts[layer], mask)
        if target.shape not in (G.shape, (1, *G.shape[1:])):
            raise ValueError(f"{layer} has Gram matrices {G.shape}, and the target's shape is "
                             f"{target.shape}")
        return relative_distance(G, target)

    return Objective(f"style of {layer}", (layer,), value)
