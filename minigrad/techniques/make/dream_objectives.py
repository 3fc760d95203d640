r"""What else to dream of than a layer's energy: another photo, or a part of this one.

    guided_by(layer, guide)         Σ_i a_i · g_j*(i)           Mordvintsev et al. 2015
    region(objective, …)            the objective, of a box of the image

Both are objectives like those of ../objectives.py, and add up with them.

Read before: dream.py.
"""

from dataclasses import replace

from minigrad import ops
from minigrad.activations import Activations
from minigrad.backend import array_module
from minigrad.checked import number
from minigrad.techniques.objectives import SCORES, Objective
from minigrad.tensor import data_of


def guided_by(layer: str, guide) -> Objective:
    """Σ_i a_i · g_j*(i),  j*(i) = argmax_j a_i · g_j: more of what is in another photo.

    At each place i the layer's activations, a vector over its channels, go towards those of the
    place j of the guide that they are most like.

    Args:
        layer: where both are compared.
        guide: the guide's activations there, (1, C, H', W'), of any size.

    Raises:
        ValueError: the guide has another shape, or says nothing.
    """
    guide = data_of(guide)
    if guide.ndim != 4 or guide.shape[0] != 1 or not guide.size:
        raise ValueError(f"a guide is what {layer} says of one photo, (1, C, H, W), "
                         f"not {guide.shape}")
    xp = array_module(guide)
    if not (abs(guide).max() > 0 and xp.isfinite(guide).all()):
        raise ValueError(f"{layer} says nothing of the guide: all is zero, or no number")
    g = guide.reshape(guide.shape[1], -1)                                       # (C, J)

    def value(acts):
        a = acts[layer]
        if a.shape[1:2] != guide.shape[1:2] or len(a.shape) != 4:
            raise ValueError(f"{layer} has activations {a.shape}, and the guide's are "
                             f"{guide.shape}: they are of another layer or network")
        return (a * _best_matches(data_of(a), g.astype(a.dtype, copy=False))).sum()

    return Objective(f"guide at {layer}", (layer,), value, in_parts=True)


def _best_matches(a, g):
    """g_j*(i) for each place i: a (N, C, H, W), g (C, J) → (N, C, H, W)."""
    N, C, H, W = a.shape
    xp, rows = array_module(a), []
    for y in range(H):  # row by row, as there are H·W·J products
        products = ops.matmul(a[:, :, y].swapaxes(1, 2), g)                     # (N, W, J)
        rows.append(g[:, products.argmax(axis=2)])                              # (C, N, W)
    return xp.stack(rows, axis=2).swapaxes(0, 1) if rows else a                 # (N, C, H, W)


def region(
    objective: Objective, top: float = 0.25, left: float = 0.25, bottom: float = 0.75,
    right: float = 0.75,
) -> Objective:  # fmt: skip
    """An objective of a box of the image alone, its edges as shares of the height and the width; by
    default of the middle.

    Units count by where they stand in their layer; the pixels that they see may lie outside.
    """
    named = {"top": top, "left": left, "bottom": bottom, "right": right}
    top, left, bottom, right = (
        number(f"the {name} edge of a region", edge, 0, 1) for name, edge in named.items()
    )
    if not (top < bottom and left < right):
        raise ValueError(f"a region from {top:g} to {bottom:g} and {left:g} to {right:g} is empty")

    def boxed(a):
        if len(a.shape) < 4:
            raise ValueError(f"{objective.name}: a region needs places, and this layer has none")
        H, W = a.shape[2:]
        rows = slice(round(top * H), max(round(bottom * H), round(top * H) + 1))
        columns = slice(round(left * W), max(round(right * W), round(left * W) + 1))
        return a[:, :, rows, columns]

    def value(acts):
        asked = {acts.score_layer if layer == SCORES else layer for layer in objective.layers}
        parts = {layer: boxed(a) for layer, a in acts.items() if layer in asked}
        return objective.value(Activations(parts, acts.score_layer))

    return replace(objective, name=f"{objective.name} in a region", place=None, in_parts=False,
                   value=value)
