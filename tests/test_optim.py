"""Optimisers as steps on arrays: unrolled by hand, on quadratics, and resumed."""

import copy
import itertools

import numpy as np
import pytest

from minigrad.optim import LBFGS, SGD, Adam, constant, cosine, falling


def one(x):
    return {"x": np.array([x])}


def run(optimiser, gradients, lr=0.1, x=0.0):
    params = one(x)
    for g in gradients:
        params = optimiser.step(params, one(g), lr)
    return float(params["x"][0])


def test_plain_sgd_goes_against_the_gradient():
    assert run(SGD(), [2.0, 3.0]) == pytest.approx(-0.1 * 5)


def test_momentum_unrolled():
    # v₁ = 2, v₂ = .9·2 + 3
    assert run(SGD(momentum=0.9), [2.0, 3.0]) == pytest.approx(-0.1 * (2 + (0.9 * 2 + 3)))


def test_nesterov_looks_ahead():
    v1, v2 = 2.0, 0.9 * 2 + 3
    expected = -0.1 * ((2 + 0.9 * v1) + (3 + 0.9 * v2))
    assert run(SGD(momentum=0.9, nesterov=True), [2.0, 3.0]) == pytest.approx(expected)


def test_a_step_of_one_parameter_by_hand():
    """1 − 0.1 · 2."""
    assert run(SGD(), [2.0], x=1.0) == pytest.approx(0.8)


def test_every_parameter_has_a_momentum_of_its_own():
    optimiser, params = SGD(momentum=0.5), {"a": np.array([0.0]), "b": np.array([0.0])}
    gradients = {"a": np.array([2.0]), "b": np.array([-4.0])}
    for _ in range(2):  # 2 + (0.5·2 + 2), and −4 + (−0.5·4 − 4)
        params = optimiser.step(params, gradients, 0.1)
    assert [float(params[name][0]) for name in "ab"] == pytest.approx([-0.5, 1.0])


def test_a_smaller_rate_holds_for_what_was_gathered_before_it_too():
    """v = 2, then 0.5·2 + 2 = 3; x = −0.1·2 − 0.01·3."""
    optimiser, params = SGD(momentum=0.5), one(0.0)
    for lr in (0.1, 0.01):
        params = optimiser.step(params, one(2.0), lr)
    assert float(params["x"][0]) == pytest.approx(-0.23)


def test_weight_decay_is_added_to_the_gradient_of_a_matrix():
    """4 − 0.1 · (2 + 0.5 · 4)."""
    stepped = SGD(weight_decay=0.5).step(one([[4.0]]), one([[2.0]]), 0.1)
    assert float(stepped["x"][0, 0, 0]) == pytest.approx(3.6)


def test_weight_decay_pulls_matrices_to_zero_and_leaves_biases():
    params = {"weight": np.ones((2, 2)), "bias": np.ones(2)}
    still = {name: np.zeros_like(x) for name, x in params.items()}
    stepped = SGD(weight_decay=0.5).step(params, still, lr=0.1)
    assert np.allclose(stepped["weight"], 0.95) and np.allclose(stepped["bias"], 1)


def test_adams_first_step_is_lr_in_the_direction_of_the_sign():
    for g in (1e-3, -50.0):
        assert run(Adam(), [g]) == pytest.approx(-0.1 * np.sign(g), rel=1e-4)


def test_adams_second_step_by_hand():
    """g = 1, 3: m̂ = (0.9·0.1 + 0.1·3) / 0.19, v̂ = (0.99·0.01 + 0.01·9) / 0.0199, β₂ = 0.99."""
    m_hat, v_hat = 0.39 / 0.19, 0.0999 / 0.0199
    expected = -0.1 * (1 + m_hat / np.sqrt(v_hat))
    assert run(Adam(beta2=0.99), [1.0, 3.0]) == pytest.approx(expected)


def test_adams_third_step_by_hand():
    """β₁ = β₂ = ½, g = 1, 1, −1: m̂ = (⅜ − ½) / ⅞ = −1/7, and v̂ is always 1."""
    assert run(Adam(0.5, 0.5), [1.0, 1.0, -1.0]) == pytest.approx(-0.1 * (1 + 1 - 1 / 7))


def test_adam_moves_half_as_far_along_a_gradient_as_small_as_epsilon():
    """m̂ / (√v̂ + ε) = ε / 2ε."""
    assert run(Adam(eps=1e-3), [1e-3]) == pytest.approx(-0.05)


