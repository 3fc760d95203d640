"""Gram matrices: which channels fire together, wherever they do."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from small import SmallNet

from minigrad.check import check_gradients
from minigrad.techniques.make.gram import gram, masked_gram, style_of
from minigrad.techniques.make.regularizers import total_variation
from minigrad.techniques.objectives import code
from minigrad.tensor import Tensor, grad


@pytest.fixture
def a(rng):
    return rng.normal(size=(2, 4, 5, 6))


TWO = np.array([[[[1.0, 2]], [[3.0, 4]]]])  # two channels at two places


def test_the_gram_matrix_of_two_channels_at_two_places():
    """(1·1 + 2·2)/2, (1·3 + 2·4)/2 and (3·3 + 4·4)/2."""
    assert_allclose(gram(TWO), [[[2.5, 5.5], [5.5, 12.5]]])


def test_both_factors_of_an_entry_get_their_gradient():
    """∂G₀₁/∂a₀ = a₁/2 and ∂G₀₁/∂a₁ = a₀/2."""
    a = Tensor(TWO)
    (back,) = grad(gram(a), [a], seed=np.array([[[0.0, 1], [0, 0]]]))
    assert_allclose(back, [[[[1.5, 2]], [[0.5, 1]]]])


def test_each_image_has_its_own_matrix():
    assert_allclose(gram(np.concatenate([TWO, 2 * TWO])),
                    [[[2.5, 5.5], [5.5, 12.5]], [[10, 22], [22, 50]]])


def test_an_entry_is_the_mean_product_of_two_channels(a):
    assert gram(a)[1, 2, 3] == pytest.approx((a[1, 2] * a[1, 3]).mean())


def test_it_is_symmetric_and_none_of_its_eigenvalues_is_negative(rng):
    for places in (3, 30):  # fewer places than channels, and more
        (G,) = gram(rng.normal(size=(1, 8, 1, places)))
        np.testing.assert_allclose(G, G.T)
        assert np.linalg.eigvalsh(G).min() > -1e-12


def test_it_is_blind_to_where_things_are(a, rng):
    flat = a.reshape(2, 4, 30)
    moved = flat[:, :, rng.permutation(30)].reshape(a.shape)
    np.testing.assert_allclose(gram(moved), gram(a))


def test_an_image_repeated_has_the_same_gram_matrix(a):
    np.testing.assert_allclose(gram(np.concatenate([a, a], axis=3)), gram(a))


def test_its_gradient_is_that_of_central_differences(a):
    check_gradients(gram, a[:, :3, :2, :3])


@pytest.mark.parametrize("shape", [(1, 7), (7,), (1, 2, 3)], ids=str)
def test_what_has_no_rows_and_columns_is_refused(shape):
    with pytest.raises(ValueError):
        gram(np.ones(shape))


def test_activations_without_places_are_refused():
    with pytest.raises(ValueError, match=r"feature maps \(N, C, H, W\), and these are \(1, 7\)"):
        gram(np.ones((1, 7)))


def test_under_a_mask_only_what_lies_there_counts(a):
    mask = np.zeros((1, 1, 5, 6))
    mask[:, :, :, :2] = 1
    np.testing.assert_allclose(masked_gram(a, mask), gram(a[:, :, :, :2]))
    np.testing.assert_allclose(masked_gram(a, np.full((1, 1, 10, 12), 0.3)), gram(a))


# ── The loss ─────────────────────────────────────────────────────────────────────────────────────


def test_the_style_loss_of_two_channels_by_hand():
    """T = (3, 0; 0, 4), ‖T‖² = 25, and G − T = (−½, 5½; 5½, 8½)."""
    loss = style_of("relu", np.array([[[3.0, 0], [0, 4]]]))
    assert_allclose(loss({"relu": TWO}), (0.5**2 + 2 * 5.5**2 + 8.5**2) / 25)


def test_of_two_images_both_losses_are_added():
    loss = style_of("relu", np.full((1, 2, 2), 2.0))
    assert_allclose(loss({"relu": np.concatenate([TWO, TWO])}), 2 * loss({"relu": TWO}))


def test_a_style_loss_asks_one_layer_and_says_so():
    loss = style_of("relu7", gram(TWO))
    assert loss.layers == ("relu7",) and "relu7" in loss.name


def test_in_a_part_of_the_image_the_style_is_that_of_the_part():
    """The first place alone: G = (1, 3)(1, 3)ᵀ."""
    mask = np.array([[[[1.0, 0]]]])
    loss = style_of("relu", np.full((1, 2, 2), 1.0), mask)
    assert_allclose(loss({"relu": TWO}), (0 + 2 * 2**2 + 8**2) / 4)


def test_the_style_loss_is_0_at_the_painting_and_1_where_nothing_fires(a):
    loss = style_of("relu", gram(a))
    assert loss({"relu": a}) == pytest.approx(0, abs=1e-15)
    assert loss({"relu": 0 * a}) == pytest.approx(2)    # 1 for each of two images


def test_its_weight_means_the_same_for_a_layer_that_fires_a_thousand_times_as_strongly(a, rng):
    other = rng.normal(size=a.shape)
    quiet, loud = style_of("relu", gram(a)), style_of("relu", gram(1000 * a))
    assert quiet({"relu": other}) == pytest.approx(loud({"relu": 1000 * other}))


def test_a_mask_shields_what_lies_outside_from_every_gradient(a):
    mask = np.zeros((1, 1, 5, 6))
    mask[:, :, 2:, 3:] = 1
    x = Tensor(a)
    (g,) = grad(style_of("relu", gram(a[::-1]), mask)({"relu": x}), [x])
    assert (g[:, :, 2:, 3:] != 0).all()
    assert (g[:, :, :2] == 0).all() and (g[:, :, :, :3] == 0).all()


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf])
def test_a_style_that_is_zero_or_no_number_is_refused(value):
    with pytest.raises(ValueError, match="the style of relu is zero everywhere, or no number"):
        style_of("relu", np.full((1, 4, 4), value))


def test_a_style_of_another_layer_is_refused(a):
    with pytest.raises(ValueError, match=r"Gram matrices \(2, 4, 4\), and the target's .*9, 9"):
        style_of("relu", np.ones((1, 9, 9)))({"relu": a})


def test_the_gradient_of_the_style_loss_is_that_of_central_differences(rng):
    a, mask = rng.normal(size=(2, 2, 2, 3)), rng.uniform(size=(1, 1, 2, 3))
    loss = style_of("relu", gram(rng.normal(size=(1, 2, 2, 2))), mask)
    check_gradients(lambda a: loss({"relu": a}), a)


@pytest.mark.parametrize("target", [np.zeros((1, 2, 2)), np.ones((1, 3, 3)), np.ones((2, 2, 2))],
                         ids=["zeros", "three channels", "two images"])
def test_a_target_of_zeros_and_one_of_another_shape_are_refused(target):
    with pytest.raises(ValueError):
        style_of("relu", target)({"relu": TWO})


def test_the_gradient_of_the_whole_loss_is_that_of_central_differences(rng):
    """Content, style and total variation together, through the layers, at the pixels."""
    net = SmallNet()
    photo, painting, x = rng.uniform(0, 1, (3, 1, 3, 10, 12))
    content = code("relu2", net(photo)["relu2"])
    style = [style_of(layer, gram(net(painting)[layer])) for layer in ("relu1", "relu2")]

    def E(x):
        acts = net(x)
        return content(acts) + 10 * sum(s(acts) for s in style) + 0.1 * total_variation(x - 0.5)

    check_gradients(E, x)
