"""The table's products, losses and dropout.

Read before: fuzz_arrays.py.  Read next: fuzz_images.py.
"""

import numpy as np
import pytest
from fuzz_conventions import differs
from fuzz_draw import Case, Draw
from fuzz_ops import entry

from minigrad import ops

torch = pytest.importorskip("torch")
F = torch.nn.functional

@entry
def matmul(draw: Draw):
    n, k, m = (draw.one_of(1, 2, 3, 7, 20) for _ in range(3))
    lead = draw.shape(0, 2, 3)
    leads = [lead, draw.broadcastable(lead)]
    a = draw.array((*leads.pop(draw.int(0, 1)), n, k), "usual")
    b = draw.array((*leads[0], k, m), "usual")
    if draw.chance(0.3):  # a vector on either side, or on both
        a = draw.array((k,), "usual") if draw.chance(0.6) else a
        b = draw.array((k,), "usual") if a.ndim > 1 or draw.chance(0.5) else b
    return Case(ops.matmul, torch.matmul, [a, b], f"{a.shape} @ {b.shape}")


@entry
def linear(draw: Draw):
    N, into, out = draw.one_of(0, 1, 2, 5, 33), draw.one_of(1, 3, 17, 40), draw.one_of(1, 2, 19)
    x = draw.one_of((N, into), (N, into), (N, 3, into), (into,))
    arrays = [draw.array(shape, "usual") for shape in [x, (out, into), (out,)]]
    arrays = arrays[: draw.int(2, 3)]
    return Case(ops.linear, F.linear, arrays, f"linear {[a.shape for a in arrays]}")


@entry
def cross_entropy(draw: Draw):
    places = draw.shape(0, 2, 4) if draw.chance(0.5) else ()
    if 0 in places:
        differs("nothing is no result")
        places = ()
    scores = draw.array((draw.one_of(1, 1, 2, 5), draw.int(1, 6), *places))
    labels = draw.rng.integers(0, scores.shape[1], (scores.shape[0], *places))
    labels = labels.astype(draw.one_of(np.int64, np.int64, np.int32, np.uint8))
    options = {}
    if draw.chance(0.3):
        options["label_smoothing"] = draw.one_of(0.1, 0.5, 1.0)
    if draw.chance(0.3):
        options["ignore_index"] = draw.int(0, scores.shape[1] - 1)
        if (labels == options["ignore_index"]).all():
            del options["ignore_index"]
        elif not np.isfinite(scores).all():
            differs("an ignored example")
            del options["ignore_index"]
    weights = [abs(draw.array((scores.shape[1],), "unit")) + draw.dtype(0.01)] * draw.chance(0.3)
    return Case(
        lambda s, t, *w: ops.cross_entropy(s, t, **options, weight=w[0] if w else None),
        lambda s, t, *w: F.cross_entropy(s, t.long(), *w, **options), [scores, labels, *weights],
        f"cross_entropy {scores.shape}, labels {labels.ravel()[:6].tolist()}, {options}"
        f"{', weights' * len(weights)}", gradients=[0],
    )  # fmt: skip


@entry
def binary_cross_entropy(draw: Draw):
    shape = draw.shape(0, 3)
    if 0 in shape:
        differs("nothing is no result")
        shape = ()
    arrays = [draw.array(shape), draw.rng.random(shape).astype(draw.dtype)]
    if np.isinf(arrays[0]).any():
        differs("an infinite score")
        arrays[0] = draw.array(shape, "usual")
    theirs = F.binary_cross_entropy_with_logits
    return Case(ops.binary_cross_entropy, theirs, arrays, f"of {shape}")


@entry
def mse(draw: Draw):
    shape = draw.shape(0, 3)
    if 0 in shape:
        differs("nothing is no result")
        shape = ()
    arrays = [draw.array(shape), draw.array(shape)]
    return Case(ops.mse, F.mse_loss, arrays, f"mse of {shape}")


@entry
def dropout(draw: Draw):
    """Against PyTorch's product with the same mask, which ones show."""
    x, p, seed = draw.array(draw.shape()), draw.one_of(0, 0.1, 0.5, 0.9), draw.int(0, 99)

    def ours(x):
        return ops.dropout(x, p, np.random.default_rng(seed))

    def theirs(x):
        m = ours(np.ones(tuple(x.shape)))
        return x * torch.from_numpy(np.asarray(m)).to(x.dtype)

    return Case(ours, theirs, [x], f"dropout {x.shape} of {p}", pointwise=True)
