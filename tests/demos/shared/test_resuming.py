"""Where a run stood is written to a file, and nothing of it is lost on the way."""

import itertools

import numpy as np
import pytest

import models
from demos.shared import resuming
from demos.shared.image_run import carry_out
from minigrad.optim import SGD, Adam, constant
from minigrad.techniques import class_score, excite
from minigrad.techniques.make.loop import Diverged, optimize
from minigrad.techniques.make.regularizers import l2
from minigrad.techniques.make.starts import noise
from minigrad.techniques.make.steps import ascend, quasi_newton
from minigrad.techniques.make.transforms import jitter


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4)


@pytest.mark.parametrize(
    ("step", "more"),
    [
        (ascend(Adam(), constant(2.0)), {"transforms": [jitter(3)]}),
        (ascend(SGD(momentum=0.9), constant(2.0)), {}),
        (quasi_newton(3), {"penalties": [lambda u: 1e-6 * l2(u)]}),
    ],
    ids=["Adam", "SGD", "L-BFGS"],
)
def test_a_run_goes_on_from_its_file_bit_for_bit(net, step, more, tmp_path):
    start = noise(net, 40, 1, 20.0, np.random.default_rng(3))
    given = net, start, class_score(2)
    settings = {"step": step, "steps": 6, **more}
    whole = list(optimize(*given, **settings))
    file = tmp_path / "some_state.npz"
    file.write_bytes(resuming.written([None, whole[2]]))
    none, stood = resuming.read(file, "cpu")
    assert none is None and stood.step == 3 and stood.value == whole[2].value
    rest = list(optimize(*given, **settings, resume=stood))
    for one, other in zip(whole[3:], rest, strict=True):
        assert one.pixels.dtype == other.pixels.dtype
        np.testing.assert_array_equal(one.pixels, other.pixels)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 half a file", b"text"])
def test_a_damaged_file_is_one_sentence(content, tmp_path):
    file = tmp_path / "some_state.npz"
    file.write_bytes(content)
    with pytest.raises(ValueError, match="some_state.npz is damaged, or no state of a run"):
        resuming.read(file, "cpu")


def steps(net, error=None, after=3):
    walk = excite(net, None, class_score(1), sizes=(36,), steps=5)
    yield from itertools.islice(walk, after)
    if error:
        raise error
    yield from walk


def test_a_whole_run_leaves_no_state_and_a_film_of_its_way(net):
    ended = carry_out(steps(net), 5, film=True)
    assert ended.progress.step == 5 and ended.error is None and ended.state == []
    assert len(ended.film) == 5 and ended.film[0].shape == (3, 36, 36)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Diverged(4, None), MemoryError()])
def test_what_ends_a_run_early_keeps_its_last_image_and_its_state(net, error):
    ended = carry_out(steps(net, error), 5)
    assert ended.error is error and ended.progress.step == 3 and ended.state == [ended.progress]


def test_a_run_that_ends_before_its_first_step_has_no_image(net):
    ended = carry_out(steps(net, KeyboardInterrupt(), after=0), 5)
    assert ended.progress is None and ended.state == []
