"""Waves as coordinates: a linear map, real, invertible, with the colours of photos."""

import itertools

import numpy as np
import pytest
from small import LinearNet

from minigrad.check import check_gradients
from minigrad.optim import SGD, Adam, constant
from minigrad.techniques import class_score, excite
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.presets import Preset
from minigrad.techniques.make.steps import COLOURS
from minigrad.techniques.make.waves import ascend_waves, picture_of, waves_of
from minigrad.tensor import Tensor, grad

SHAPE = (2, 3, 6, 9)


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.mark.parametrize("power", [0, 0.5, 1, 2])
def test_waves_and_picture_are_inverse_to_each_other(rng, power):
    u = rng.normal(size=SHAPE)
    np.testing.assert_allclose(picture_of(waves_of(u, power), power), u, atol=1e-12)
    np.testing.assert_allclose(waves_of(picture_of(u, power), power), u, atol=1e-12)


def test_the_picture_is_real_and_keeps_its_dtype(rng):
    u = picture_of(rng.normal(size=SHAPE).astype(np.float32))
    assert u.dtype == np.float32 and u.shape == SHAPE


def test_the_map_is_linear(rng):
    a, b = rng.normal(size=(2, *SHAPE))
    np.testing.assert_allclose(
        picture_of(2 * a - 3 * b), 2 * picture_of(a) - 3 * picture_of(b), atol=1e-12
    )


def test_the_gradient_is_the_adjoint(rng):
    """⟨A z, g⟩ = ⟨z, Aᵀ g⟩ for every z and g."""
    z, g = rng.normal(size=(2, *SHAPE))
    Z = Tensor(z)
    (pulled,) = grad((picture_of(Z) * g).sum(), [Z])
    assert (picture_of(z) * g).sum() == pytest.approx((z * pulled).sum(), rel=1e-12)
    check_gradients(lambda z: picture_of(z), rng.normal(size=(1, 3, 3, 4)))


def test_white_waves_have_the_colours_of_photos(rng):
    """E[u uᵀ] over the colours is COLOURS, as L Lᵀ = COLOURS and D keeps lengths."""
    z = np.zeros((3, 3, 6, 9))
    z[[0, 1, 2], [0, 1, 2], 2, 3] = 1           # one colour of one wave in each image
    u = picture_of(z)
    found = np.einsum("ncij,ndij->cd", u, u)
    np.testing.assert_allclose(found / found[0, 0], np.array(COLOURS) / COLOURS[0][0], atol=1e-12)


def test_slow_waves_are_stronger_as_one_over_f(rng):
    def size(row, column, power):
        z = np.zeros((1, 3, 8, 8))
        z[0, 0, row, column] = 1
        return np.sqrt((picture_of(z, power) ** 2).sum())

    assert size(2, 0, 1) / size(4, 0, 1) == pytest.approx(2)
    assert size(0, 3, 2) / size(0, 6, 2) == pytest.approx(4)
    assert size(3, 4, 1) / size(0, 5, 1) == pytest.approx(1)
    assert size(1, 1, 0) == pytest.approx(size(7, 7, 0))


def test_a_gradient_step_in_z_is_a_step_of_A_At_g_in_x():
    """Olah et al. 2017: another space is another metric."""
    net = LinearNet()
    x = np.full((1, 3, 6, 6), 120.0)
    step = ascend_waves(SGD(), constant(0.01), 1.0)
    (after,) = optimize(net, x, class_score(2), step=step, steps=1)
    Z = Tensor(0 * x)
    (pulled,) = grad((picture_of(Z) * net.w[2][None]).sum(), [Z])
    np.testing.assert_allclose(after.pixels - x, 0.01 * picture_of(pulled), atol=1e-11)


def test_a_resumed_run_in_waves_goes_on_bit_for_bit():
    net, x = LinearNet(), np.full((1, 3, 6, 6), 120.0)
    settings = {"step": ascend_waves(Adam(), constant(1.0)), "steps": 6}
    whole = list(optimize(net, x, class_score(1), **settings))
    rest = list(optimize(net, x, class_score(1), **settings, resume=whole[2]))
    for one, other in zip(whole[3:], rest, strict=True):
        np.testing.assert_array_equal(one.pixels, other.pixels)


def test_a_preset_may_step_in_waves_and_the_score_rises():
    preset = Preset((6,), 5, rate=2.0, coordinates="waves", waves=1.0, jitter=0, zoom=1.0)
    x = np.full((1, 3, 6, 6), 120.0)
    first, *_, last = excite(LinearNet(), x, class_score(1), preset=preset)
    assert last.value > first.value
    with pytest.raises(ValueError, match="coordinates is 'wave': give pixels or waves"):
        preset.changed({"coordinates": "wave"})


def test_the_default_is_a_step_in_pixels():
    walks = [
        excite(LinearNet(), np.full((1, 3, 6, 6), 120.0), class_score(1), preset=preset)
        for preset in (Preset((6,), 2), Preset((6,), 2, coordinates="pixels"))
    ]
    for one, other in itertools.zip_longest(*walks):
        np.testing.assert_array_equal(one.pixels, other.pixels)
