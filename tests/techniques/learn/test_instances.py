"""Instances: anchors, proposals, the losses and their gradient, training, and what is found."""

import itertools

import numpy as np
import pytest

import models
from minigrad import Tensor, grad
from minigrad.optim import SGD
from minigrad.techniques.learn import instances as training
from minigrad.techniques.learn.anchors import BACKGROUND, NOBODY, OBJECT, anchors_of, drawn, owners
from minigrad.techniques.learn.boxes import box_iou, encoded
from minigrad.techniques.learn.composed import CLASSES, compose
from minigrad.techniques.learn.detection import detect, laid_back
from minigrad.techniques.learn.instances import (
    Objects,
    box_loss,
    cut_out,
    instances,
    losses_of,
    mask_loss,
    objects_of,
    regions_of,
    step,
)
from minigrad.techniques.learn.proposals import Answers, answers_of, proposal_losses, proposals

PHOTOS = [np.random.default_rng(0).integers(0, 256, (50, 60, 3))]


def small(dtype="float64", seed=0):
    return models.build("mask_rcnn", seed, CLASSES, dtype=dtype, attributes={"width": 2})


def scenes(count=2, size=32, seed=0, objects=(2, 3)):
    made = compose(PHOTOS, count, size=size, objects=objects, rng=np.random.default_rng(seed))
    return made.pixels.astype(float), [objects_of(one) for one in made.instances]


# ── Anchors ─────────────────────────────────────────────────────────────────────────────────────


def test_anchors_stand_around_the_middle_of_a_unit_with_their_areas_and_ratios():
    anchors = anchors_of(3, 5, 4, sizes=(8, 16), ratios=(0.5, 1, 2)).reshape(3, 5, 6, 4)
    middle = (anchors[..., :2] + anchors[..., 2:]) / 2
    np.testing.assert_allclose(middle[1, 3], [[14, 6]] * 6)
    width, height = np.moveaxis(anchors[..., 2:] - anchors[..., :2], -1, 0)
    np.testing.assert_allclose(width * height, np.broadcast_to([64] * 3 + [256] * 3, (3, 5, 6)))
    np.testing.assert_allclose((height / width)[0, 0], [0.5, 1, 2] * 2)


def test_an_answer_belongs_to_the_anchor_of_its_place_and_channel():
    s, t = np.zeros((1, 6, 3, 5)), np.zeros((1, 24, 3, 5))
    s[0, 4, 1, 3], t[0, 4 * 4 : 4 * 5, 1, 3] = 9, [1, 2, 3, 4]
    answers = answers_of({"objectness": s, "anchor_deltas": t}, 4, (8, 16), (0.5, 1, 2))
    k = answers.objectness[0].argmax()
    x0, y0, x1, y1 = answers.anchors[k]
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (14, 6) and x1 - x0 == y1 - y0 == 16
    assert answers.deltas[0, k].tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="has 6 anchors at each unit, and 1 sizes with 3 ratios"):
        answers_of({"objectness": s, "anchor_deltas": t}, 4, (8,), (0.5, 1, 2))


def test_an_anchor_is_an_object_s_background_or_nobody_s():
    objects = [[0, 0, 10, 10], [40, 40, 48, 48]]
    boxes = [[0, 0, 10, 10], [0, 0, 10, 8], [0, 0, 10, 5], [0, 0, 10, 2], [38, 40, 56, 48]]
    plain = owners(boxes, objects, 0.7, 0.3, nearest=False)
    assert plain.tolist() == [0, 0, NOBODY, 2, NOBODY]      # IoU 1, .8, .5, .2, .44
    assert owners(boxes, objects, 0.7, 0.3, nearest=True).tolist() == [0, 0, NOBODY, 2, 1]
    assert owners(boxes, [], 0.7, 0.3, nearest=True).tolist() == [0] * 5    # M = 0: background


