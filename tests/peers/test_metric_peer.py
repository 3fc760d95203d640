"""Losses, triplets and gradients are pytorch-metric-learning's, in float64 to 1e-9."""

import numpy as np
import pytest

from minigrad import Tensor, grad
from minigrad.techniques.learn import metric

torch = pytest.importorskip("torch")
peers = pytest.importorskip("pytorch_metric_learning")
losses = pytest.importorskip("pytorch_metric_learning.losses")
from pytorch_metric_learning import distances, miners, reducers  # noqa: E402

LABELS = np.array([0, 1, 0, 2, 1, 0, 2, 1, 0, 3])
FAR = {"distance": distances.LpDistance(normalize_embeddings=False)}
MEAN = FAR | {"reducer": reducers.MeanReducer()}


@pytest.fixture
def x(rng):
    return rng.normal(size=(10, 4))


def compare(ours, theirs, x):
    a, t = Tensor(x), torch.from_numpy(x).requires_grad_()
    value, peer = ours(a), theirs(t, torch.from_numpy(LABELS))
    peer.backward()
    assert float(value) == pytest.approx(peer.item(), abs=1e-9) and peer.item() > 0
    assert np.allclose(grad(value, [a])[0], t.grad.numpy(), atol=1e-9)


@pytest.mark.parametrize("margin", [0.5, 1.0, 4.0])
def test_contrastive(margin, x):
    """Theirs gives D and max(0, m − D) of each pair, for whoever wants other powers of them."""
    loss = losses.ContrastiveLoss(0, margin, reducer=reducers.DoNothingReducer(), **FAR)

    def theirs(t, labels):
        each = loss(t, labels)
        means = [(each[part]["losses"] ** 2).mean() / 2 for part in ("pos_loss", "neg_loss")]
        return sum(means) / 2

    compare(lambda a: metric.contrastive(a, LABELS, margin=margin), theirs, x)


@pytest.mark.parametrize("squared", [False, True])
def test_triplets_of_all_kinds(squared, x):
    far = distances.LpDistance(normalize_embeddings=False, power=2 if squared else 1)
    loss = losses.TripletMarginLoss(0.7, distance=far, reducer=reducers.MeanReducer(),
                                    triplets_per_anchor="all")
    compare(lambda a: metric.triplet(a, LABELS, 0.7, "all", squared), loss, x)


@pytest.mark.parametrize("margin", [0.3, 1.0])
def test_semi_hard_triplets_are_the_same_and_cost_the_same(margin, x):
    miner = miners.TripletMarginMiner(margin, "semihard", **FAR)
    loss = losses.TripletMarginLoss(margin, **MEAN)
    found = miner(torch.from_numpy(x), torch.from_numpy(LABELS))
    D = metric.distances(x, x)
    ours = np.argwhere(metric.mined(D, metric.pairs_of(LABELS), margin, "semi-hard"))
    assert sorted(map(tuple, ours)) == sorted(zip(*(one.tolist() for one in found), strict=True))
    compare(lambda a: metric.triplet(a, LABELS, margin),
            lambda t, labels: loss(t, labels, miner(t, labels)), x)


def test_the_hardest_triplets(x):
    known = LABELS < 3  # theirs has no anchor without a positive either
    miner, loss = miners.BatchHardMiner(**FAR), losses.TripletMarginLoss(0.5, **MEAN)
    t, labels = torch.from_numpy(x[known]), torch.from_numpy(LABELS[known])
    assert metric.triplet(x[known], LABELS[known], 0.5, "hardest") == pytest.approx(
        loss(t, labels, miner(t, labels)).item(), abs=1e-9)


@pytest.mark.parametrize("margin", [0.5, 2.0])
def test_lifted_structure(margin, x):
    loss = losses.LiftedStructureLoss(neg_margin=margin, **MEAN)
    compare(lambda a: metric.lifted(a, LABELS, margin=margin), loss, x)


def test_n_pair(x):
    """Theirs takes the first two of each class; the fourth image of class 0 has no others."""
    dot = distances.DotProductSimilarity(normalize_embeddings=False)
    compare(lambda a: metric.n_pair(a, LABELS, norm=0), losses.NPairsLoss(distance=dot), x)


def test_recall_is_theirs(rng):
    accuracy = pytest.importorskip("sklearn.neighbors")
    from minigrad.techniques.learn.retrieval import nearest_accuracy, recall_at

    y, labels = rng.normal(size=(300, 5)), rng.integers(0, 3, 300)
    y += labels[:, None]
    near = accuracy.NearestNeighbors(n_neighbors=4).fit(y).kneighbors(y)[1][:, 1:]
    for k in (1, 3):
        theirs = (labels[near[:, :k]] == labels[:, None]).any(axis=1).mean()
        assert recall_at(y, labels, k) == pytest.approx(theirs)
    one = accuracy.KNeighborsClassifier(1).fit(y[:200], labels[:200])
    theirs = one.score(y[200:], labels[200:])
    assert nearest_accuracy(y[:200], labels[:200], y[200:], labels[200:], 1) == theirs
