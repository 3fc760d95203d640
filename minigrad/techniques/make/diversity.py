r"""Pictures of one thing that differ: a term that asks a batch to show its textures unlike.

    D = − Σ_n  mean_{m≠n}  ⟨Gₙ, Gₘ⟩ / (‖Gₙ‖ · ‖Gₘ‖)           Olah et al. 2017, "Diversity"

A class has many faces, and a run finds one.  From other noise comes another picture, but often of
the same face.  D compares all pairs of a batch by the Gram matrices of a layer, which know what
there is and not where: moving an object is no way out.

The cosine does not care how strongly a layer fires; it is 1 for equal textures, so D lies between
−N and 0.  Two equal pictures are at its lowest point, where its gradient is zero: it parts what
differs a little, and not what is the same.

Read before: gram.py, excite.py.
"""

from minigrad import ops
from minigrad.backend import array_module
from minigrad.techniques.make.gram import gram
from minigrad.techniques.objectives import Objective
from minigrad.tensor import data_of

SMALL = 1e-12  # ‖G‖² of a layer where nothing fires, so that nothing is divided by 0


def diversity(layer: str) -> Objective:
    """D, how much the pictures of a batch differ: class_score(3) + 20 * diversity("relu4_2").

    Asked of one picture alone, or of a layer without places, it raises ValueError.
    """

    def value(acts):
        G = gram(acts[layer])                                               # (N, C, C)
        N = G.shape[0]
        if N < 2:
            raise ValueError("one picture differs from nothing: diversity is of two or more")
        flat = ops.reshape(G, (N, -1))
        unit = flat / ((flat * flat).sum(axis=1, keepdims=True) + SMALL) ** 0.5
        cosines = ops.matmul(unit, ops.transpose(unit))                     # (N, N)
        xp, others = array_module(data_of(G)), 1 / (N - 1)
        apart = (1 - xp.eye(N, dtype=data_of(G).dtype)) * others
        return -(cosines * apart).sum()

    return Objective(f"diversity of {layer}", (layer,), value)