def test_adam_counts_steps_not_parameters_and_each_has_means_of_its_own():
    optimiser, params = Adam(), {"a": np.array([0.0]), "b": np.array([0.0])}
    for _ in range(2):
        params = optimiser.step(params, {"a": np.array([2.0]), "b": np.array([-7.0])}, 0.1)
    assert [float(params[name][0]) for name in "ab"] == pytest.approx([-0.2, 0.2])


def test_adams_decay_does_not_pass_through_the_gradient():
    assert run(Adam(weight_decay=0.5), [0.0], x=2.0) == pytest.approx(2 * (1 - 0.1 * 0.5))


@pytest.mark.parametrize(
    "make", [lambda: SGD(0.9, True, 1e-2), lambda: Adam(weight_decay=0.1)], ids=["SGD", "Adam"]
)
def test_float32_stays_inputs_stay_and_a_saved_state_resumes_exactly(make, rng):
    params = {"w": rng.normal(size=(3, 2)).astype("f4"), "b": rng.normal(size=2).astype("f4")}
    gradients = {name: rng.normal(size=x.shape).astype("f4") for name, x in params.items()}
    for array in (*params.values(), *gradients.values()):
        array.setflags(write=False)
    a = make()
    once = a.step(params, gradients, np.float64(0.1))
    assert all(x.dtype == np.float32 for x in once.values())
    b = make()
    b.state = copy.deepcopy(a.state)
    for x, y in zip(a.step(once, gradients, 0.1).values(), b.step(once, gradients, 0.1).values(),
                    strict=True):
        assert np.array_equal(x, y)


def test_lbfgs_solves_a_quadratic_in_about_as_many_steps_as_it_has_axes(rng):
    A = np.diag([1.0, 3.0, 10.0, 30.0])
    x0 = rng.normal(size=4)
    steps = list(LBFGS().minimise(lambda x: (0.5 * x @ A @ x, A @ x), x0))
    assert min(i for i, now in enumerate(steps) if now.value < 1e-10) < 20
    values = [now.value for now in steps]
    assert values == sorted(values, reverse=True)


def test_lbfgs_finds_rosenbrocks_valley():
    def rosenbrock(x):
        a, b = x
        value = (1 - a) ** 2 + 100 * (b - a * a) ** 2
        return value, np.array([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)])

    *_, (x, value, _) = LBFGS().minimise(rosenbrock, np.array([-1.2, 1.0]))
    assert value < 1e-8 and np.allclose(x, 1, atol=1e-3)


def test_lbfgs_works_on_an_image(rng):
    target = rng.uniform(0, 255, (1, 3, 4, 4))
    start = np.zeros_like(target)
    *_, (x, _, _) = LBFGS().minimise(lambda x: (((x - target) ** 2).sum(), 2 * (x - target)), start)
    assert np.allclose(x, target, atol=1e-3)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_lbfgs_takes_a_first_step_that_float32_can_tell_from_none(scale, rng):
    """Of 300,000 pixels around 128, moved by 1 / Σ|g| of each, none would move at all."""
    target = rng.uniform(0, 255, 300_000).astype("f4")

    def f(x):
        u = x - target
        return scale * float((u * u).mean()), np.float32(2 * scale / u.size) * u

    start = np.full_like(target, 128)
    (first,) = itertools.islice(LBFGS().minimise(f, start), 1)
    assert first.value < 0.9 * f(start)[0]


def test_lbfgs_goes_on_from_its_pairs_as_if_nothing_had_happened(rng):
    A = np.diag(np.geomspace(1, 1e4, 12))

    def f(x):
        return 0.5 * x @ A @ x, A @ x

    whole = list(itertools.islice(LBFGS(4).minimise(f, np.ones(12)), 9))
    x, _, pairs = whole[4]
    resumed = list(itertools.islice(LBFGS(4).minimise(f, x, pairs), 4))
    for one, other in zip(whole[5:], resumed, strict=True):
        assert np.array_equal(one.x, other.x) and one.value == other.value


def test_schedules_at_their_corners():
    assert constant(0.3)(10**6) == 0.3
    rate = cosine(1.0, steps=100, warmup=10)
    assert rate(0) == pytest.approx(0.1) and rate(50) == pytest.approx(0.5)
    assert rate(100) == pytest.approx(0) and rate(500) == pytest.approx(0)
    assert [falling(1.0, [10, 20])(s) for s in (9, 10, 20)] == pytest.approx([1, 0.1, 0.01])
