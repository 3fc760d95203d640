"""FGSM, BIM and PGD end where foolbox's end, on the same weights from the same start.

foolbox 3.3.4 (Rauber et al. 2020) takes pixels within any bounds, here 0–255, and the labels that
it is given: those that our network says.
"""

import numpy as np
import pytest
from attackable import Small

from minigrad.techniques import bim, fgsm, pgd
from minigrad.techniques.fool.balls import anywhere

torch = pytest.importorskip("torch")
foolbox = pytest.importorskip("foolbox")
ep = pytest.importorskip("eagerpy")
F = torch.nn.functional
attacks = foolbox.attacks


class Theirs(torch.nn.Module):
    """The small network by PyTorch's own ops: pixels in, scores out."""

    def __init__(self, net):
        super().__init__()
        self.w1, self.w2 = torch.from_numpy(net.w1), torch.from_numpy(net.w2)

    def forward(self, x):
        a = F.relu(F.conv2d((x - 128) / 64, self.w1, padding=1))
        return F.relu(F.conv2d(F.max_pool2d(a, 2), self.w2, padding=1)).mean(dim=(2, 3))


@pytest.fixture(scope="module")
def case():
    """Our network, theirs, photos, and the labels that both say of them."""
    net, x = Small(), np.random.default_rng(0).uniform(0, 255, (4, 3, 16, 12))
    theirs, S = Theirs(net).eval(), net.scores(x)
    np.testing.assert_allclose(theirs(torch.from_numpy(x)), S, rtol=1e-12)
    model = foolbox.PyTorchModel(theirs, bounds=(0, 255), device="cpu")
    return net, model, x, S.argmax(axis=1)


def theirs_ends(attack, case, epsilon, target=None, start=None):
    """Where foolbox ends, (N, 3, H, W)."""
    _, model, x, labels = case
    wanted = foolbox.criteria.Misclassification(torch.from_numpy(labels))
    if target is not None:
        wanted = foolbox.criteria.TargetedMisclassification(torch.from_numpy(target))
    if start is not None:
        attack.get_random_start = lambda x0, epsilon: ep.astensor(torch.from_numpy(start))
    _, clipped, _ = attack(model, torch.from_numpy(x), wanted, epsilons=epsilon)
    return clipped.numpy()


def same(record, theirs):
    """Ends and norms: to 1e-9 of a grey level's range, and 1e-5."""
    np.testing.assert_allclose(record.adversarial, theirs, atol=255e-9)
    eta = (theirs - record.pixels).reshape(len(theirs), -1)
    np.testing.assert_allclose(record.l2, np.linalg.norm(eta, axis=1), rtol=1e-5)
    np.testing.assert_allclose(record.linf, abs(eta).max(axis=1), rtol=1e-5)


def test_fgsm_equals_foolboxs(case):
    net, _, x, _ = case
    same(fgsm(net, x, epsilon=6.0), theirs_ends(attacks.LinfFastGradientAttack(), case, 6.0))


def test_fgsm_in_l2_equals_foolboxs(case):
    net, _, x, _ = case
    ours = fgsm(net, x, epsilon=300.0, norm="l2")
    same(ours, theirs_ends(attacks.L2FastGradientAttack(), case, 300.0))


@pytest.mark.parametrize("targeted", [False, True])
def test_bim_equals_foolboxs(case, targeted):
    net, _, x, labels = case
    target = (labels + 2) % 5 if targeted else None
    attack = attacks.LinfBasicIterativeAttack(abs_stepsize=1.0, steps=7)
    same(bim(net, x, epsilon=6.0, target=target), theirs_ends(attack, case, 6.0, target))


@pytest.mark.parametrize(
    ("norm", "epsilon", "attack"),
    [("linf", 6.0, attacks.LinfProjectedGradientDescentAttack),
     ("l2", 300.0, attacks.L2ProjectedGradientDescentAttack)],
)  # fmt: skip
@pytest.mark.parametrize("targeted", [False, True])
def test_pgd_from_the_same_start_equals_foolboxs(case, norm, epsilon, attack, targeted):
    net, _, x, labels = case
    target = (labels + 2) % 5 if targeted else None
    rngs = [np.random.default_rng(n) for n in range(4)]
    start = x + anywhere(x, epsilon, norm, [np.random.default_rng(n) for n in range(4)])
    ours = pgd(net, x, epsilon=epsilon, norm=norm, steps=8, target=target, rng=rngs)
    theirs = attack(abs_stepsize=epsilon / 10, steps=8)
    same(ours, theirs_ends(theirs, case, epsilon, target, start))


def test_in_l1_the_steepest_step_gains_at_least_what_foolboxs_gains(case):
    """foolbox steps along g / ‖g‖₁; one pixel is further up, as far as the scores are linear."""
    net, _, x, labels = case
    x = 64 + x / 2  # so that the one pixel need not leave the box
    ours = fgsm(net, x, epsilon=20.0, norm="l1")
    case = net, case[1], x, net.scores(x).argmax(axis=1)
    theirs = theirs_ends(attacks.L1FastGradientAttack(), case, 20.0)
    eta = theirs - x
    assert (abs(eta).sum(axis=(1, 2, 3)) <= 20 * (1 + 1e-9)).all()
    S = net.scores(theirs)
    surprise = np.log(np.exp(S).sum(axis=1)) - S[np.arange(4), case[3]]
    assert (ours.losses[:, 1] > surprise).all()
