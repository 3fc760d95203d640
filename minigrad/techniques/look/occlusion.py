r"""Which parts a score needs: hide each of them in turn, and ask again.

A window slides over the photo x.  Where it stands the photo is hidden by v; the rest is as it was,

    S_p = S(x with v in window p)

so a low S_p says that the window covers what the score comes from (Zeiler and Fergus 2013, section
4.2).  No gradient is needed, and no differentiable network.  Two maps come of it:

    scores[p]   = S_p                                           at each position of the window
    drop[i, j]  = Σ_{p ∋ (i,j)} (S(x) − S_p) / Σ_{p ∋ (i,j)} 1     at each pixel

The drop is divided by how many windows hide the pixel.  Undivided, the border would look
unimportant for no other reason than that fewer windows reach it.

A window begins at each multiple of the stride.  The last of a row begins where it first reaches the
border, and what would stand beyond it is cut off: every pixel is hidden at least once, and the
windows are those of Captum's Occlusion.

What is hidden must be replaced by something, and no colour means nothing: a grey square is a thing
too, and may be what the network then sees.  So compare several fills.

Read before: masks.py.  Read next: rise.py.
"""

import math
from typing import Any, NamedTuple

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import number
from minigrad.ops.sizes import pair
from minigrad.techniques.baselines import blurred, mean_colour
from minigrad.techniques.look.masks import always_the_same, parts, photos, room_for
from minigrad.techniques.objectives import Objective, activations

FILLS = "mean", "grey", "blur", "noise"
GREY = 127.5


class Occluded(NamedTuple):
    """What hiding did: at each position of the window, and at each pixel."""

    scores: Any       # (N, rows, columns): the objective
    drop: Any         # (N, H, W): by how much hiding the pixel lowers it, on average
    probability: Any  # (N, rows, columns): of the objective's class; None if it has none
    taking_over: Any  # (N, rows, columns): the likeliest class; None for what is inside


def occlusion(
    net, pixels, objective: Objective, *, window=None, stride=None, fill="mean", rng=None,
    batch: int = 32, progress=iter,
) -> Occluded:  # fmt: skip
    """Hide each part of a photo in turn, and see what is left of the objective.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S, which is asked again at every position.
        window: its edge in pixels, or (rows, columns); by default a sixth of the shorter edge.
        stride: pixels from one position to the next, or (down, right); by default a third of it.
        fill: what hides: "mean", the colour that the network sees as zero; "grey"; "blur", the
            photo itself without what is smaller than the window; "noise"; or a colour (R, G, B).
        rng: for the noise, a numpy Generator; None draws the same every time.
        batch: how many positions are asked at once.
        progress: wraps the list of batches, as tqdm does.

    Returns:
        Occluded: scores, drop, probability and taking_over.

    Raises:
        TypeError, ValueError: a window larger than the photo, a stride of 0 or one that leaves out
            pixels, or an unknown fill.
    """
    pixels = photos(pixels)
    xp, (N, _, H, W) = array_module(pixels), pixels.shape
    window, stride = window_and_stride(window, stride, H, W)
    rows, columns = (places(*axis) for axis in zip((H, W), window, stride, strict=True))
    v = filling(net, pixels, fill, window, rng)
    positions = [(r, c) for r in rows for c in columns]
    room, answers = room_for(pixels, len(positions), batch), [[] for _ in range(N)]
    for several in progress(parts(len(positions), batch)):
        for photo, hidden, answer in zip(pixels, v, answers, strict=True):
            shown = hide(room, photo, hidden, positions[several])
            acts = activations(net, shown, objective)
            answer.append((objective.of_each(acts), acts.get(net.score_layer)))

    def at_each_position(i):
        whole = [xp.concatenate([said[i] for said in answer]) for answer in answers]
        return xp.stack(whole).reshape(N, len(rows), len(columns), *whole[0].shape[1:])

    S = [objective.of_each(activations(net, pixels[n : n + 1], objective)) for n in range(N)]
    scores = at_each_position(0)                                                # (N, rows, columns)
    drop = per_pixel(xp.stack(S)[:, :, None] - scores, rows, columns, (H, W))
    if answers[0][0][1] is None:  # the pass stopped before the scores
        return Occluded(scores, drop, None, None)
    p = ops.softmax(at_each_position(1))                                    # (N, rows, columns, K)
    k = objective.k
    return Occluded(scores, drop, None if k is None else p[..., k], p.argmax(axis=-1))