def test_of_each_kind_some_are_drawn(rng):
    owner = np.array([0] * 10 + [1] * 10 + [NOBODY] * 5 + [2] * 50)
    some, others = drawn(owner, 2, 24, 0.25, rng)
    assert len(some) == 6 and len(set(some)) == 6 and (owner[some] < 2).all()
    assert len(others) == 18 and (owner[others] == 2).all()
    few, rest = drawn(np.array([0, 1, 1]), 1, 8, 0.5, rng)
    assert few.tolist() == [0] and sorted(rest) == [1, 2]


def test_proposals_are_the_best_anchors_moved_cut_and_without_their_like():
    s, t = np.zeros((1, 9, 4, 4)) - 9, np.zeros((1, 36, 4, 4))
    s[0, 1, 0, 0], s[0, 1, 3, 3], s[0, 4, 3, 3] = 3, 2, 1       # squares of 14 and 24 pixels
    t[0, 4, 0, 0] = 5                                           # half its width to the right
    (found,) = proposals(answers_of({"objectness": s, "anchor_deltas": t}, 4), (16, 16))
    np.testing.assert_allclose(found[:3], [[2, 0, 16, 9], [7, 7, 16, 16], [2, 2, 16, 16]])
    iou = box_iou(found, found)
    assert iou[~np.eye(len(iou), dtype=bool)].max() <= 0.7


# ── Losses ──────────────────────────────────────────────────────────────────────────────────────


def test_only_the_true_class_s_mask_is_told_anything(rng):
    masks, classes = Tensor(rng.normal(0, 1, (4, 3, 5, 5))), np.array([1, 3, 2, 3])
    wanted = rng.random((4, 5, 5)) < 0.5
    L = mask_loss(masks, classes, wanted)
    (g,) = grad(L, [masks])
    true = np.arange(3) == classes[:, None] - 1
    assert not g[~true].any() and g[true].all()
    p = 1 / (1 + np.exp(-masks.data[true]))
    assert L.item() == pytest.approx(-np.log(np.where(wanted, p, 1 - p)).mean())


def test_only_the_true_class_s_box_is_told_anything_and_background_has_none(rng):
    pixels, objects = scenes()
    regions = regions_of([np.array([[0.0, 0, 4, 4]])] * 2, objects, 7, rng)
    deltas = Tensor(rng.normal(0, 1, (len(regions.boxes), 12)))
    (g,) = grad(box_loss(deltas, regions), [deltas])
    g = g.reshape(-1, 3, 4)
    for row, k in zip(g, regions.classes, strict=True):
        assert not np.delete(row, k - 1, axis=0).any() if k else not row.any()
        assert row[k - 1].any() or not k


def test_regions_know_their_photo_their_class_and_their_part_of_the_mask(rng):
    _, objects = scenes(3)
    regions = regions_of([of.boxes + [0, 0, 0.5, 0.5] for of in objects], objects, 14, rng)
    for place, mask in zip(regions.inside, regions.masks, strict=True):
        n, box = int(regions.boxes[place, 0]), regions.boxes[place, 1:]
        iou = box_iou([box], objects[n].boxes)[0]
        assert iou.max() >= 0.5 and regions.classes[place] == objects[n].classes[iou.argmax()]
        np.testing.assert_array_equal(mask, cut_out(objects[n].masks[[iou.argmax()]],
                                                    box[None], 14)[0])
    assert set(regions.boxes[:, 0]) == {0, 1, 2}


def test_a_mask_that_is_cut_out_and_laid_back_is_itself():
    _, (one,) = scenes(1, size=48)
    for box, mask in zip(one.boxes, one.masks, strict=True):
        x0, y0, x1, y1 = box.astype(int)
        m = 4 * max(x1 - x0, y1 - y0)
        back = laid_back(cut_out(mask[None], box[None], m).astype(float), box[None], mask.shape)[0]
        assert ((back >= 0.5) != mask).mean() < 0.01 and not back[~inside(box, mask)].any()
    exact = laid_back(np.eye(8)[None], np.array([[4.0, 2, 12, 10]]), (16, 16))[0]
    np.testing.assert_allclose(exact[2:10, 4:12], np.eye(8), atol=1e-12)


def inside(box, mask):
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]] + 0.5
    return (x >= box[0]) & (x <= box[2]) & (y >= box[1]) & (y <= box[3])


