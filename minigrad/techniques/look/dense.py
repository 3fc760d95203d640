r"""What is where in a large photo: a classifier at every place, window by window or at once.

A classifier answers for a photo of its own size.  Three steps lead from it to a map of classes, and
from there to a label for every pixel (Long, Shelhamer and Darrell 2015):

    slide       cut a window out at every place, and ask of each what it shows         `sliding`
    at once     pass the whole photo through the fully convolutional network           net.scores
    up again    from a place every s pixels back to every pixel, by straight lines     `class_maps`

Neighbouring windows share most of their pixels, and sliding computes what they share again and
again.  The fully convolutional network (models/convolutional.py) computes it once.  Place (i, j) is
the window that begins at pixel (s·i, s·j), and its middle is where the receptive field has its own,

    p[k, i, j] = softmax_k S[k, i, j]           in pixels at  m + s·(i, j),  m = start + size / 2

Both ways disagree a little: a window that was cut out sees zeros beyond its border in every
convolution, where the photo goes on.  A cut-out that keeps a margin as wide as the receptive field
reaches agrees to the last digits: sliding(…, margin=64) for MiniVGG, whose window of 128 pixels
sees up to 62 more on each side.

Read before: models/convolutional.py.  Read next: occlusion.py, where what slides hides.
"""

from collections.abc import Sequence

from minigrad import ops
from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.look.masks import parts, photos, room_for

TOGETHER = 16  # classes that are brought to the photo's size at a time


def class_maps(net, pixels, *, classes: Sequence[int] | None = None):
    r"""How probable each class is at every pixel, from one pass.

    Args:
        net: a fully convolutional network.
        pixels: (N, 3, H, W), RGB, 0–255; the network's own size at least.
        classes: those that are wanted; all K of them take K · H · W numbers.

    Returns:
        (N, K, H, W) or (N, len(classes), H, W), 0–1; over all classes they sum to 1.

    Raises:
        ValueError: the network is not fully convolutional, or has no such class, or the photo is
            too small.
    """
    p = place_probabilities(net, pixels)
    if classes is not None:
        wrong = [k for k in classes if not 0 <= k < p.shape[1]]
        if wrong or not len(classes):
            raise ValueError(f"classes are {list(classes)}: {net.name} has 0–{p.shape[1] - 1}")
        p = p[:, array_module(p).asarray(classes)]
    return over_photo(net, p, pixels.shape[2:])


def place_probabilities(net, pixels):
    """p[n, k, i, j] = softmax_k S[n, k, i, j]: (N, 3, H, W) → (N, K, rows, columns).

    Raises:
        ValueError: the network is not fully convolutional, or the photo is too small.
    """
    scores = net.scores(photos(pixels))
    if scores.ndim != 4:
        raise ValueError(
            f"{net.name} has one answer for the whole photo: give models.fully_convolutional(net), "
            "which has one for every place"
        )
    return ops.softmax(scores, axis=1)


def over_photo(net, p, size):
    """Bring a map of places to the photo's size, each to the middle of what it sees.

    Between two places the map is a straight line; from the outermost to the border it stays.

    p (N, K, rows, columns), size (H, W) → (N, K, H, W).
    """
    xp, field = array_module(p), net.receptive_field(net.score_layer)
    s, middle = field.stride, field.start + field.size / 2
    rows, columns = p.shape[2:]
    up = ops.upsample_bilinear(p, (s * rows, s * columns))
    first = round(middle - s / 2)                   # the pixel of the photo where `up` begins
    y, x = (
        (xp.arange(n) - first).clip(0, s * places - 1)
        for n, places in zip(size, (rows, columns), strict=True)
    )
    return up[:, :, y[:, None], x]                  # (N, K, H, W)


def likeliest(net, p, size):
    """The likeliest class at every pixel, and how probable it is there.

    A class whose p is below 1 / K at every place is nowhere the largest of K that sum to 1, so few
    of them need be brought to the photo's size.

    p (N, K, rows, columns), size (H, W) → (N, H, W) of whole numbers, and (N, H, W), 0–1.
    """
    xp, (N, K, *_) = array_module(p), p.shape
    possible = [k for k, most in enumerate(to_numpy(p.max(axis=(0, 2, 3)))) if K * most >= 0.999]
    label, largest = xp.zeros((N, *size), int), xp.zeros((N, *size), p.dtype)
    possible = xp.asarray(possible)
    for some in parts(len(possible), TOGETHER):
        maps = over_photo(net, p[:, possible[some]], size)          # (N, some, H, W)
        best = possible[some][maps.argmax(axis=1)]
        label = xp.where(maps.max(axis=1) > largest, best, label)
        largest = xp.maximum(largest, maps.max(axis=1))
    return label, largest


def sliding(
    net, pixels, *, stride: int | None = None, margin: int = 0, batch: int = 32, progress=iter
):
    """The scores of every window, cut out one by one and asked for itself: the slow way.

    Args:
        net: a classifier; or a fully convolutional network, of whose places in each cut-out the one
            is taken that is the window itself.
        pixels: (N, 3, H, W), RGB, 0–255.
        stride: pixels from one window to the next; by default those from place to place at once.
        margin: so many pixels around each window are cut out with it, as far apart as places are,
            or 2, 3, … times as far.  Windows nearer than that to the photo's border are left out.
        batch: how many windows are asked at once.
        progress: wraps the list of batches, as tqdm does.

    Returns:
        (N, K, rows, columns): for windows that begin at margin + stride · (row, column).

    Raises:
        ValueError: a photo smaller than the window and its margin, a margin between two places, or
            one that a classifier, with one answer only, has no use for.
    """
    pixels = photos(pixels)
    apart = max(net.receptive_field(layer).stride for layer in net.layers)
    stride = apart if stride is None else whole("stride", stride, at_least=1)
    edge, (N, _, H, W) = net.input_size + 2 * whole("margin", margin), pixels.shape
    if margin % apart or min(H, W) < edge:
        raise ValueError(f"margin is {margin}: give a multiple of {apart}, such that {edge} pixels "
                         f"fit into the photo, {H}×{W}")
    rows, columns = (range(0, n - edge + 1, stride) for n in (H, W))
    windows = [(n, y, x) for n in range(N) for y in rows for x in columns]
    room, answers = room_for(pixels[:, :, :edge, :edge], len(windows), batch), []
    for several in progress(parts(len(windows), batch)):
        cut = room[: several.stop - several.start]
        for window, (n, y, x) in zip(cut, windows[several], strict=True):
            window[...] = pixels[n, :, y : y + edge, x : x + edge]
        answers.append(_of_the_middle(net, net.scores(cut), margin // apart))
    scores = array_module(pixels).concatenate(answers)              # (N · rows · columns, K)
    return scores.reshape(N, len(rows), len(columns), -1).transpose(0, 3, 1, 2)


def _of_the_middle(net, scores, place: int):
    """The window's own scores: (n, K) of a classifier, or of a map one place → (n, K)."""
    if scores.ndim == 4:
        return scores[:, :, place, place]
    if place:
        raise ValueError(f"{net.name} has one answer for window and margin together: give "
                         "models.fully_convolutional(net)")
    return scores
