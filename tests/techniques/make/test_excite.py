"""Pictures by one call: settings, sizes, several at a time, and what ends a run."""

import itertools
import threading

import numpy as np
import pytest
from small import SmallNet, generators

import models
from minigrad import ops
from minigrad.ops.fast import threads
from minigrad.ops.fast.ways import force
from minigrad.rules import guided
from minigrad.techniques.make.drawable import drawable_channel, drawable_class, edge_for
from minigrad.techniques.make.excite import excite, excite_each
from minigrad.techniques.make.loop import Diverged
from minigrad.techniques.make.presets import PRESETS, Preset, preset_for, sizes_up_to
from minigrad.techniques.make.starts import noise
from minigrad.techniques.objectives import Objective, channel, class_score, each
from minigrad.tensor import UnusedRule


class Small(SmallNet):
    """A network that no preset knows."""

    dtype, device, input_size = "float32", "cpu", 16
    mean_colour = np.array([120.0, 110.0, 100.0])

    def __init__(self):
        super().__init__()
        self.w1, self.w2 = self.w1.astype(np.float32), self.w2.astype(np.float32)


@pytest.fixture(autouse=True)
def threads_as_before():
    yield
    threads.use(None)


@pytest.fixture(scope="module")
def shipped():
    return models.load("minivgg")


def last(walk):
    *_, progress = walk
    return progress


# ── One call ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("net", [Small(), models.load("minivgg")], ids=lambda net: net.name)
def test_with_no_settings_at_all_a_class_rises(net):
    steps = []
    for progress in excite(net, None, class_score(2)):
        steps.append(progress)
        if len(steps) == 12:
            break
    assert [progress.step for progress in steps] == list(range(1, 13))
    edge = preset_for(net).sizes[0]
    assert steps[-1].pixels.shape == (1, 3, edge, edge)
    assert steps[-1].pixels.dtype == np.float32
    assert steps[-1].value > steps[0].value


def test_a_picture_grows_through_the_sizes_and_the_steps_are_counted_through():
    made = list(excite(Small(), None, class_score(0), sizes=(8, 12, 20), steps=2))
    assert [progress.step for progress in made] == [1, 2, 3, 4, 5, 6]
    assert [progress.pixels.shape[2] for progress in made] == [8, 8, 12, 12, 20, 20]


@pytest.mark.parametrize("stopped", [1, 4, 5, 7, 11])
def test_a_picture_goes_on_from_any_step_at_the_size_that_it_had(stopped):
    """Four steps at each of three sizes; the last step of one is not yet the first of the next."""
    preset = Preset((8, 12, 16), steps=4, grain=5.0)
    whole = list(excite(Small(), None, class_score(1), preset=preset))
    rest = list(excite(Small(), None, class_score(1), preset=preset, resume=whole[stopped - 1],
                       rng=np.random.default_rng(77)))
    assert [now.step for now in rest] == list(range(stopped + 1, 13))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)


def test_the_same_call_gives_the_same_picture_and_another_generator_another():
    def picture(rng=None):
        return last(excite(Small(), None, class_score(0), steps=3, rng=rng)).pixels

    np.testing.assert_array_equal(picture(), picture())
    assert (picture() != picture(np.random.default_rng(1))).any()
    assert picture(generators(0, 4)).shape == (4, 3, 16, 16)


def test_a_photo_keeps_its_size_and_its_proportions(rng):
    """3:2, as from a camera; with sizes it goes through them by its shorter edge."""
    photo = rng.uniform(0, 255, (1, 3, 20, 30)).astype(np.float32)
    made = excite(Small(), photo, class_score(0), steps=1)
    assert [progress.pixels.shape for progress in made] == [(1, 3, 20, 30)]
    made = excite(Small(), photo, class_score(0), steps=1, sizes=(10, 16))
    assert [progress.pixels.shape[2:] for progress in made] == [(10, 15), (16, 24)]


def test_a_rule_is_what_the_gradient_goes_by():
    def picture(**more):
        return last(excite(Small(), None, channel("relu2", 2), steps=2, **more)).pixels

    assert (picture() != picture(rules={ops.relu: guided})).any()
    with pytest.raises(UnusedRule):
        picture(rules={ops.avg_pool2d: guided})