def hide(room, photo, v, positions: list[tuple[slice, slice]]):
    """Copies of a photo, each with v in one window and the photo itself everywhere else.

    Args:
        room: (P or more, 3, H, W), which is written over and of which the copies are the first.
        photo: (3, H, W), which stays as it is.
        v: what hides, (3, H, W).
        positions: P windows, (rows, columns).

    Returns:
        (P, 3, H, W)
    """
    shown = room[: len(positions)]
    shown[...] = photo
    for copy, (rows, columns) in zip(shown, positions, strict=True):
        copy[:, rows, columns] = v[:, rows, columns]
    return shown


def per_pixel(d, rows: list[slice], columns: list[slice], size):
    r"""The mean of d over the windows that hide a pixel: (N, rows, columns) → (N, H, W).

    A row of windows hides the same rows of the photo, a column of windows the same columns.

    With R[p, i] = 1 where the windows of row p hide row i of the photo, and C likewise,

        drop = Rᵀ d C / Rᵀ 1 C
    """
    xp = array_module(d)
    R, C = (_hides(xp, axis, n, d.dtype) for axis, n in zip((rows, columns), size, strict=True))
    return R.T @ d @ C / (R.T @ xp.ones_like(d[0]) @ C)


def filling(net, pixels, fill, window, rng=None):
    """v, what hides each photo: (N, 3, H, W), the same noise for each of them.

    Raises:
        TypeError, ValueError: there is no such fill, or it is no colour.
    """
    xp = array_module(pixels)
    if isinstance(fill, str) and fill == "blur":
        return blurred(pixels, max(window) / 2)
    if isinstance(fill, str) and fill == "noise":
        drawn = always_the_same(rng).uniform(0, 255, pixels.shape[1:]).astype(pixels.dtype)
        return xp.broadcast_to(xp.asarray(drawn), pixels.shape)
    if isinstance(fill, str) and fill == "mean":
        colour = mean_colour(net, pixels)
    else:
        colour = xp.asarray(_colour(fill), pixels.dtype).reshape(3, 1, 1)
    return xp.broadcast_to(colour, pixels.shape)


def window_and_stride(window, stride, H: int, W: int):
    """Complete and check them: (rows, columns) and (down, right), in pixels.

    Raises:
        TypeError, ValueError: as `occlusion`.
    """
    window = pair("window", max(1, min(H, W) // 6) if window is None else window, at_least=1)
    if window[0] > H or window[1] > W:
        raise ValueError(f"a window of {window[0]}×{window[1]} pixels is larger than the photo, "
                         f"{H}×{W}")
    stride = [max(1, n // 3) for n in window] if stride is None else stride
    stride = pair("stride", stride, at_least=1)
    if stride[0] > window[0] or stride[1] > window[1]:
        raise ValueError(f"a stride of {stride[0]}×{stride[1]} is larger than the window, "
                         f"{window[0]}×{window[1]}: some pixels would never be hidden")
    return window, stride


def places(n: int, window: int, stride: int) -> list[slice]:
    """Where the window stands along n pixels: at every multiple of the stride, to the border."""
    last = math.ceil((n - window) / stride) * stride
    return [slice(i, min(i + window, n)) for i in range(0, last + 1, stride)]


def _colour(fill):
    if isinstance(fill, str) and fill == "grey":
        return [GREY] * 3
    if isinstance(fill, str) or not hasattr(fill, "__len__") or len(fill) != 3:
        raise ValueError(f"fill is {fill!r}: give {', '.join(FILLS)}, or a colour (R, G, B)")
    return [number("a colour of fill", c, at_least=0, at_most=255) for c in fill]


def _hides(xp, positions: list[slice], n: int, dtype):
    hides = np.zeros((len(positions), n), dtype)
    for row, place in zip(hides, positions, strict=True):
        row[place] = 1
    return xp.asarray(hides)
