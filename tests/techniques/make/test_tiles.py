"""A large image tile by tile: the gradient of the whole, on networks with random weights."""

import numpy as np
import pytest

import models
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.make.dream_objectives import guided_by, region
from minigrad.techniques.make.tiles import by_tiles, margin_for, windows
from minigrad.techniques.objectives import (
    activations,
    channel,
    class_score,
    code,
    cross_entropy,
    energy,
    unit,
)

LAYER = "relu2_2"  # in minivgg a unit sees 14 pixels there, and the next one 2 further on


@pytest.fixture(scope="module")
def net():
    return models.build("minivgg", classes=4, dtype="float64")


@pytest.fixture
def photo(rng):
    return rng.uniform(0, 255, (2, 3, 45, 62))


def guide(net, rng):
    return net(rng.uniform(0, 255, (1, 3, 16, 24)), only=[LAYER])[LAYER]


def value_of(net, x, objective):
    return float(objective(activations(net, x, objective)))


@pytest.mark.parametrize("tile", [11, 40])
@pytest.mark.parametrize("what", ["energy", "channel", "two layers", "guide"])
def test_the_gradient_by_tiles_is_that_of_the_whole_image(net, photo, rng, what, tile):
    objective = {
        "energy": energy(LAYER),
        "channel": channel(LAYER, 3),
        "two layers": energy("relu1_2") - 2 * channel(LAYER, 1),
        "guide": guided_by(LAYER, guide(net, rng)),
    }[what]
    value, g = by_tiles(net, photo, objective, tile)
    whole = gradient(net, photo, objective)
    np.testing.assert_allclose(g, whole, rtol=1e-9, atol=1e-12 * abs(whole).max())
    assert float(value) == pytest.approx(value_of(net, photo, objective), rel=1e-12)


@pytest.mark.parametrize("tile", [45, 62, 1000])
def test_one_tile_as_large_as_the_image_is_the_image_bit_for_bit(net, photo, tile):
    value, g = by_tiles(net, photo[..., :45], energy(LAYER), tile)
    np.testing.assert_array_equal(g, gradient(net, photo[..., :45], energy(LAYER)))
    assert float(value) == value_of(net, photo[..., :45], energy(LAYER))


def test_without_its_margin_a_tile_is_wrong_near_the_seam_and_right_far_from_it(net, photo):
    """What the margin is for; and that the test above can fail."""
    x = photo[:1]
    alone = gradient(net, x[..., :32], energy(LAYER))
    wrong = abs(alone - gradient(net, x, energy(LAYER))[..., :32]).max(axis=(0, 1, 2)) > 1e-9
    sees = net.receptive_field(LAYER).size
    assert wrong[-4:].all() and not wrong[: 32 - sees].any()


@pytest.mark.parametrize("name", ["squeezenet1_0", "googlenet"])
def test_networks_with_odd_windows_and_branches_have_no_seam_either(name, rng):
    """Pooling that rounds up, no padding, branches: the windows begin where a unit does."""
    net = models.build(name, classes=4, dtype="float64")
    layer = "fire3/concat" if name == "squeezenet1_0" else "inception3a/concat"
    x = rng.uniform(0, 255, (1, 3, 83, 110))
    _, g = by_tiles(net, x, energy(layer), 32)
    whole = gradient(net, x, energy(layer))
    np.testing.assert_allclose(g, whole, rtol=1e-9, atol=1e-9 * abs(whole).max())


@pytest.mark.parametrize(("edge", "tile", "margin"), [(45, 8, 16), (64, 16, 16), (7, 16, 32),
                                                      (100, 16, 0), (31, 16, 0)])  # fmt: skip
def test_every_pixel_is_kept_once_and_windows_begin_where_a_unit_does(edge, tile, margin):
    stride = 8
    found = list(windows(edge, tile, margin, stride))
    assert [n for w in found for n in range(edge)[w.keep]] == list(range(edge))
    for window in found:
        assert window.look.start % stride == 0
        assert window.keep.start - window.look.start >= margin or window.look.start == 0
        assert window.look.stop - window.keep.stop >= margin or window.look.stop == edge


def test_scores_see_all_of_a_window_and_every_window_is_asked(net, photo):
    x = photo[:, :, :32, :60]
    value, g = by_tiles(net, x, class_score(2), 32)
    parts = [x[..., :32], x[..., 28:]]  # the last window is as large as the others
    assert float(value) == pytest.approx(sum(value_of(net, p, class_score(2)) for p in parts))
    left, right = (gradient(net, p, class_score(2)) for p in parts)
    np.testing.assert_allclose(g, np.concatenate([left, right[..., 4:]], axis=3), rtol=1e-9)


def test_what_is_of_the_whole_image_cannot_be_asked_by_tiles(net, photo):
    target = net(photo, only=[LAYER])[LAYER]
    for objective in [unit(LAYER, 0, 1, 1), code(LAYER, target), region(energy(LAYER)),
                      energy(LAYER) + unit(LAYER, 0, 1, 1), -code(LAYER, target)]:
        with pytest.raises(ValueError, match="is of the whole image: it cannot be asked by tiles"):
            by_tiles(net, photo, objective, 16)
    for objective in [energy(LAYER), 2 * channel(LAYER, 0) - energy(LAYER), cross_entropy(1)]:
        assert margin_for(net, objective)


@pytest.mark.parametrize("tile", [0, -4, 2.5, True])
def test_a_tile_of_no_pixels_is_one_sentence(net, photo, tile):
    with pytest.raises((ValueError, TypeError), match="the edge of a tile is"):
        by_tiles(net, photo, energy(LAYER), tile)
