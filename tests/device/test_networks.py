"""Networks on the device: loading, passes, gradients under rules, folding."""

import pathlib

import cupy
import pytest
from alike import image, on_both, same
from networks import network, shipped, small

from minigrad import Tensor, grad
from minigrad.techniques import (
    by_rule,
    class_score,
    filters,
    gradient,
    panel,
    saliency,
    strongest_unit,
)
from models.fold import fold_batch_norm

PHOTOS = pathlib.Path(__file__).parent.parent.parent / "demos" / "photos"


def test_weights_are_loaded_onto_the_device():
    net = shipped("cuda")
    assert net.device == "cuda"
    assert all(isinstance(a, cupy.ndarray) and a.dtype == "float32" for a in net.params.values())
    same(dict(net.params), dict(shipped("cpu").params), 1e-12)


@pytest.mark.parametrize("only", [None, ["relu4_2", "fc8"]])
def test_activations_are_those_of_the_cpu(only):
    x = image(128, dtype="float32")
    on_both(lambda to, device: dict(shipped(device)(to(x), only=only)))


def test_a_batch_of_another_size_and_dtype_gives_the_activations_of_the_cpu():
    on_both(lambda to, device: dict(shipped(device, "float64")(to(image(70, 2)))))


def test_a_photo_of_a_file_becomes_pixels_of_the_device():
    photo = next(PHOTOS.glob("*.jpg"))
    on_both(lambda to, device: shipped(device).pixels(photo))


@pytest.mark.parametrize(
    "name, edge",
    [("minivgg_bn", 48), ("squeezenet1_0_caffe", 64), ("squeezenet1_1", 64), ("googlenet", 64)],
)
def test_every_network_has_the_activations_and_the_gradient_of_the_cpu(name, edge):
    def passed(to, device):
        x = Tensor(to(image(edge)))
        acts = network(name, device)(x)
        last = list(acts)[-1]
        gradient = grad((acts[last] ** 2).sum(), [x])
        return [{key: a.data for key, a in acts.items()}, *gradient]

    on_both(passed)


@pytest.mark.parametrize(
    "pixels", [image(64, dtype="float32"), Tensor(cupy.asarray(image(64)))], ids=["host", "float64"]
)
def test_pixels_of_another_device_or_dtype_are_refused_in_a_sentence(pixels):
    with pytest.raises(ValueError, match="minivgg is"):
        shipped("cuda")(pixels)


def test_a_gradient_at_the_pixels_is_that_of_the_cpu_under_each_rule():
    x, score = image(96, dtype="float32"), class_score(7)
    on_both(lambda to, device: gradient(shipped(device), to(x), score), 2e-3)
    on_both(lambda to, device: by_rule(shipped(device), to(x), score), 2e-3)


def test_the_panel_and_the_saliency_map_are_those_of_the_cpu():
    def looked(to, device):
        net, x = small(device), to(image(48))
        pictures = panel(net, x, class_score(2))
        return [{str(b): g for b, g in pictures.items()}, saliency(net, x, class_score(1))]

    on_both(looked)


def test_the_filters_and_the_strongest_unit_are_those_of_the_cpu():
    def looked(to, device):
        net, x = small(device), to(image(48))
        unit = strongest_unit(net, x, "relu2_1")
        return [filters(net), list(unit.place), saliency(net, x, unit)]

    on_both(looked)


def test_batch_norm_is_folded_on_the_device():
    on_both(lambda to, device: fold_batch_norm(network("minivgg_bn", device)))
