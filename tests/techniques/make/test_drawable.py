"""One unit: where it is, what it sees, and that nothing else moves."""

import numpy as np
import pytest

import models
from minigrad.techniques import channel, drawable_unit, excite
from minigrad.techniques.make.drawable import STILL, edge_for_unit, field_of
from minigrad.techniques.make.presets import Preset
from minigrad.techniques.make.starts import within


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4)


@pytest.fixture(scope="module")
def asked(net):
    edge = edge_for_unit(net, "relu2_2")
    return edge, drawable_unit(net, "relu2_2", 5, edge)


def outside(box, shape):
    return within(box, np.zeros(shape, bool), np.ones(shape, bool))


@pytest.mark.parametrize("settings", [{}, STILL, {"regularizers": {"decay": 0.1, "blur": 1.0}},
                                      {"coordinates": "waves", "waves": 1.0}])
def test_only_the_receptive_field_of_a_unit_moves(net, asked, settings):
    edge, objective = asked
    rng = np.random.default_rng(0)
    photo = rng.uniform(0, 255, (1, 3, edge, edge)).astype(np.float32)
    preset = Preset((edge,), 3, rate=9.0, **{"grain": 5.0, **settings})
    *_, last = excite(net, photo, objective, preset=preset, rng=rng)
    box = field_of(net, objective, (edge, edge))
    assert box == (4, 4, 18, 18)                # 14 pixels in the middle of 21
    moved = last.pixels != photo
    assert moved.any() and not moved[outside(box, photo.shape)].any()


def test_around_it_lies_the_mean_colour_where_it_begins_with_noise(net, asked):
    edge, objective = asked
    *_, last = excite(net, None, objective, preset=Preset((32, edge), 2))
    assert last.step == 2 and last.pixels.shape[2:] == (edge, edge)     # a unit has one size
    mean = np.broadcast_to(np.float32(net.mean_colour.reshape(3, 1, 1)), last.pixels.shape)
    border = outside(field_of(net, objective, (edge, edge)), last.pixels.shape)
    np.testing.assert_array_equal(last.pixels[border], mean[border])


def test_a_resumed_unit_goes_on_bit_for_bit(net, asked):
    edge, objective = asked
    preset = Preset((edge,), 5, grain=5.0)
    whole = list(excite(net, None, objective, preset=preset))
    rest = list(excite(net, None, objective, preset=preset, resume=whole[1]))
    np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)


def test_the_unit_is_in_the_centre_or_where_one_says(net):
    assert drawable_unit(net, "relu3_1", 7, 64).place == (7, 8, 8)
    assert drawable_unit(net, "relu3_1", 7, 64, 2, 15).place == (7, 2, 15)
    assert drawable_unit(net, "relu3_1", 7, 64).layers == ("conv3_1",)      # before its relu
    assert drawable_unit(net, "fc7", 7, 64).place == (7,)


def test_what_is_no_unit_has_no_field(net):
    assert field_of(net, channel("relu3_1", 2), (64, 64)) is None
    assert field_of(net, drawable_unit(net, "fc7", 7, 64), (64, 64)) is None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (("relu3_1", 128, 64), "channels 0 … 127, not 128"),
        (("relu3_1", 2, 64, 16, 0), "rows and columns 0–15 at 64 pixels, and no unit at 16, 0"),
        (("fc7", 2, 64, 1, 1), "fc7 has no places, and no unit at 1, 1"),
        (("relu9", 2, 64), "relu9"),
    ],
)
def test_a_unit_that_is_not_there_is_one_sentence(net, asked, sentence):
    with pytest.raises(ValueError, match=sentence):
        drawable_unit(net, *asked)
