"""Objectives, the image loop with all that can be hung onto it, optimisers and training."""

import cupy
import numpy as np
import pytest
from alike import image, normal, on_both
from networks import network, small

from minigrad import Tensor, grad, optim
from minigrad.ops.fast import threads
from minigrad.techniques import objectives
from minigrad.techniques.learn import evaluation, training
from minigrad.techniques.look import patches
from minigrad.techniques.make import (
    dream_objectives,
    loop,
    regularizers,
    starts,
    steps,
    transforms,
    waves,
)
from minigrad.techniques.make.diversity import diversity
from minigrad.techniques.make.dream import dream, seeds, zoom_dream
from minigrad.techniques.make.excite import excite, excite_each

# ── Objectives ──────────────────────────────────────────────────────────────────────────────────


def towards_a_code(net, x):
    target = net(x[:, :, ::-1].copy(), only=["relu2_2"])["relu2_2"]
    return objectives.code("relu2_2", target)


def of_each(net, x):
    return objectives.each([objectives.class_score(1), objectives.channel("conv2_1", 3)])


OBJECTIVES = {
    "class_score": lambda net, x: objectives.class_score(3),
    "unit": lambda net, x: objectives.unit("relu2_2", 3, 4, 5),
    "unit of fc7": lambda net, x: objectives.unit("relu7", 2),
    "channel": lambda net, x: objectives.channel("conv3_1", 4),
    "energy": lambda net, x: objectives.energy("relu3_2"),
    "cross_entropy": lambda net, x: objectives.cross_entropy(2),
    "code": towards_a_code,
    "each": of_each,
    "a sum": lambda net, x: objectives.class_score(1) + -2.0 * objectives.cross_entropy(1),
}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_an_objective_and_its_gradient_are_those_of_the_cpu(name):
    def asked(to, device):
        net, x = small(device), to(image(32, 2))
        objective, X = OBJECTIVES[name](net, x), Tensor(x)
        y = objective(objectives.activations(net, X, objective))
        return [objective(net(x)), y, *grad(y, [X])]

    on_both(asked)


def test_the_strongest_unit_and_its_place_are_those_of_the_cpu():
    def found(to, device):
        a = small(device)(to(image(32)), only=["relu2_2"])["relu2_2"]
        place = objectives.place_of_strongest(a, slice(2, 9), slice(3, 8))
        return [objectives.strongest(a), list(place)]

    on_both(found)


@pytest.mark.parametrize("layer", ["relu2_2", "fc7"])
def test_where_a_channel_fires_most_is_where_it_does_on_the_cpu(layer):
    on_both(lambda to, device: patches.strongest_places(small(device), to(image(32, 2)), layer))


def test_a_patch_at_the_border_is_cut_out_as_on_the_cpu():
    cut = patches.cut_out
    on_both(lambda to, device: cut(to(image(32))[0], (-3, 20, 9, 40), (128, 127, 126)))


# ── The image loop ──────────────────────────────────────────────────────────────────────────────


def ascend(lr=0.5, **more):
    return steps.ascend(optim.SGD(momentum=0.5), optim.constant(lr), **more)


def run(to, device, many=3, step=ascend, start=None, objective=None, **more):
    net = small(device)
    rng = np.random.default_rng(0)
    start = start(net, to) if start else starts.noise(net, 32, 2, 5.0, rng)
    objective = objective(net, to) if objective else objectives.class_score(2)
    rng = np.random.default_rng(3)
    walk = loop.optimize(net, start, objective, step=step(), steps=many, rng=rng, **more)
    return [[p.pixels, p.value] for p in walk]


def weak_l2(u):
    return 1e-5 * regularizers.l2(u)