def test_a_run_that_diverges_at_the_second_size_says_so_and_has_the_last_good_image():
    def value(acts):
        a = acts["relu2"]
        return a.sum() * (np.nan if a.shape[2] > 6 else 1.0)        # sees 12 pixels, then 16

    walk = excite(Small(), None, Objective("trap", ("relu2",), value), sizes=(12, 16), steps=3)
    good = list(itertools.islice(walk, 3))
    with pytest.raises(Diverged, match="after step 3 the image") as error:
        next(walk)
    assert error.value.step == 3 and error.value.last is good[-1]


# ── Presets ─────────────────────────────────────────────────────────────────────────────────────


def test_every_network_has_a_preset_and_a_strange_one_its_own_size():
    for net in map(models.table, models.names()):
        own = net.input_size < 64  # LeNet's digits are no photos
        assert preset_for(net).sizes == (28,) if own else preset_for(net) in PRESETS.values()
    assert preset_for(Small()) == Preset((16,))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"colour": 3}, "no setting 'colour': there are sizes, steps, rate"),
        ({"sizes": 64}, r"sizes is 64: give edges in pixels, as \(64, 90, 128\)"),
        ({"sizes": ()}, "give edges"),
        ({"sizes": (64, 0)}, "an edge in sizes is 0"),
        ({"steps": 0}, "steps is 0: give a whole number, 1 or more"),
        ({"rate": 0}, "rate is 0: give a number above 0"),
        ({"rate": np.nan}, "rate is nan"),
        ({"noise": -1}, "noise is -1"),
        ({"jitter": 2.5}, "jitter is 2.5: give a whole number"),
        ({"zoom": 0.9}, "zoom is 0.9: give a number, 1 or more"),
        ({"grain": np.inf}, "grain is inf"),
        ({"waves": -1}, "waves is -1: give a number, 0 or more"),
        ({"regularizers": "l2"}, "regularizers is 'l2': give strengths by name"),
        ({"regularizers": {"l3": 1}}, "no regularizer 'l3': there are l2, l6"),
        ({"regularizers": {"l2": -1}}, "the strength of l2 is -1"),
        ({"regularizers": {"decay": 1.5}}, "the rate of decay is 1.5"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_before_the_first_step(changes, sentence):
    for call in (excite, lambda net, x, o, **changes: excite_each(net, x, [o], **changes)):
        with pytest.raises((TypeError, ValueError), match=sentence):
            call(Small(), None, class_score(0), **changes)


def test_sizes_in_proportion_leave_out_those_too_small_for_the_network():
    net = models.table("squeezenet1_1")
    assert sizes_up_to(net, 454, (128, 170, 227)) == (256, 340, 454)
    assert sizes_up_to(net, 30, (128, 170, 227)) == (17, 22, 30)
    assert sizes_up_to(net, 20, (128, 170, 227)) == (20,)


# ── What can be drawn ───────────────────────────────────────────────────────────────────────────


def test_a_channel_is_asked_for_before_its_relu_lest_it_be_off(shipped):
    assert drawable_channel(shipped, "relu2_1", 7).layers == ("conv2_1",)
    assert edge_for(shipped, "relu2_1") >= shipped.receptive_field("conv2_1").size
    with pytest.raises(ValueError, match="relu2_1 has channels 0 … 63, not 64"):
        drawable_channel(shipped, "relu2_1", 64)
    with pytest.raises(ValueError, match="no layer 'relu9_1'"):
        drawable_channel(shipped, "relu9_1", 0)


def test_a_score_behind_a_relu_and_a_mean_is_asked_for_before_them():
    net = models.build("squeezenet1_1", classes=4)
    wanted = drawable_class(net, 2)
    assert wanted.layers == ("conv10",)
    x = noise(net, 64, 1, 4.0, np.random.default_rng(0))
    a = net(x, only=["conv10"])
    size = net.output_shapes(until="conv10")["conv10"][1] ** 2
    np.testing.assert_allclose(wanted(a), a["conv10"][:, 2].sum() / size, rtol=1e-5)


# ── Several pictures ────────────────────────────────────────────────────────────────────────────


def each_last(walk):
    return {n: progress.pixels for n, progress in walk}


@pytest.mark.parametrize("way", [None, "columns"])
def test_a_picture_is_the_same_alone_and_in_company_on_any_number_of_threads(shipped, way):
    """Bit for bit: the loop would make another picture of another rounding."""
    wanted = [drawable_class(shipped, k) for k in (3, 40, 77, 12)]

    def pictures(count, chosen):
        threads.use(count)
        rngs = generators(5, 4)
        few = {"steps": 3, "sizes": (40, 64), "rng": [rngs[n] for n in chosen]}
        if way is None:
            return each_last(excite_each(shipped, None, [wanted[n] for n in chosen], **few))
        with force(way):
            return each_last(excite_each(shipped, None, [wanted[n] for n in chosen], **few))

    alone = pictures(1, [2])[0]
    for count in (1, 2, 3):
        np.testing.assert_array_equal(pictures(count, [2])[0], alone)
        np.testing.assert_array_equal(pictures(count, [0, 1, 2, 3])[2], alone)


def test_it_is_the_picture_that_excite_makes():
    wanted = [class_score(1), channel("relu2", 3)]
    made = each_last(excite_each(Small(), None, wanted, steps=3, rng=generators(5, 2)))
    for n, rng in enumerate(generators(5, 2)):
        one = last(excite(Small(), None, wanted[n], steps=3, rng=[rng])).pixels
        np.testing.assert_array_equal(made[n], one)


def test_pictures_may_start_from_images_one_for_each(rng):
    photos = rng.uniform(0, 255, (2, 3, 12, 18)).astype(np.float32)
    wanted = [class_score(1), class_score(2)]
    made = each_last(excite_each(Small(), photos, wanted, steps=1, rate=0.01))
    for n in range(2):
        np.testing.assert_allclose(made[n], photos[n : n + 1], atol=1)
    with pytest.raises(ValueError, match="2 images do not fit 1 objectives: one for each"):
        excite_each(Small(), photos, wanted[:1])
    with pytest.raises(ValueError, match="3 random generators do not fit 2 images"):
        excite_each(Small(), photos, wanted, rng=generators(0, 3))


def waiting(barrier):
    """An objective that can be asked for only while others are being asked for."""
    def value(acts):
        barrier.wait(timeout=20)
        return acts["relu1"].sum()

    return Objective("waiting", ("relu1",), value)


def test_as_many_are_made_at_a_time_as_there_are_threads():
    threads.use(3)
    wanted = [waiting(threading.Barrier(3))] * 6        # were it two at a time, it would break
    assert len(list(excite_each(Small(), None, wanted, steps=2))) == 12


def trap(error, at):
    """An objective that fails when asked for the n-th time."""
    asked = itertools.count()

    def value(acts):
        if next(asked) == at:
            raise error
        return acts["relu1"].sum()

    return Objective("trap", ("relu1",), value)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("stop")], ids=type)