def test_the_proposals_loss_is_at_rest_where_the_truth_is_said(rng):
    _, (one,) = scenes(1)
    anchors = anchors_of(8, 8, 4)
    owner = owners(anchors, one.boxes, OBJECT, BACKGROUND, nearest=True)
    objects = (owner >= 0) & (owner < len(one.boxes))
    t = np.zeros((1, len(anchors), 4))
    t[0, objects] = encoded(one.boxes[owner[objects]], anchors[objects])
    s = np.where(objects, 30.0, -30.0)[None]
    losses = proposal_losses(Answers(s, t, anchors), [one.boxes], rng)
    assert max(losses) < 1e-9


def test_the_gradient_of_all_losses_is_their_slope(monkeypatch):
    """Regions move with the weights, which the gradient leaves out: here they stay."""
    monkeypatch.setattr(training, "proposals", lambda answers, image: [np.zeros((0, 4))] * 2)
    net, (pixels, objects) = small(), scenes()
    rng, ε = np.random.default_rng(5), 1e-6
    for name in net.learned:  # biases of 0 would leave relus at their corner
        net.params[name] = net.params[name] + rng.normal(0, 0.1, net.shapes[name])

    def loss(params):
        losses, _, _ = losses_of(net, pixels, objects, params, np.random.default_rng(1))
        return sum(losses[1:], losses[0])

    weights = {name: Tensor(net.params[name]) for name in net.learned}
    gradients = dict(zip(weights, grad(loss(net.params | weights), list(weights.values())),
                         strict=True))
    assert all(np.isfinite(g).all() for g in gradients.values())
    for name, g in gradients.items():
        place = np.unravel_index(abs(g).argmax() if rng.random() < 0.5
                                 else rng.integers(g.size), g.shape)
        slope = 0
        for sign in (1, -1):
            moved = net.params[name].copy()
            moved[place] += sign * ε
            slope += sign * loss(net.params | {name: moved}) / (2 * ε)
        assert abs(slope - g[place]) < 1e-6 * max(1, abs(slope)), name


# ── Training, and what is found ─────────────────────────────────────────────────────────────────


def test_training_makes_the_loss_smaller_and_a_run_that_goes_on_is_the_same():
    net = small("float32")
    settings = {"steps": 6, "batch": 2, "size": 32, "lr": 0.01}
    whole = list(instances(net, PHOTOS, **settings))
    first = list(itertools.islice(instances(net, PHOTOS, optimiser=(some := SGD(0.9)),
                                            **settings), 3))
    again = list(instances(net, PHOTOS, optimiser=some, params=first[-1].params, begin=3,
                           **settings))
    straight = list(instances(net, PHOTOS, optimiser=SGD(0.9), **settings))
    assert [one.step for one in again] == [4, 5, 6]
    for name, array in straight[-1].params.items():
        np.testing.assert_array_equal(again[-1].params[name], array)
    assert whole[-1].outcome.loss < whole[0].outcome.loss


def test_a_step_changes_every_weight_and_follows_the_statistics():
    net, (pixels, objects) = small(), scenes()
    before = {name: array.copy() for name, array in net.params.items()}
    params, outcome = step(net, net.params, pixels, objects, SGD(), 0.1,
                           np.random.default_rng(0))
    assert params.keys() == net.params.keys() and 0 <= outcome.right <= 1
    for name, array in params.items():
        assert not np.array_equal(array, before[name]), name
        np.testing.assert_array_equal(net.params[name], before[name])


def test_what_is_found_lies_in_the_photo_the_surest_first_each_photo_by_itself(rng):
    net = small()
    pixels, _ = scenes(3)
    found = detect(net, pixels, least=0.01, most=7)
    for one, x in zip(found, pixels, strict=True):
        D = len(one.boxes)
        assert 0 < D <= 7 and one.masks.shape == (D, 32, 32) and one.masks.dtype == bool
        assert (np.diff(one.scores) <= 0).all() and set(one.classes) <= {1, 2, 3}
        assert one.boxes.min() >= 0 and one.boxes.max() <= 32
        assert not (one.masks & ~np.array([inside(box, one.masks[0]) for box in one.boxes])).any()
        (alone,) = detect(net, x[None], least=0.01, most=7)
        np.testing.assert_allclose(alone.boxes, one.boxes, atol=1e-9)
    assert [len(one.boxes) for one in detect(net, pixels, least=1.0)] == [0, 0, 0]


