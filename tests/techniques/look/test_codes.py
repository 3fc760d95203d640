"""Codes of photos: what they are, who is near whom, principal components, and a cell for each."""

import sys

import numpy as np
import pytest

import models
from minigrad.techniques import codes, pca
from minigrad.techniques.look.codes import (
    cells,
    grid,
    grid_shape,
    neighbours,
    on_grid,
    purity,
    squared_distances,
)
from tests.techniques.small import SmallNet


@pytest.fixture
def x(rng):
    return rng.normal(size=(30, 6))


def test_the_code_of_a_layer_with_space_is_its_mean_over_space(rng):
    net, pixels = SmallNet(), rng.random((2, 3, 8, 8))
    a = net(pixels)["relu1"]
    code = codes(net, pixels, "relu1")
    assert code.shape == (2, 4)
    assert np.allclose(code[1, 3], a[1, 3].sum() / 64)


def test_the_code_of_a_layer_without_space_is_the_layer():
    net = models.build("minivgg", classes=5)
    pixels = np.random.default_rng(0).uniform(0, 255, (2, 3, 64, 64)).astype("float32")
    assert np.array_equal(codes(net, pixels), net(pixels)["relu7"])


@pytest.mark.parametrize(
    ("network", "layer"),
    [("minivgg_bn", "relu7"), ("vgg16", "relu7"), ("alexnet", "relu7"),
     ("squeezenet1_1", "fire9/concat")],
)
def test_the_classifier_reads_the_code_layer(network, layer):
    assert models.table(network).code_layer == layer


def test_distances_are_those_of_all_pairs_of_differences(rng):
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    assert np.allclose(squared_distances(a, b), ((a[:, None] - b[None]) ** 2).sum(axis=2))


def test_the_nearest_neighbour_of_a_photo_is_itself(x):
    nearest, distances = neighbours(x, x[7], 4)
    assert nearest[0] == 7 and distances[0] == 0
    assert (np.diff(distances) >= 0).all() and len(nearest) == 4
    assert distances[1] == pytest.approx(np.sort(np.linalg.norm(x - x[7], axis=1))[1])


# ── Purity ──────────────────────────────────────────────────────────────────────────────────────


def test_purity_counts_neighbours_of_ones_own_class():
    line, labels = np.array([[0.0], [1.1], [2.0], [3.0]]), np.array([0, 0, 1, 1])
    share, best, chance = purity(line, labels, k=1)
    assert share == 2 / 4  # 1.1 and 2.0 are nearest to each other
    assert (best, chance) == (1, 1 / 3)
    assert purity(line, labels, k=2).best == 1 / 2


def test_a_photo_without_a_class_is_a_neighbour_and_is_not_asked():
    line, labels = np.array([[0.0], [1.0], [9.0], [10.0]]), np.array([0, -1, 0, 0])
    assert purity(line, labels, k=1).share == 2 / 3


def test_purity_is_the_same_in_blocks_of_any_size(rng, monkeypatch):
    x, labels = rng.normal(size=(40, 3)), rng.integers(3, size=40)
    whole = purity(x, labels)
    monkeypatch.setattr("minigrad.techniques.look.codes.ROWS", 7)
    assert purity(x, labels) == whole


@pytest.mark.parametrize("labels", [np.zeros(29, int), np.full(30, -1)])
def test_purity_wants_a_label_for_each(x, labels):
    with pytest.raises(ValueError, match="a label for each of 30"):
        purity(x, labels)


# ── Principal components ────────────────────────────────────────────────────────────────────────


def test_components_are_the_eigenvectors_of_the_covariance(x):
    """Hotelling 1933: the variances along them are its eigenvalues, and they do not covary."""
    y, shares = pca(x, 3)
    values = np.linalg.eigvalsh(np.cov(x.T, bias=True))[::-1]
    assert np.allclose(y.T @ y / len(x), np.diag(values[:3]), atol=1e-12)
    assert np.allclose(shares, values[:3] / values.sum())


def test_the_sign_of_a_component_does_not_depend_on_the_sign_of_the_codes(x):
    assert np.allclose(pca(x).places, pca(-x).places)


def test_equal_codes_have_no_plane():
    with pytest.raises(ValueError, match="all 5 codes are equal"):
        pca(np.ones((5, 3)))


# ── The grid ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("count", "shape"), [(400, (20, 20)), (5, (2, 3)), (1, (1, 1)), (7, (3, 3))]
)
def test_a_grid_has_a_cell_for_each_and_less_than_a_row_left_over(count, shape):
    assert grid_shape(count) == shape
    rows, columns = grid_shape(count)
    assert count <= rows * columns < count + columns


@pytest.mark.parametrize("count", [4, 23, 30])
def test_every_photo_has_one_cell_and_no_cell_two_photos(rng, count):
    pytest.importorskip("scipy")
    rows, columns = grid_shape(count)
    cell = grid(rng.normal(size=(count, 2)), rows, columns)
    assert len(set(cell.tolist())) == count and cell.max() < rows * columns


def test_a_grid_finds_itself(rng):
    """Places that are a grid, in another order and of another size, go to their own cells."""
    pytest.importorskip("scipy")
    order = rng.permutation(12)
    assert grid(7 * cells(3, 4)[order] - 5, 3, 4).tolist() == order.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_no_greedy_assignment_is_cheaper(seed):
    pytest.importorskip("scipy")
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(25, 2))
    cost = squared_distances(on_grid(y, 5, 5), cells(5, 5))
    best = cost[np.arange(25), grid(y, 5, 5)].sum()
    for _ in range(20):
        free, greedy = set(range(25)), 0.0
        for n in rng.permutation(25):
            cell = min(free, key=lambda c: cost[n, c])  # noqa: B023, called at once
            free.remove(cell)
            greedy += cost[n, cell]
        assert best <= greedy


def test_a_grid_that_is_too_small_and_one_without_scipy_say_so(rng, monkeypatch):
    with pytest.raises(ValueError, match="2×2 cells are too few for 5"):
        grid(rng.normal(size=(5, 2)), 2, 2)
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    with pytest.raises(ValueError, match=r"grid of photos needs scipy: pip .*\[codes\]"):
        grid(rng.normal(size=(4, 2)), 2, 2)
