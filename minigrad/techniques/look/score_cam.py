r"""Grad-CAM without a gradient: a feature map counts as much as the score of what it shows.

Channel k of a late layer fires at some places of the photo.  Show those places alone, and see what
the network says (Score-CAM, Wang et al. 2020):

    H_k = (U_k − min U_k) / (max U_k − min U_k)     U_k = A^k, enlarged to the photo
    C_k = S(x ∘ H_k) − S(v)                         the increase over a photo that shows nothing
    α_k = exp C_k / Σ_j exp C_j
    L   = relu(Σ_k α_k A^k)

with v the mean colour.  S(v) is the same for every channel and cancels in α; it stands here as in
the paper.  A channel that is the same everywhere shows no place, and has no part in the sum.

What a gradient says of a channel holds for small changes.  Here a channel is judged by what is left
when all else is hidden, at the price of one pass for each channel.

Read before: rise.py and grad_cam.py.  Read next: relevance.py.
"""

import math

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import whole
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.look.grad_cam import cam_layer, coarse, enlarged
from minigrad.techniques.look.masks import behind, parts, photos, room_for
from minigrad.techniques.objectives import SCORES, Objective, activations


def score_cam(
    net, pixels, objective: Objective, *, layer: str | None = None, channels: int | None = None,
    batch: int = 32, progress=iter,
):  # fmt: skip
    """relu(Σ_k α_k A^k), each channel weighted by the score of what it shows.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S.
        layer: whose channels they are; by default `cam_layer(net, objective)`.
        channels: how many of them to ask about, those that fire most; by default all.
        batch: how many channels are asked at once.
        progress: wraps the list of batches, as tqdm does.

    Returns:
        (N, H, W), 0 or more, in activations of the layer.

    Raises:
        ValueError: the layer is none, has no rows and columns or lies above the objective, or all
            of its channels are the same everywhere.
    """
    pixels = photos(pixels)
    xp, size = array_module(pixels), pixels.shape[2:]
    layer = layer or cam_layer(net, objective, size)
    A, C = activations(net, pixels, _layer(layer))[layer], []                   # (N, K, h, w)
    _check_below(net, layer, objective)
    if A.ndim != 4 or min(A.shape[2:]) < 2:
        raise ValueError(f"a unit of {layer} sees the whole photo, and shows no part of it: give a "
                         "layer with rows and columns")
    if channels is not None:
        A = that_fire_most(A, whole("channels", channels, at_least=1))
    v, room = mean_colour(net, pixels), room_for(pixels, A.shape[1], batch)
    for n, several in progress([(n, k) for n in range(len(A)) for k in parts(A.shape[1], batch)]):
        H = shown_by(A[n : n + 1, several], size)[0]                            # (n, H, W)
        versions = room[: len(H)]
        behind(pixels[n], H, v, versions)
        C.append(objective.of_each(activations(net, versions, objective)))
    nothing = activations(net, xp.zeros_like(pixels[:1]) + v, objective)
    # C_k = S(x ∘ H_k) − S(v)
    C = xp.concatenate(C).reshape(A.shape[:2]) - objective.of_each(nothing)     # (N, K)
    return enlarged(coarse(A, weights(A, C)), size)


def that_fire_most(A, count: int):
    """The channels of each photo with the largest mean: (N, K, h, w) → (N, count, h, w)."""
    xp = array_module(A)
    first = xp.argsort(-A.mean(axis=(2, 3)), axis=1)[:, :count]
    return xp.take_along_axis(A, first[:, :, None, None], axis=1)


def shown_by(A, size: tuple[int, int]):
    """H_k = (U_k − min U_k) / (max U_k − min U_k), U_k being A^k at the photo's size.

    A (N, K, h, w), size (H, W) → (N, K, H, W), from 0 to 1; 0 for a channel that is flat.
    """
    xp, U = array_module(A), ops.upsample_bilinear(A, size)
    low, high = (f(axis=(2, 3), keepdims=True) for f in (U.min, U.max))
    return (U - low) / xp.where(high > low, high - low, 1)


def weights(A, C):
    """α_k = exp C_k / Σ_j exp C_j over the channels that are not flat: (N, K) → (N, K, 1, 1).

    Raises:
        ValueError: all channels are flat.
    """
    flat = A.max(axis=(2, 3)) == A.min(axis=(2, 3))                             # (N, K)
    if bool(flat.all(axis=1).any()):
        raise ValueError("every channel of the layer is the same everywhere in a photo, so none "
                         "shows a part of it: give another layer")
    return ops.softmax(array_module(A).where(flat, -math.inf, C), axis=1)[:, :, None, None]


def _check_below(net, layer: str, objective: Objective):
    asked = [net.score_layer if name == SCORES else name for name in objective.layers]
    order = list(net.layers)
    if order.index(layer) >= max(map(order.index, asked)):
        raise ValueError(f"{objective.name} does not depend on {layer}: give a layer that lies "
                         "below it")


def _layer(name: str) -> Objective:
    return Objective(f"Score-CAM at {name}", (name,), lambda acts: acts[name])
