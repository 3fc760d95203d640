"""Hiding parts of a photo: what a linear score says of it is known in closed form."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import LinearNet, SmallNet

import models
from minigrad.techniques import occlusion
from minigrad.techniques.baselines import blurred
from minigrad.techniques.look.occlusion import hide, per_pixel
from minigrad.techniques.objectives import class_probability, class_score, energy, unit

SCORE = class_score(1)
SIZE = 9, 11


@pytest.fixture
def x(rng):
    return rng.uniform(0, 255, (2, 3, *SIZE))


@pytest.fixture
def square(x):
    return x[..., :9]


def by_hand(net, x, v, window, stride):
    """Scores at every position, and the drop per pixel, in four loops: one photo (3, H, W)."""
    H, W = x.shape[1:]
    rows = range(0, -(-(H - window[0]) // stride[0]) * stride[0] + 1, stride[0])
    columns = range(0, -(-(W - window[1]) // stride[1]) * stride[1] + 1, stride[1])
    whole = net(x[None]).scores[0, 1]
    scores, drop, times = np.empty((len(rows), len(columns))), np.zeros((H, W)), np.zeros((H, W))
    for r, top in enumerate(rows):
        for c, left in enumerate(columns):
            hidden = x.copy()
            place = slice(top, top + window[0]), slice(left, left + window[1])
            hidden[(slice(None), *place)] = v[(slice(None), *place)]
            scores[r, c] = net(hidden[None]).scores[0, 1]
            drop[place] += whole - scores[r, c]
            times[place] += 1
    return scores, drop / times


def hidden(photo, positions, v):
    """Copies of a photo (1, H, W), in a room of old copies that is one too large."""
    photo, v = np.array(photo, float), np.array(v, float)
    room = np.full((len(positions) + 1, *photo.shape), 7.0)
    return hide(room, photo, v, positions)


def test_in_each_copy_one_window_is_hidden_and_the_rest_is_the_photo():
    """1 2 3, a window of two pixels at either end, hidden by −4 −5 −6."""
    ends = [(slice(0, 1), slice(0, 2)), (slice(0, 1), slice(1, 3))]
    assert_allclose(hidden([[[1, 2, 3]]], ends, [[[-4, -5, -6]]]), [[[[-4, -5, 3]]],
                                                                    [[[1, -5, -6]]]])


def test_a_window_has_rows_and_columns():
    corner = [(slice(0, 1), slice(1, 2))]
    assert_allclose(hidden([[[1, 2], [3, 4]]], corner, [[[9, 9], [9, 9]]]), [[[[1, 9], [3, 4]]]])


def test_a_window_hides_all_colours():
    assert_allclose(hidden([[[1]], [[2]], [[3]]], [(slice(0, 1), slice(0, 1))],
                           [[[7]], [[8]], [[9]]]), [[[[7]], [[8]], [[9]]]])


def test_hiding_leaves_the_photo_as_it_was():
    photo = np.ones((3, 2, 2))
    photo.setflags(write=False)  # to write it would raise
    hide(np.zeros((1, 3, 2, 2)), photo, 0 * photo, [(slice(0, 2), slice(0, 2))])


def test_a_pixel_that_two_windows_hide_gets_the_mean_of_both_drops():
    """Three pixels, windows of two: the drops 6 and 2."""
    drops = per_pixel(np.array([[[6.0, 2.0]]]), [slice(0, 1)], [slice(0, 2), slice(1, 3)], (1, 3))
    assert_allclose(drops, [[[6, 4, 2]]])


def test_rows_of_windows_hide_rows_of_pixels():
    rows, columns = [slice(0, 1), slice(1, 3)], [slice(0, 2)]
    drops = per_pixel(np.array([[[2.0], [6.0]], [[1.0], [-3.0]]]), rows, columns, (3, 2))
    assert_allclose(drops, [[[2, 2], [6, 6], [6, 6]], [[1, 1], [-3, -3], [-3, -3]]])


def test_the_middle_of_nine_pixels_is_hidden_by_four_windows():
    halves = [slice(0, 2), slice(1, 3)]
    drops = per_pixel(np.array([[[4.0, 8.0], [16.0, 32.0]]]), halves, halves, (3, 3))
    assert_allclose(drops, [[[4, 6, 8], [10, 15, 20], [16, 24, 32]]])


@pytest.mark.parametrize(("window", "stride"), [
    (3, 1), (3, 3), (4, 3), (5, 2), ((2, 7), (1, 3)), (9, 4), ((9, 11), 1), (1, 1),
])
def test_scores_and_drop_are_those_of_the_definition(x, window, stride):
    net = SmallNet()
    found = occlusion(net, x, SCORE, window=window, stride=stride, batch=5)
    v = np.broadcast_to(net.mean_colour[:, None, None], x.shape[1:])
    both = [(n, n) if isinstance(n, int) else n for n in (window, stride)]
    for n, photo in enumerate(x):
        scores, drop = by_hand(net, photo, v, *both)
        assert np.allclose(found.scores[n], scores, rtol=1e-12)
        assert np.allclose(found.drop[n], drop, rtol=1e-9, atol=1e-9)


def test_the_drop_of_a_linear_score_is_what_the_window_held(square):
    """S(x) − S_p = Σ_window w · (x − v)"""
    net = LinearNet(9)
    found = occlusion(net, square, SCORE, window=3, stride=2, fill="grey")
    held = (net.w[1] * (square - 127.5)).sum(axis=1)                                 # (N, H, W)
    S = net(square).scores[:, 1]
    for r, c in np.ndindex(found.scores.shape[1:]):
        window = held[:, 2 * r : 2 * r + 3, 2 * c : 2 * c + 3].sum(axis=(1, 2))
        assert np.allclose(S - found.scores[:, r, c], window)


def test_pixel_by_pixel_a_linear_score_is_all_told(square):
    """1×1, stride 1: the drops sum to S(x) − S(v), and each is w · (x − v)."""
    net = LinearNet(9)
    v = net.mean_colour[:, None, None]
    drop = occlusion(net, square, SCORE, window=1).drop
    assert np.allclose(drop, (net.w[1] * (square - v)).sum(axis=1))
    lost = net(square).scores[:, 1] - net(0 * square + v).scores[:, 1]
    assert np.allclose(drop.sum(axis=(1, 2)), lost)


@pytest.mark.parametrize("window", range(1, 10))
def test_every_pixel_is_hidden_whatever_window_and_stride(square, window):
    """Where all positions drop alike, so does every pixel: none is forgotten."""

    class Constant(LinearNet):
        """A score of 1 for the photos as they are, and of 0 for everything else."""

        def __call__(self, seen, only=None):
            acts = super().__call__(seen)
            same = [(one == square).all(axis=(1, 2, 3)).any() for one in seen]
            acts["scores"] = np.array(same, float)[:, None].repeat(5, axis=1)
            return acts

    for stride in range(1, window + 1):
        found = occlusion(Constant(9), square, SCORE, window=window, stride=stride)
        assert not found.scores.any() and np.allclose(found.drop, 1)


def test_the_default_window_grows_with_the_photo():
    for edge in (60, 120):
        net, x = LinearNet(edge), np.zeros((1, 3, edge, edge)) + 9
        assert occlusion(net, x, SCORE).scores.shape == (1, 18, 18)


# ── What hides ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("fill", "v"), [
    ("mean", lambda x: LinearNet.mean_colour[:, None, None]),
    ("grey", lambda x: 127.5),
    ((255, 0, 40.5), lambda x: np.array([255, 0, 40.5])[:, None, None]),
    ("blur", lambda x: blurred(x, 2.0)),
])
def test_what_stands_in_the_window_is_the_fill(square, fill, v):
    net = LinearNet(9)
    drop = occlusion(net, square, SCORE, window=4, stride=4, fill=fill).drop
    held = (net.w[1] * (square - v(square)))[:, :, :4, :4]
    assert np.allclose(drop[:, 0, 0], held.sum(axis=(1, 2, 3)))


def test_noise_is_the_same_without_a_generator_and_another_with_another(square):
    net = LinearNet(9)
    one, same, other = (
        occlusion(net, square, SCORE, window=4, fill="noise", rng=rng).scores
        for rng in (None, np.random.default_rng(0), np.random.default_rng(1))
    )
    assert np.array_equal(one, same) and not np.allclose(one, other)


def test_a_photo_gets_its_own_answer_in_any_batch(x):
    net = SmallNet()
    together = occlusion(net, x, SCORE, window=4, fill="noise", batch=7)
    for n in range(2):
        alone = occlusion(net, x[n : n + 1], SCORE, window=4, fill="noise", batch=64)
        for ours, theirs in zip(together, alone, strict=True):
            assert ours is theirs or np.allclose(ours[n], theirs[0], rtol=1e-12)


def test_the_photo_is_left_as_it_was(x):
    before = x.copy()
    occlusion(SmallNet(), x, SCORE, window=4)
    assert np.array_equal(x, before)


# ── What else is known at every position ────────────────────────────────────────────────────────


def test_the_probability_and_the_class_that_takes_over_are_those_of_the_scores(x):
    net = SmallNet()
    of_all = [occlusion(net, x, class_score(k), window=4) for k in range(5)]
    scores = np.stack([one.scores for one in of_all], axis=-1)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    for k, one in enumerate(of_all):
        assert np.allclose(one.probability, e[..., k] / e.sum(axis=-1))
        assert np.array_equal(one.taking_over, scores.argmax(axis=-1))


def test_the_probability_can_be_asked_for_itself(x):
    found = occlusion(SmallNet(), x, class_probability(1), window=4)
    assert np.allclose(found.scores, found.probability)


def test_two_classes_have_no_probability_and_a_layer_inside_has_no_class(x):
    both = occlusion(SmallNet(), x, class_score(1) - class_score(2), window=4)
    assert both.probability is None and both.taking_over.shape == both.scores.shape
    inside = occlusion(SmallNet(), x, unit("relu1", 2, 4, 5), window=4)
    assert inside.probability is None and inside.taking_over is None


def test_a_unit_does_not_notice_what_it_does_not_see(x):
    drop = occlusion(SmallNet(), x, unit("conv1", 2, 4, 5), window=1).drop
    assert drop[:, 3:6, 4:7].all()
    drop[:, 3:6, 4:7] = 0
    assert not drop.any()


def test_no_batch_makes_a_new_array_and_the_progress_sees_each(x):
    net, seen, told = SmallNet(), set(), []

    class Watched:
        name, layers, score_layer, mean_colour = (
            net.name, net.layers, net.score_layer, net.mean_colour
        )

        def __call__(self, pixels, only=None):
            seen.add(pixels.__array_interface__["data"][0])
            return net(pixels, only)

    def progress(batches):
        for one in batches:
            told.append(one)
            yield one

    occlusion(Watched(), x[:1], energy("relu1"), window=3, batch=8, progress=progress)
    assert len(told) == 8 and len(seen) == 2  # the room of all batches, and the photo itself


def test_float32_stays_float32_on_the_shipped_network():
    net = models.build("minivgg", classes=4)
    x = np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype("float32")
    for fill in ("mean", "grey", "blur", "noise"):
        found = occlusion(net, x, SCORE, window=16, fill=fill)
        assert {a.dtype.name for a in found[:3]} == {"float32"}


# ── Nonsense ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"window": 10}, "a window of 10×10 pixels is larger than the photo, 9×11"),
    ({"window": (3, 12)}, "a window of 3×12 pixels is larger than the photo, 9×11"),
    ({"window": 0}, "window is 0: give a whole number, 1 or more"),
    ({"stride": 0}, "stride is 0: give a whole number, 1 or more"),
    ({"window": 3, "stride": 4}, "some pixels would never be hidden"),
    ({"batch": 0}, "batch is 0"),
    ({"fill": "gray"}, "fill is 'gray': give mean, grey, blur, noise, or a colour"),
    ({"fill": (1, 2)}, "or a colour"),
    ({"fill": 3}, "or a colour"),
    ({"fill": (1, 2, 256)}, "give a number from 0 to 255"),
])
def test_nonsense_is_one_sentence(x, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        occlusion(SmallNet(), x, SCORE, **settings)


@pytest.mark.parametrize("pixels", [np.zeros((3, 9, 9)), np.zeros((0, 3, 9, 9))])
def test_what_is_no_photo_is_said(pixels):
    with pytest.raises(ValueError, match="there are no photos"):
        occlusion(SmallNet(), pixels, SCORE)
