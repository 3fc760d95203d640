"""What judges a map, on the device as on the CPU."""

import numpy as np
from alike import image, normal, on_both
from networks import small

from minigrad.techniques.look.believe import believe
from minigrad.techniques.look.controls import centred_gaussian, random_map
from minigrad.techniques.look.curves import deletion, insertion
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.look.maps import MAPS, Effort
from minigrad.techniques.look.randomise import randomisation, spearman
from minigrad.techniques.look.scenes import pointing_game, relevance_mass, scene_of
from minigrad.techniques.look.sensitivity import infidelity, max_sensitivity, unexplained, worth
from minigrad.techniques.objectives import class_score

SCORE = class_score(2)
LITTLE = Effort(samples=2, steps=2, windows=2, masks=12, channels=3)


def test_the_controls_and_the_curves_are_those_of_the_cpu():
    def judged(to, device):
        net, x = small(device), to(image(32, 2))
        maps = [random_map(net, x, SCORE), centred_gaussian(net, x, SCORE)]
        curves = [f(net, x, SCORE, evidence=M, steps=3) for f in (deletion, insertion)
                  for M in maps]
        return [*maps, *(list(curve) for curve in curves)]

    on_both(judged, 1e-4)


def test_the_sensitivities_are_those_of_the_cpu():
    def judged(to, device):
        net, x = small(device), to(image(32, 2))
        Φ = gradient(net, x, SCORE)
        known = worth(net, x, SCORE, samples=4)
        return [infidelity(net, x, SCORE, attribution=Φ, samples=4), list(known),
                unexplained(abs(Φ).max(axis=1), known),
                max_sensitivity(net, x, SCORE, samples=2, look=gradient)]

    on_both(judged, 1e-3)


def test_forgetting_and_ranks_are_those_of_the_cpu():
    def judged(to, device):
        a, b = to(np.round(normal(2, 9, 9))), to(normal(2, 9, 9))
        net, x = small(device), to(image(32))
        left = randomisation(net, x, SCORE, look=lambda net, x, S: gradient(net, x, S)[:, 0])
        return [spearman(a, b), *left.values()]

    on_both(judged, 1e-2)


def test_a_scene_and_what_points_at_it_are_those_of_the_cpu():
    def played(to, device):
        net, x = small(device), to(image(32, 3))
        scene = scene_of(net, x, np.array([0, 1, 2]), 1, among=4)
        M = scene.pixels[:, 0]
        return [scene.pixels, scene.mask, pointing_game(M, scene.mask),
                relevance_mass(M, scene.mask)]

    on_both(played)


def test_every_map_of_the_table_is_made_and_judged_on_the_device():
    def judged(to, device):
        net, x = small(device), to(image(32))
        return [way.map(net, x, SCORE, effort=LITTLE) for way in MAPS] + [
            list(believe(net, x, SCORE, effort=LITTLE, measures=["deletion"]).values())
        ]

    on_both(judged, 1e-3)