PENALTIES = {
    "l2": regularizers.l2,
    "l6": lambda u: 1e-9 * regularizers.l6(u),
    "total variation": regularizers.total_variation,
    "total variation of power 1": lambda u: regularizers.total_variation(u, 1.0),
    "edges": regularizers.edge_energy,
}
CORRECTIONS = {
    "decay": lambda: regularizers.decay(0.1),
    "centre": lambda: regularizers.centre(0.1),
    "blur": lambda: regularizers.blur(0.6),
    "small norm": lambda: regularizers.clip_small_norm(30),
    "small norm, 0 %": lambda: regularizers.clip_small_norm(0),
    "small contribution": lambda: regularizers.clip_small_contribution(30),
    "blur every second step": lambda: regularizers.every(2, regularizers.blur(0.5)),
}
TRANSFORMS = {
    "jitter": lambda: transforms.jitter(4),
    "zoom": lambda: transforms.zoom(0.9, 1.2),
    "grain": lambda: transforms.grain(8.0),
}
RUNS = {
    "SGD from noise": {},
    "Adam along a cosine": {
        "step": lambda: steps.ascend(
            optim.Adam(weight_decay=1e-3), optim.cosine(2.0, 3, warmup=2)
        ),
    },
    "quasi-Newton": {"many": 4, "step": steps.quasi_newton, "penalties": [weak_l2]},
    "from the mean colour": {"start": lambda net, to: starts.zero(net, 32, 2)},
    "from a resized image": {"start": lambda net, to: transforms.resized(to(image(40, 2)), 36)},
    "towards a code": {"objective": lambda net, to: -towards_a_code(net, to(image(32, 2)))},
    "like photos": {"step": lambda: ascend(3.0, shape=steps.like_photos(0.75))},
    "in waves": {"step": lambda: waves.ascend_waves(optim.SGD(), optim.constant(0.5))},
    "diverse": {"objective": lambda net, to: 100 * diversity("relu2_2")},
}


@pytest.mark.parametrize("name", RUNS)
def test_an_image_is_optimised_as_on_the_cpu(name):
    on_both(lambda to, device: run(to, device, **RUNS[name]), 1e-5)


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_and_a_run_with_it_are_those_of_the_cpu(name):
    R = PENALTIES[name]

    def penalised(to, device):
        u = Tensor(to(40 * normal(2, 3, 12, 9)))
        y = R(u)
        return [y, *grad(y, [u]), run(to, device, penalties=[lambda u: 1e-6 * R(u)])]

    on_both(penalised)


@pytest.mark.parametrize("name", CORRECTIONS)
def test_a_run_with_a_correction_is_that_of_the_cpu(name):
    on_both(lambda to, device: run(to, device, corrections=[CORRECTIONS[name]()]))


@pytest.mark.parametrize("name", TRANSFORMS)
def test_a_transform_and_a_run_with_it_are_those_of_the_cpu(name):
    def transformed(to, device):
        x = Tensor(to(image(17, 3)))
        y = TRANSFORMS[name]()(x, np.random.default_rng(0).spawn(3))
        return [y, *grad((y * y).sum(), [x]), run(to, device, transforms=[TRANSFORMS[name]()])]

    on_both(transformed)


def test_a_tensor_resized_is_that_of_the_cpu():
    def resized(to, device):
        x = Tensor(to(image(12, 2)))
        y = transforms.to_size(x, (7, 19))
        return [y, *grad((y * y).sum(), [x])]

    on_both(resized)


def test_a_run_with_everything_at_once_is_that_of_the_cpu():
    def everything(to, device):
        return run(
            to, device, step=lambda: ascend(3.0, shape=steps.like_photos(0.75)),
            penalties=[lambda u, R=R: 1e-7 * R(u) for R in PENALTIES.values()],
            corrections=[CORRECTIONS[name]() for name in ("decay", "centre", "blur", "small norm")],
            transforms=[make() for make in TRANSFORMS.values()],
        )  # fmt: skip

    on_both(everything, 1e-6)


def test_a_box_of_arrays_holds_on_the_device():
    def boxed(to, device):
        x = to(image(32))
        walk = loop.optimize(
            small(device), x, objectives.cross_entropy(1), step=ascend(9.0), steps=2,
            box=(x - 2, x + 2),
        )  # fmt: skip
        return [p.pixels for p in walk]

    on_both(boxed)


@pytest.mark.parametrize("power", [0.0, 0.75, 1.0])
@pytest.mark.parametrize("shape", [(3, 3, 12, 9), (1, 3, 16, 16)])
def test_the_shape_of_a_step_like_photos_is_that_of_the_cpu(power, shape):
    for dtype in ("float64", "float32"):
        g = normal(*shape).astype(dtype)
        on_both(lambda to, _, g=g: steps.like_photos(power)(to(g)))
    on_both(lambda to, _: steps.like_photos(power)(to(np.zeros(shape))))


FEW = {"sizes": (32, 40), "steps": 2, "rate": 0.5}


def test_a_picture_is_that_of_the_cpu():
    def pictures(to, device):
        walk = excite(small(device), None, objectives.class_score(1), **FEW)
        return [p.pixels for p in walk]

    on_both(pictures, 1e-4)


