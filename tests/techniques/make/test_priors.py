"""Named presets, and settings that change from size to size."""

import numpy as np
import pytest
from small import LinearNet

import models
from minigrad.techniques import class_score, excite, preset_for
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.presets import Preset
from minigrad.techniques.make.priors import EDGES, prior, priors_for


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4)


def test_every_prior_makes_a_picture_on_every_kind_of_network(net):
    for name, one in priors_for(net).items():
        small = one.preset.changed({"sizes": (32,), "steps": 1})
        (made,) = excite(net, None, class_score(1), preset=small)
        assert np.isfinite(made.pixels).all() and one.title, name
    assert priors_for(models.table("vgg16")).keys() == priors_for(net).keys()


def test_the_networks_own_preset_is_the_prior_called_photos(net):
    assert prior(net, "photos").preset == preset_for(net)


def test_without_a_prior_a_step_is_the_gradient_alone(net):
    preset = prior(net, "none").preset
    settings = preset.loop_settings(32)
    assert not (settings["penalties"] or settings["corrections"] or settings["transforms"])


def test_the_lectures_program_is_in_units_of_the_networks_deviation(net):
    """Adam at 0.1, 250 steps, N(0, .01), weight · edge energy − score: all of u / σ."""
    preset, sigma = prior(net, "lecture").preset, 255 * np.mean([0.229, 0.224, 0.225])
    assert preset.steps == 250 and preset.rate == pytest.approx(0.1 * sigma)
    assert preset.noise == pytest.approx(0.01 * sigma) and not preset.fading
    assert preset.regularizers == {"edges": pytest.approx(EDGES / sigma**2)}
    assert prior(net, "lecture").stretched


def test_a_prior_that_is_not_there_is_one_sentence(net):
    with pytest.raises(ValueError, match="no preset 'lectur'; did you mean lecture"):
        prior(net, "lectur")


def test_sgd_steps_along_the_gradient_itself():
    net, x = LinearNet(), np.full((1, 3, 6, 6), 120.0)
    preset = Preset((6,), 3, rate=2.0, optimiser="sgd", fading=False, waves=None, jitter=0, zoom=1)
    *_, last = optimize(net, x, class_score(2), **preset.loop_settings(6))
    np.testing.assert_allclose(last.pixels - x, 6 * net.w[2][None], atol=1e-11)


def test_steps_and_rates_may_differ_from_size_to_size():
    preset = Preset((8, 16, 32), (5, 3, 1), rate=(9.0, 1.0))
    assert preset.steps_at(3) == [5, 3, 1] and preset.steps_at(1) == [5]
    assert preset.steps_at(4) == [5, 3, 1, 1]
    net, seen = LinearNet(edge=12), []
    x = np.full((1, 3, 12, 12), 120.0)
    for progress in excite(net, x, class_score(1), preset=preset, sizes=(12, 12, 12)):
        seen.append(progress.step)
    assert seen == list(range(1, 10))


def test_a_run_of_several_step_counts_is_resumed_in_the_size_where_it_stood():
    net, x = LinearNet(edge=12), np.full((1, 3, 12, 12), 120.0)
    given = (net, x, class_score(1))
    settings = {"preset": Preset((8,), (4, 2, 3)), "sizes": (12, 12, 12)}
    whole = list(excite(*given, **settings))
    for stood in (2, 3, 4, 5, 6):
        rest = list(excite(*given, **settings, resume=whole[stood]))
        assert [p.step for p in rest] == list(range(stood + 2, 10))
        np.testing.assert_array_equal(rest[-1].pixels, whole[-1].pixels)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"steps": ()}, "steps is empty"),
        ({"steps": (3, 0)}, "steps is 0: give a whole number, 1 or more"),
        ({"rate": (1.0, float("nan"))}, "rate is nan"),
        ({"optimiser": "rmsprop"}, "optimiser is 'rmsprop': give adam or sgd"),
    ],
)
def test_settings_that_make_no_sense_are_one_sentence(wrong, sentence):
    with pytest.raises(ValueError, match=sentence):
        Preset((8,), **wrong)
