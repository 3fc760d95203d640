"""What judges a map, on the device as on the CPU."""

import numpy as np
from alike import image, normal, on_both
from networks import small

from minigrad.techniques.look.believe import believe
from minigrad.techniques.look.controls import centred_gaussian, random_map
from minigrad.techniques.look.curves import deletion, insertion
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.look.maps import Effort, ways
from minigrad.techniques.look.randomise import randomisation, spearman
from minigrad.techniques.look.scenes import pointing_game, relevance_mass, scene_of
from minigrad.techniques.look.sensitivity import infidelity, max_sensitivity, unexplained, worth
from minigrad.techniques.objectives import class_score

SCORE = class_score(2)
LITTLE = Effort(samples=1, steps=1, windows=1, masks=9, channels=2)


def test_the_controls_and_the_curves_are_those_of_the_cpu():
    def judged(to, device):
        net, x = small(device), to(image(32))
        maps = [random_map(net, x, SCORE), centred_gaussian(net, x, SCORE)]
        curves = [f(net, x, SCORE, evidence=M, steps=1)
                  for f, M in zip((deletion, insertion), maps, strict=True)]
        return [*maps, *(list(curve) for curve in curves)]

    on_both(judged, 1e-4)


def test_the_sensitivities_are_those_of_the_cpu():
    def judged(to, device):
        net, x = small(device), to(image(32))
        Φ = gradient(net, x, SCORE)
        known = worth(net, x, SCORE, samples=2)
        return [infidelity(net, x, SCORE, attribution=Φ, samples=2), list(known),
                unexplained(abs(Φ).max(axis=1), known),
                max_sensitivity(net, x, SCORE, samples=1, look=gradient)]

    on_both(judged, 1e-3)


def test_forgetting_and_ranks_are_those_of_the_cpu():
    def judged(to, device):
        a, b = to(np.round(normal(2, 9, 9))), to(normal(2, 9, 9))
        net, x = small(device), to(image(32))
        left = randomisation(net, x, SCORE, look=lambda net, x, S: gradient(net, x, S)[:, 0],
                             at=["fc8", "fc6"])
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


def test_maps_of_the_table_are_made_and_judged_on_the_device():
    some = ways(["SmoothGrad", "DeepLIFT", "LRP, composite", "Score-CAM", "RISE"])

    def judged(to, device):
        net, x = small(device), to(image(32))
        return [way.map(net, x, SCORE, effort=LITTLE) for way in some] + [
            list(believe(net, x, SCORE, effort=LITTLE, measures=["deletion"]).values())
        ]

    on_both(judged, 1e-3)
