"""t-SNE and principal components: equal to scikit-learn's exact ones, and openTSNE for many."""

import numpy as np
import pytest

from minigrad.techniques import pca, tsne
from minigrad.techniques.look import tsne as module
from minigrad.techniques.look.codes import purity
from minigrad.techniques.look.tsne import affinities, kl_and_gradient


@pytest.fixture
def x(rng):
    return rng.normal(size=(80, 7))


def test_kl_and_its_gradient_are_scikit_learns(x, rng):
    peer = pytest.importorskip("sklearn.manifold._t_sne")
    distance = pytest.importorskip("scipy.spatial.distance")
    P, y = affinities(x, 12), 2 * rng.normal(size=(80, 2))
    condensed = distance.squareform(P, checks=False)  # of each pair once
    theirs, gradient = peer._kl_divergence(y.ravel(), condensed, 1, len(y), 2)
    ours, g = kl_and_gradient(P, y)
    assert ours == pytest.approx(theirs, abs=1e-9)
    assert abs(g.ravel() - gradient).max() < 1e-9


def test_p_is_scikit_learns(x):
    """Its search stops once the entropy is 1e-5 off, and its distances are of float32."""
    peer = pytest.importorskip("sklearn.manifold._t_sne")
    distance = pytest.importorskip("scipy.spatial.distance")
    squared = distance.squareform(distance.pdist(x, "sqeuclidean"))
    theirs = distance.squareform(peer._joint_probabilities(squared, 12, 0))
    assert np.allclose(affinities(x, 12), theirs, rtol=1e-3, atol=1e-7)


def test_principal_components_are_scikit_learns(x):
    peer = pytest.importorskip("sklearn.decomposition").PCA(2).fit(x)
    y, shares = pca(x)
    theirs = peer.transform(x)
    assert np.allclose(y, theirs * np.sign(y[0] * theirs[0]), atol=1e-9)
    assert np.allclose(shares, peer.explained_variance_ratio_, atol=1e-9)


def test_opentsne_takes_over_where_there_are_many(monkeypatch, rng):
    pytest.importorskip("openTSNE")
    monkeypatch.setattr(module, "MOST", 89)
    labels = np.arange(90) // 30
    x = (20 * np.eye(5)[labels] + rng.normal(size=(90, 5))).astype(np.float32)
    steps = list(tsne(x, steps=220))
    assert [placed.step for placed in steps] == [50, 100, 150, 200, 220]
    assert purity(steps[-1].places, labels, 10).share == 1
    P = affinities(x, 89 / 3)
    exact, _ = kl_and_gradient(P, np.asarray(steps[-1].places, np.float32))
    assert steps[-1].value == pytest.approx(exact, abs=0.1)