@pytest.mark.parametrize("tile", [None, 16])
@pytest.mark.parametrize("guided", [False, True])
def test_a_dream_is_that_of_the_cpu(tile, guided):
    layer = "relu2_2"

    def pictures(to, device):
        net, x = small(device), to(image(40))
        guide = net(x[:, :, :20].copy(), only=[layer])[layer]
        objective = dream_objectives.guided_by(layer, guide) if guided else None
        walk = dream(net, x, objective, layer=layer, octaves=2, steps=1, tile=tile)
        return [p.pixels for p in walk]

    on_both(pictures, 1e-4)


def test_the_picture_of_a_unit_is_that_of_the_cpu():
    def pictures(to, device):
        walk = excite(small(device), None, objectives.unit("relu2_2", 3, 10, 10), **FEW)
        return [p.pixels for p in walk]

    on_both(pictures, 1e-4)


def test_a_zoom_and_what_goes_back_from_a_layer_are_those_of_the_cpu():
    layer = "relu2_2"

    def pictures(to, device):
        settings = {"layer": layer, "octaves": 1, "steps": 1, "frames": 2}
        return [p.pixels for p in zoom_dream(small(device), to(image(32)), **settings)]

    on_both(pictures, 1e-4)
    on_both(lambda to, device: seeds(small(device), to(image(32)), objectives.energy(layer)))


def test_several_pictures_are_made_one_after_another_on_the_device():
    threads.use(3)
    wanted = [objectives.class_score(k) for k in (0, 1, 2)]
    walk = excite_each(small("cuda"), None, wanted, **FEW)
    assert [n for n, _ in walk] == [n for n in range(3) for _ in range(4)]


# ── Optimisers and training ─────────────────────────────────────────────────────────────────────

OPTIMISERS = {
    "SGD": optim.SGD,
    "Nesterov": lambda: optim.SGD(0.9, True, 1e-2),
    "Adam": lambda: optim.Adam(weight_decay=0.1),
}


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMISERS)
def test_an_optimiser_steps_as_on_the_cpu(name, dtype):
    def stepped(to, _):
        def arrays(seed):
            w, b = normal(3, 2, seed=seed), normal(2, seed=seed)
            return to({"w": w.astype(dtype), "b": b.astype(dtype)})

        optimiser, params = OPTIMISERS[name](), arrays(0)
        for i in range(3):
            params = optimiser.step(params, arrays(i), np.float64(0.1))
        return params

    on_both(stepped)


def test_quasi_newton_goes_down_a_quadratic_as_on_the_cpu():
    def gone(to, _):
        scale = to(np.arange(1.0, 7))

        def f(x):
            return ((x - 3) ** 2 * scale).sum(), 2 * (x - 3) * scale

        return [list(step[:2]) for step in optim.LBFGS().minimise(f, to(normal(6)))][:5]

    on_both(gone, 1e-6)


@pytest.mark.parametrize("adversary, steps", [(0.0, 2), (1.0, 1)])
def test_training_is_that_of_the_cpu(adversary, steps):
    def trained(to, device):
        net = network("minivgg_bn", device, "float64", 3)
        params, losses = dict(net.params), []
        optimiser = optim.SGD(0.9, True, 5e-4)
        for i in range(steps):
            pixels, labels = to(image(32, 6, seed=i)), to(np.arange(6) % 3)
            rng = np.random.default_rng(i)
            params, outcome = training.step(
                net, params, pixels, labels, optimiser, 0.01, rng, 0.1, adversary
            )
            losses.append([outcome.loss, outcome.right])
        return [losses, params]

    on_both(trained, 1e-6)


def test_labels_of_the_host_are_as_good():
    def trained(to, device):
        net, rng = network("minivgg_bn", device, "float64", 3), np.random.default_rng(0)
        pixels, labels = to(image(32, 6)), np.arange(6) % 3
        return training.step(net, net.params, pixels, labels, optim.SGD(), 0.01, rng)[0]

    on_both(trained, 1e-6)


def test_a_step_uphill_and_what_is_counted_are_those_of_the_cpu():
    pixels, g = image(8, 2), normal(2, 3, 8, 8)
    on_both(lambda to, _: training.uphill(to(pixels), to(g), 5.0))
    scores, labels = 3 * normal(40, 4), np.arange(40) % 4
    on_both(lambda to, _: evaluation.calibration_error(to(scores), to(labels)))
    on_both(lambda to, _: evaluation.temperature(to(scores), to(labels)))


def test_answers_of_the_device_are_counted():
    found = evaluation.confusion(cupy.asarray([0, 1, 1]), cupy.asarray([0, 0, 1]), 2)
    np.testing.assert_array_equal(found, [[1, 1], [0, 1]])
