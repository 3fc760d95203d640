"""Average precision against COCO's own count (pycocotools)."""

import contextlib
import io

import numpy as np
import pytest

from minigrad.techniques.learn.average_precision import detection_precision
from minigrad.techniques.learn.detection import Detections
from minigrad.techniques.learn.instances import Objects

coco = pytest.importorskip("pycocotools.coco", reason="needs pycocotools")
cocoeval = pytest.importorskip("pycocotools.cocoeval", reason="needs pycocotools")
coco_mask = pytest.importorskip("pycocotools.mask", reason="needs pycocotools")
EDGE = 64


def blobs(rng, count):
    """Ellipses, and the boxes around them."""
    y, x = np.mgrid[:EDGE, :EDGE]
    middle, radius = rng.uniform(10, 54, (count, 2)), rng.uniform(4, 14, (count, 2))
    masks = np.array([((x - m[0]) / r[0]) ** 2 + ((y - m[1]) / r[1]) ** 2 < 1
                      for m, r in zip(middle, radius, strict=True)]).reshape(-1, EDGE, EDGE)
    return around(masks), masks


def around(masks):
    boxes = []
    for mask in masks:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        boxes.append([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1])
    return np.array(boxes, float).reshape(-1, 4)


def photo(rng):
    """Some objects, and detections that are the objects moved by some pixels, or others."""
    boxes, masks = blobs(rng, rng.integers(1, 6))
    true = Objects(boxes, rng.integers(1, 4, len(boxes)), masks)
    moved = [np.roll(mask, rng.integers(-3, 4, 2), axis=(0, 1)) for mask in masks for _ in (0, 1)]
    found = np.array([*moved, *blobs(rng, 3)[1]])
    classes = np.concatenate([np.repeat(true.classes, 2), rng.integers(1, 4, 3)])
    scores = np.sort(rng.random(len(found)))[::-1]
    return true, Detections(around(found), classes, scores, found)


def rows_of(photos):
    """COCO's lists of annotations and of results."""
    def row(n, boxes, masks, classes, i):
        x0, y0, x1, y1 = boxes[i].tolist()
        return {"image_id": n, "category_id": int(classes[i]), "bbox": [x0, y0, x1 - x0, y1 - y0],
                "segmentation": coco_mask.encode(np.asfortranarray(masks[i].astype(np.uint8)))}

    true = [row(n, of.boxes, of.masks, of.classes, i) | {"area": float(of.masks[i].sum()),
                                                         "iscrowd": 0}
            for n, (of, _) in enumerate(photos, start=1) for i in range(len(of.boxes))]
    found = [row(n, one.boxes, one.masks, one.classes, i) | {"score": float(one.scores[i])}
             for n, (_, one) in enumerate(photos, start=1) for i in range(len(one.boxes))]
    return [one | {"id": i} for i, one in enumerate(true, start=1)], found


@pytest.mark.parametrize(("by", "kind"), [("boxes", "bbox"), ("masks", "segm")])
def test_it_is_coco_s_own_count(by, kind):
    rng = np.random.default_rng(7)
    photos = [photo(rng) for _ in range(15)]
    true, found = rows_of(photos)
    with contextlib.redirect_stdout(io.StringIO()):
        truth = coco.COCO()
        truth.dataset = {"images": [{"id": n, "height": EDGE, "width": EDGE}
                                    for n in range(1, len(photos) + 1)],
                         "annotations": true, "categories": [{"id": k} for k in (1, 2, 3)]}
        truth.createIndex()
        count = cocoeval.COCOeval(truth, truth.loadRes(found), kind)
        count.evaluate()
        count.accumulate()
        count.summarize()
    ours = detection_precision([one for _, one in photos], [of for of, _ in photos], by)
    np.testing.assert_allclose([ours.mean, ours.at_50, ours.at_75], count.stats[:3], atol=1e-12)