@pytest.mark.parametrize("first", [True, False])
def test_what_ends_one_picture_ends_all_when_their_step_is_done_and_yielded(error, first):
    """Asked once before the first step; so the third step fails, and the other does three."""
    threads.use(2)
    both = threading.Barrier(2)

    def value(acts):
        both.wait(timeout=20)
        return trapped(acts)

    trapped = trap(error, 3)
    wanted = [Objective("trap", ("relu1",), value), waiting(both)]
    done = []
    with pytest.raises(type(error)):
        for n, progress in excite_each(Small(), None, wanted[:: 1 if first else -1], steps=9):
            done.append((n, progress.step))
    bad, good = (0, 1) if first else (1, 0)
    assert sorted(done) == sorted([(bad, 1), (bad, 2), (good, 1), (good, 2), (good, 3)])


def test_nan_in_one_picture_keeps_all_that_was_good_before():
    asked = itertools.count()

    def value(acts):
        return acts["relu1"].sum() * (np.nan if next(asked) == 3 else 1.0)

    threads.use(2)
    wanted = [class_score(1), Objective("nan", ("relu1",), value), class_score(2)]
    done = []
    with pytest.raises(Diverged, match="after step 3"):
        for n, progress in excite_each(Small(), None, wanted, steps=9):
            assert np.isfinite(progress.pixels).all()
            done.append((n, progress.step))
    assert {(0, 1), (0, 2), (1, 1), (1, 2)} <= set(done) <= {
        (0, 1), (0, 2), (0, 3), (1, 1), (1, 2)
    }


def test_one_that_is_left_in_the_middle_goes_no_further():
    asked = []

    def value(acts):
        asked.append(1)
        return acts["relu1"].sum()

    walk = excite_each(Small(), None, [Objective("spy", ("relu1",), value)] * 2, steps=9)
    next(walk)
    walk.close()
    before = len(asked)
    threading.Event().wait(0.1)
    assert len(asked) == before <= 4


def test_a_batch_of_different_wishes_is_one_objective():
    made = last(excite(Small(), None, each([class_score(1), class_score(2)]),
                       rng=generators(0, 2), steps=2))
    assert made.pixels.shape == (2, 3, 16, 16)
