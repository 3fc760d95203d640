"""Fooling images, bred and by ascent, are those of the CPU."""

import pytest
from alike import on_both
from networks import small

from minigrad.techniques import CPPN, DIRECT, evolve, fooling

FEW = {"generations": 2, "children": 3, "size": 32}


@pytest.mark.parametrize("encoding", [CPPN, DIRECT])
def test_the_champions_are_those_of_the_cpu(encoding):
    def bred(to, device):
        *_, now = evolve(small(device), encoding=encoding, **FEW)
        return [to(now.probabilities), to(now.pixels)]  # they live on the CPU

    on_both(bred)


def test_an_ascent_is_that_of_the_cpu():
    def pictures(to, device):
        return [now.pixels for now in fooling(small(device), target=[1, 3], steps=2)]

    on_both(pictures)
