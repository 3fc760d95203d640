"""Mask R-CNN: where might something be, what is it, and which pixels are its own.

He, Gkioxari, Dollár and Girshick 2017, "Mask R-CNN", figures 1 and 4, on a network that fits into a
course.  Four parts stand below one another in one table:

    backbone    conv1 … conv4 ─ up ─ conv5      features, a unit for every 4 pixels.  The way up and
                                                the bridge are U-Net's: the deep layers see whole
                                                objects, relu3_2 sees where their edges are
    proposals   conv_rpn ─ objectness, anchor_deltas        of every anchor: is an object there, and
                                                which way is its box (Ren et al. 2015, section 3.1)
    mask head   mask_rois ─ conv6 ─ conv7 ─ up_mask ─ masks     of every region: a mask for each
                                                class
    box head    rois ─ conv8 ─ fc9 ─ deltas, scores         of every region: which class, and a box
                                                again, one for each class

The heads do not read the photo, they read regions of the features, all of one size.  Which regions,
nobody knows before the proposals are there, so the table is walked in two parts:

    acts = net(pixels, until="anchor_deltas")
    rois = net.layers["rois"].of(acts["relu5"], boxes)
    acts = net.onward({"rois": rois}, ["deltas", "scores"])

Class 0 is the background, which has neither box nor mask.  `mask_rcnn_roipool` is the same network
with RoIPool in place of RoIAlign, to see what that is worth.

Read before: multiscale.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from minigrad import ops
from minigrad.backend import array_module
from minigrad.tensor import data_of
from models.design import Design
from models.layers import Concat, Conv, Layer, Linear, MaxPool, Relu
from models.layers_up import ConvTranspose
from models.preprocess import TORCHVISION
from models.unet import block

STRIDE = 4                  # pixels of the photo from one unit of the features to the next
BOX_SIZE, MASK_SIZE = 7, 14  # units of a region, for the box head and for the mask head


@dataclass(frozen=True)
class Regions(Layer):
    """Features of boxes, each brought to size × size; of the whole photo, as long as none is named.

    `pool` is ops.roi_align or ops.roi_pool.
    """

    size: int
    pool: Callable = ops.roi_align
    window: ClassVar = None

    def __call__(self, x, params, training):
        """Map features x (N, C, H, W) → (N, C, size, size), of one box around each photo."""
        N, _, H, W = x.shape
        return self.of(x, [(n, 0, 0, W * STRIDE, H * STRIDE) for n in range(N)])

    def of(self, x, boxes):
        """Map features x (N, C, H, W) and boxes (K, 5), as ops.roi_align takes them.

        Returns:
            (K, C, size, size).
        """
        data = data_of(x)
        boxes = array_module(data).asarray(np.reshape(boxes, (-1, 5)), data.dtype)
        return self.pool(x, boxes, self.size, 1 / STRIDE)

    def output_shape(self, shape):
        """The size that was asked for."""
        return shape[0], self.size, self.size


def table(classes, width=16, anchors=9, pool=ops.roi_align):
    """Write out the four parts.

    Args:
        classes: how many, the background among them.
        width: channels of the first convolution; the features have four times as many.
        anchors: boxes of different sizes and shapes at every unit of the features.
        pool: how a region is taken.
    """
    C, half = 4 * width, (BOX_SIZE + 1) // 2
    return [
        *block("1", 3, width),
        MaxPool("pool1", 2, stride=2, ceil_mode=True),
        *block("2", width, 2 * width),
        MaxPool("pool2", 2, stride=2, ceil_mode=True),
        *block("3_1", 2 * width, C),
        *block("3_2", C, C),
        MaxPool("pool3", 2, stride=2, ceil_mode=True),
        *block("4_1", C, C),
        *block("4_2", C, C),
        ConvTranspose("up", C, C, 2, 2, after=("relu4_2", "relu3_2")),
        Concat("concat", after=("relu3_2", "up")),
        *block("5", 2 * C, C),
        # proposals
        Conv("conv_rpn", C, C, 3, padding=1),
        Relu("relu_rpn"),
        Conv("objectness", C, anchors, 1),
        Conv("anchor_deltas", C, 4 * anchors, 1, after=("relu_rpn",)),
        # the mask of a region
        Regions("mask_rois", MASK_SIZE, pool, after=("relu5",)),
        Conv("conv6", C, 2 * width, 3, padding=1),
        Relu("relu6"),
        Conv("conv7", 2 * width, 2 * width, 3, padding=1),
        Relu("relu7"),
        ConvTranspose("up_mask", 2 * width, 2 * width, 2, 2),
        Relu("relu_mask"),
        Conv("masks", 2 * width, classes - 1, 1),
        # its class, and its box for each class
        Regions("rois", BOX_SIZE, pool, after=("relu5",)),
        Conv("conv8", C, C, 3, stride=2, padding=1),
        Relu("relu8"),
        Linear("fc9", C * half**2, C),
        Relu("relu9"),
        Linear("deltas", C, 4 * (classes - 1)),
        Linear("scores", C, classes, after=("relu9",)),
    ]


NETWORKS = {
    name: Design(
        partial(table, pool=pool),
        default_layer="relu5",
        preprocessing=TORCHVISION._replace(resize=64, crop=64),
        classes=4,
        settings={"width": 16, "anchors": 9},
    )
    for name, pool in (("mask_rcnn", ops.roi_align), ("mask_rcnn_roipool", ops.roi_pool))
}
