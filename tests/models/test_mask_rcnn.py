"""Mask R-CNN's table: its parts, its sizes, and the walk that goes on from regions."""

import numpy as np
import pytest

import models
from minigrad import Tensor, grad, ops
from models import storage


@pytest.fixture
def net():
    return models.build("mask_rcnn", classes=4, dtype="float64", attributes={"width": 2})


def test_detectors_are_listed_apart():
    assert models.detectors() == ["mask_rcnn", "mask_rcnn_roipool"]
    assert not set(models.detectors()) & {*models.names(), *models.segmenters()}


def test_the_heads_have_a_score_and_a_mask_for_each_class_and_a_box_for_all_but_the_background():
    net = models.table("mask_rcnn", classes=6, attributes={"width": 4, "anchors": 5})
    shapes = net.output_shapes((48, 64))
    assert shapes["relu5"] == (16, 12, 16) and net.receptive_field("relu5").stride == 4
    assert shapes["objectness"] == (5, 12, 16) and shapes["anchor_deltas"] == (20, 12, 16)
    assert shapes["masks"] == (5, 28, 28)
    assert shapes["scores"] == (6,) and shapes["deltas"] == (20,)


def test_the_control_differs_in_how_a_region_is_taken_and_in_nothing_else():
    align, pool = (models.build(name, classes=4) for name in models.detectors())
    assert align.layers["rois"].pool is ops.roi_align and pool.layers["rois"].pool is ops.roi_pool
    assert align.shapes == pool.shapes
    for name, array in align.params.items():
        np.testing.assert_array_equal(array, pool.params[name])


def test_regions_are_of_the_boxes_in_pixels(net, rng):
    features = rng.normal(0, 1, (2, 8, 10, 12))
    boxes = [(1, 4, 8, 20.5, 30), (0, 0, 0, 48, 40)]
    for layer in ("rois", "mask_rois"):
        size = net.layers[layer].size
        wanted = ops.roi_align(features, np.array(boxes), size, 1 / 4)
        np.testing.assert_array_equal(net.layers[layer].of(features, boxes), wanted)
    assert net.layers["rois"].of(features, []).shape == (0, 8, 7, 7)


def test_a_walk_goes_on_from_what_is_given_to_what_is_wanted_and_no_further(net, rng):
    rois = rng.normal(0, 1, (3, 8, 7, 7))
    acts = net.onward({"rois": rois}, ["scores"])
    assert list(acts) == ["rois", "conv8", "relu8", "fc9", "relu9", "scores"]
    p = net.params
    a = ops.relu(ops.conv2d(rois, p["conv8/weight"], p["conv8/bias"], 2, 1))
    a = ops.relu(ops.linear(a.reshape(3, -1), p["fc9/weight"], p["fc9/bias"]))
    np.testing.assert_allclose(acts.scores, ops.linear(a, p["scores/weight"], p["scores/bias"]),
                               atol=1e-12)


def test_a_walk_that_goes_on_is_recorded(net, rng):
    rois = Tensor(rng.normal(0, 1, (1, 8, 14, 14)))
    acts = net.onward({"mask_rois": rois}, ["masks"])
    (g,) = grad(acts["masks"], [rois], seed=np.ones(acts["masks"].shape))
    assert g.shape == rois.shape and g.any()


def test_a_walk_that_cannot_go_on_says_so(net):
    with pytest.raises(ValueError, match="cannot go on to conv1 from rois alone"):
        net.onward({"rois": np.zeros((1, 8, 7, 7))}, ["masks"])
    with pytest.raises(ValueError, match="has no layer 'mask'"):
        net.onward({"rois": np.zeros((1, 8, 7, 7))}, ["mask"])


def test_it_is_saved_and_loaded_with_its_width(net, tmp_path):
    storage.save(tmp_path / "some.h5", net.params, net.attributes)
    loaded = models.load("mask_rcnn", tmp_path / "some.h5")
    assert loaded.settings == {"width": 2, "anchors": 9} and loaded.class_count == 4


def test_missing_weights_are_trained(monkeypatch, tmp_path):
    monkeypatch.setattr(models, "HERE", tmp_path / "models")
    with pytest.raises(FileNotFoundError, match="get them by python -m demos instances train"):
        models.weights_file("mask_rcnn")
