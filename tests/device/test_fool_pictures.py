"""The plane's regions, HOG and its twins on a device: the CPU's numbers."""

import numpy as np
from alike import on_both

from minigrad.techniques.fool.hog import HOG, NOISE, by_cell, hog, hog_twin
from minigrad.techniques.fool.plane import Classifier, Points, begin, learned, spirals
from minigrad.techniques.fool.regions import along, regions, smallest_moves, towards_infinity
from minigrad.techniques.make.invert import invert

POINTS = spirals(each=20)


def moved(to, net: Classifier) -> Classifier:
    return Classifier(net.name, {name: to(a) for name, a in net.params.items()})


def test_regions_rays_and_moves_are_those_of_the_cpu():
    def work(to, _):
        found = []
        for name in ("planes", "bumps"):
            net, x = moved(to, begin(name, POINTS, 20)), to(POINTS.x)
            said = regions(net, cells=9)
            moves = smallest_moves(net, x[:4], directions=8, steps=10)
            found += [said.answers, said.confidences, along(net, x[:4], [1, 9]), *moves[1:]]
        return [*found, *towards_infinity(moved(to, begin("planes", POINTS, 20)), x[:4])]

    on_both(work)


def test_a_classifier_learns_on_a_device_what_it_learns_on_the_cpu():
    def work(to, _):
        points = Points(*map(to, POINTS))
        return [learned(points, name, units=9, steps=3).scores(points.x)
                for name in ("planes", "bumps")]

    on_both(work)


def test_hog_and_its_twin_are_those_of_the_cpu():
    photo = np.random.default_rng(0).uniform(20, 230, (1, 3, 24, 32))

    def work(to, device):
        x = to(photo)
        codes = hog(x)
        *_, now = hog_twin(x, like=x[..., ::-1], steps=3)
        *_, begun = invert(HOG(device=device), to(photo.astype(np.float32)), preset=NOISE, steps=1)
        return [codes, by_cell(codes), now.pixels, begun.pixels]

    on_both(work)
