r"""How far from what is wanted: a distance that means the same in every layer.

    Σ_n ‖a_n − t_n‖² / ‖t_n‖²               Mahendran and Vedaldi 2015, equation 2

‖·‖² sums over all numbers of an image.  Divided by the target's own size it is 0 at the target and
1 for a layer that says nothing, whatever the layer and the network; so a weight in front of it, or
of a penalty beside it, means the same everywhere.

Read before: minigrad/activations.py.  Read next: objectives.py.
"""

from minigrad.backend import array_module


def relative_distance(a, target):
    r"""Σ_n ‖a_n − t_n‖² / ‖t_n‖², one number.

    Args:
        a: (N, …), a Tensor or an array.
        target: t, an array (N, …), or (1, …) for every image; no t_n is zero everywhere.
    """
    # ‖t_n‖²
    size = (target * target).sum(axis=tuple(range(1, target.ndim)), keepdims=True)      # (N, 1, …)
    t, share = (array.astype(a.dtype, copy=False) for array in (target, 1 / size))
    return ((a - t) ** 2 * share).sum()


def check_target(what: str, target, because: str = "") -> None:
    """Refuse a target whose ‖t_n‖² cannot be divided by.

    Raises:
        ValueError: one of them is zero everywhere, infinite or NaN.
    """
    size = (target * target).sum(axis=tuple(range(1, target.ndim)))                     # (N,)
    if not bool(((size > 0) & array_module(target).isfinite(size)).all()):
        raise ValueError(f"{what} is zero everywhere, or no number somewhere{because}")
