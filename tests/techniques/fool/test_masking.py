"""Checks for hidden gradients: the shipped network passes, three that hide theirs are found."""

import numpy as np
import pytest

import models
from demos.shared.command import PHOTOS
from minigrad.techniques import masking_checks
from minigrad.techniques.fool.defences import defended, few_levels
from minigrad.techniques.fool.masking import compared

NAMES = ["a gradient", "noise < gradient", "one step < many", "more is more", "black < white box",
         "without bounds"]  # fmt: skip


@pytest.fixture(scope="module")
def net():
    return models.load("minivgg")


@pytest.fixture(scope="module")
def shown(net):
    """Eight photos and their labels, at a small size."""
    files = sorted((PHOTOS / "caltech101").glob("*/*.jpg"))[::50]
    names = [file.parent.name for file in files]
    x = np.concatenate([net.pixels(file, size=64) for file in files])
    return x, np.array([net.classes.index(name) for name in names])


def failed(net, shown, **settings):
    x, y = shown
    found = masking_checks(net, x, labels=y, epsilon=2, steps=3, **settings)
    assert [check.name for check in found.checks] == NAMES
    return {check.name for check in found.failed}


def test_the_shipped_network_passes(net, shown):
    assert failed(net, shown) == set()


def test_a_network_behind_a_rounding_step_is_found_and_passes_when_one_walks_through(net, shown):
    tough = defended(net, few_levels(16))
    assert {"a gradient", "without bounds"} <= failed(tough, shown)
    few = [part[:3] for part in shown]
    assert "a gradient" not in failed(tough, few, rules=tough.defence.rules)


class Loud:
    """The same network, its scores times 1000: p is 1 in float32, and the gradient 0."""

    def __init__(self, net):
        self.net = net

    def __call__(self, x, **settings):
        acts = self.net(x, **settings)
        acts[acts.score_layer] = acts.scores * 1000.0
        return acts

    def scores(self, x):
        return self(x, only=[self.net.score_layer]).scores

    def __getattr__(self, name):
        return getattr(self.net, name)


def test_scores_too_large_for_float32_are_found(net, shown):
    found = failed(Loud(net), shown)
    assert {"a gradient", "without bounds"} <= found


ALL, NONE = np.ones(4, bool), np.zeros(4, bool)
HALF = np.array([1, 1, 0, 0], bool)


@pytest.mark.parametrize(("which", "wrong"), [
    ("a gradient", {"still": 1}),
    ("noise < gradient", {"noise": NONE, "fgsm": HALF, "few": NONE, "many": NONE}),
    ("one step < many", {"fgsm": NONE}),
    ("more is more", {"few": NONE}),
    ("black < white box", {"searched": ~HALF}),
    ("without bounds", {"far": HALF}),
])
def test_each_check_finds_its_own_contradiction_and_no_other(which, wrong):
    sound = {"still": 0, "noise": ALL, "fgsm": HALF, "few": HALF, "many": HALF, "searched": ALL,
             "far": NONE}
    assert not compared(4, **sound).failed
    found = compared(4, **sound | wrong)
    bad = [check.name for check in found.failed]
    assert which in bad and len(bad) <= 2 and f"✗ {which}" in str(found)


def test_a_network_that_is_wrong_about_all_is_said(net, shown):
    x, y = shown
    with pytest.raises(ValueError, match="wrong about all"):
        masking_checks(net, x[:1], labels=np.array([int(net.scores(x[:1])[0].argmin())]))
