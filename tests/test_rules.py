"""The three rules: a truth table, closed forms, and what must not depend on the photo."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops
from minigrad.rules import backpropagation, deconvnet, guided

RULES = [backpropagation, deconvnet, guided]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        #                 x > 0: yes  yes  no   no
        #                 g > 0: yes  no   yes  no
        (backpropagation, [[3.0, -5.0], [0.0, 0.0]]),
        (deconvnet, [[3.0, 0.0], [7.0, 0.0]]),
        (guided, [[3.0, 0.0], [0.0, 0.0]]),
    ],
    ids=["backpropagation", "deconvnet", "guided"],
)
def test_the_truth_table(rule, expected):
    x = Tensor(np.array([[1.0, 2.0], [-1.0, -2.0]]))
    seed = np.array([[3.0, -5.0], [7.0, -9.0]])
    found, = grad(ops.relu(x), [x], seed=seed, rules={ops.relu: rule})
    assert np.array_equal(found, expected)


def test_backpropagation_is_relus_own_gradient(rng):
    x, seed = Tensor(rng.normal(size=50)), rng.normal(size=50)
    own, = grad(ops.relu(x), [x], seed=seed)
    ruled, = grad(ops.relu(x), [x], seed=seed, rules={ops.relu: backpropagation})
    assert np.array_equal(own, ruled)


def test_guided_is_the_product_of_both_masks(rng):
    g, x = rng.normal(size=(2, 100))
    assert np.array_equal(guided(g, x), backpropagation(deconvnet(g, x), x))
    assert np.array_equal(guided(g, x), g * (g > 0) * (x > 0))


def test_at_zero_nothing_passes():
    zero, one = np.zeros(1), np.ones(1)
    assert backpropagation(one, zero) == 0 and guided(one, zero) == 0
    assert deconvnet(zero, one) == 0


def hidden_layer(rng):
    """f(x) = Σ_j v_j relu(w_j · x)."""
    return rng.normal(size=(6, 5)), rng.normal(size=(1, 6)), rng.normal(size=(1, 5))


def ruled_gradient(w, v, x, rule):
    x = Tensor(x)
    f = ops.linear(ops.relu(ops.linear(x, w)), v).sum()
    return grad(f, [x], rules={ops.relu: rule})[0][0]


def test_one_hidden_layer_in_closed_form(rng):
    w, v, x = hidden_layer(rng)
    on, speaks_for = (w @ x[0] > 0), (v[0] > 0)
    assert np.allclose(ruled_gradient(w, v, x, backpropagation), (v[0] * on) @ w)
    assert np.allclose(ruled_gradient(w, v, x, deconvnet), (v[0] * speaks_for) @ w)
    assert np.allclose(ruled_gradient(w, v, x, guided), (v[0] * on * speaks_for) @ w)


def test_deconvnet_without_pooling_does_not_look_at_the_photo(rng):
    """Springenberg et al. 2015, section 3.4: with no switches it is the same for every input."""
    w, v, x = hidden_layer(rng)
    other = rng.normal(size=x.shape)
    assert np.array_equal(
        ruled_gradient(w, v, x, deconvnet), ruled_gradient(w, v, other, deconvnet)
    )
    assert not np.array_equal(
        ruled_gradient(w, v, x, guided), ruled_gradient(w, v, other, guided)
    )


def test_a_negative_seed_blanks_deconvnet_and_guided(rng):
    w, _, x = hidden_layer(rng)
    v = -np.ones((1, 6))
    assert not ruled_gradient(w, v, x, deconvnet).any()
    assert not ruled_gradient(w, v, x, guided).any()
    assert ruled_gradient(w, v, x, backpropagation).any()


def test_where_every_unit_is_on_and_speaks_for_all_three_agree(rng):
    w, v, x = np.abs(rng.normal(size=(6, 5))), np.ones((1, 6)), np.ones((1, 5))
    found = [ruled_gradient(w, v, x, rule) for rule in RULES]
    assert np.array_equal(found[0], found[1]) and np.array_equal(found[0], found[2])