def test_an_object_of_which_little_is_seen_is_none():
    made = compose(PHOTOS, 6, size=32, objects=(6, 8))
    for of in made.instances:
        kept = objects_of(of, least=30)
        assert kept.masks.sum(axis=(1, 2)).min() >= 30
        assert len(kept.boxes) == (of.masks.sum(axis=(1, 2)) >= 30).sum()
        for (x0, y0, x1, y1), mask in zip(kept.boxes.astype(int), kept.masks, strict=True):
            assert mask[y0:y1, x0:x1].sum() == mask.sum() and mask[y0].any() and mask[:, x0].any()


# ── What cannot be ──────────────────────────────────────────────────────────────────────────────

ONE = Objects(np.array([[2.0, 2, 9, 9]]), np.array([1]), np.ones((1, 32, 32), bool))


@pytest.mark.parametrize(("objects", "says"), [
    ([ONE._replace(boxes=np.array([[2.0, 2, 40, 9]]))], "photo 0: box 0, 2, 2, 40, 9, lies out"),
    ([ONE._replace(boxes=np.array([[9.0, 2, 9, 9]]))], "photo 0: box 0, 9, 2, 9, 9, is empty"),
    ([ONE._replace(classes=np.array([4]))], r"classes \[4\]: mask_rcnn knows 1 … 3"),
    ([ONE._replace(classes=np.array([0]))], "knows 1 … 3"),
    ([ONE._replace(masks=np.ones((1, 32, 30), bool))], "want masks"),
    ([ONE, ONE], "1 photos want as many lists of objects, not 2"),
    ([Objects(np.zeros((0, 4)), np.zeros(0, int), np.zeros((0, 32, 32), bool))],
     "no object in any of these photos"),
])
def test_objects_that_do_not_fit_are_told(objects, says):
    pixels, _ = scenes(1)
    with pytest.raises(ValueError, match=says):
        step(small(), small().params, pixels, objects, SGD(), 0.1, np.random.default_rng(0))


def test_a_photo_without_objects_among_others_is_all_background(rng):
    pixels, (one, _) = scenes(2)
    none = Objects(np.zeros((0, 4)), np.zeros(0, int), np.zeros((0, 32, 32), bool))
    regions = regions_of([np.array([[0.0, 0, 9, 9]])] * 2, [one, none], 7, rng)
    assert (regions.classes[regions.boxes[:, 0] == 1] == 0).all()
    params, outcome = step(small(), small().params, pixels, [one, none], SGD(), 0.1, rng)
    assert np.isfinite(outcome.loss)


def test_what_makes_no_sense_is_a_sentence():
    with pytest.raises(ValueError, match="unet finds no objects: a detector is wanted"):
        detect(models.build("unet"), np.zeros((1, 3, 32, 32)))
    with pytest.raises(ValueError, match="least, a probability"):
        detect(small(), np.zeros((1, 3, 32, 32)), least=2)
    with pytest.raises(ValueError, match="steps is 0"):
        instances(small(), PHOTOS, steps=0)
    with pytest.raises(ValueError, match="needs a background"):
        next(instances(small(), []))
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the loss has become"):
        for _ in instances(small("float32"), PHOTOS, size=32, batch=2, lr=1e9, steps=9):
            pass


def test_the_scores_of_a_photo_without_regions_are_those_of_the_whole_of_it(rng):
    net, pixels = small(), rng.uniform(0, 255, (2, 3, 32, 32))
    acts = net(pixels)
    rois = net.layers["rois"].of(acts["relu5"], [(0, 0, 0, 32, 32), (1, 0, 0, 32, 32)])
    np.testing.assert_array_equal(net.onward({"rois": rois}, ["scores"]).scores, acts.scores)
