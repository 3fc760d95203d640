"""How long, on which sizes, at which rate."""

import re

import numpy as np
import pytest

from minigrad.techniques.learn.recipe import WARM_UP, Recipe


def test_an_epoch_has_as_many_photos_as_asked_for():
    assert Recipe(batch=8).steps(photos=100) == 12
    assert Recipe(batch=8, photos=40).steps(photos=100) == 5


def test_sizes_are_stretched_to_the_epochs_and_begin_anew_at_a_restart():
    recipe = Recipe(epochs=5, sizes="64*2,128*3")
    assert [recipe.edge(epoch) for epoch in range(5)] == [64, 64, 128, 128, 128]
    recipe = Recipe(epochs=8, sizes="96*1,128*2", began=5)
    assert [recipe.edge(epoch) for epoch in range(5, 8)] == [96, 128, 128]


def test_the_rate_rises_falls_to_zero_and_rises_again_at_a_restart():
    rate = Recipe(epochs=10, lr=0.5).rate(each=1000)
    assert rate(0) < 0.01 < 0.49 < rate(WARM_UP) < 0.5
    assert rate(5000) == pytest.approx(0.25) and rate(10_000) == pytest.approx(0)
    again = Recipe(epochs=10, lr=0.5, began=6).rate(each=1000)
    assert again(6000) < 0.01 < 0.49 < again(6000 + WARM_UP) and again(8000) == pytest.approx(0.25)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0}, {"batch": 0}, {"batch": 2.5}, {"photos": -1}, {"lr": 0}, {"lr": np.nan},
        {"adversary": -1}, {"adversary": np.inf}, {"sizes": "abc"}, {"sizes": "64"}, {"sizes": ""},
        {"sizes": "64*0"}, {"sizes": "-64*2"}, {"sizes": "64*2,"},
    ],
)
def test_a_recipe_that_makes_no_sense_names_what_is_wrong(wrong):
    ((name, value),) = wrong.items()
    said = f"{name}.* is {re.escape(repr(value))}: give"
    with pytest.raises((ValueError, TypeError), match=said):
        Recipe(**wrong)
