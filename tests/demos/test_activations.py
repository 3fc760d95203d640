"""Every channel of a layer as a tile, and the strongest by name."""

import numpy as np
import pytest
from PIL import Image

import models
from demos import activations
from demos.shared import pictures
from demos.shared.command import FACE


@pytest.mark.parametrize("layer", ["relu4_2", "conv2_1", "fc7", "fc8"])
def test_the_sheet_has_a_tile_for_each_channel_in_its_order(ask, random_weights, tmp_path, layer):
    status, said, note = ask(activations, "--layer", layer)
    net = models.load("minivgg", random_weights)
    a = net(net.pixels(FACE), only=[layer])[layer][0]
    maps = a.reshape(len(a), *(a.shape[1:] or (1, 1)))
    scale, across = pictures.cells(len(maps), max(maps.shape[1:]))
    assert status == 0 and note["shape (channels, rows, columns)"] == list(a.shape)
    sheet = np.asarray(Image.open(tmp_path / note["pictures"][0]))
    c = int(maps.max(axis=(1, 2)).argmax())
    down, right = (n * scale + pictures.GAP for n in maps.shape[1:])
    top, left = c // across * down, c % across * right
    bottom, end = top + down - pictures.GAP, left + right - pictures.GAP
    tile = sheet[top:bottom:scale, left:end:scale]
    drawn = np.asarray(pictures.photo(pictures.glowing(
        maps, "coolwarm" if maps.min() < 0 else "inferno")[c]))
    assert np.array_equal(tile, drawn)
    assert list(note["strongest"])[0] == str(c) and f"channel {c}" in said.out


def test_the_strongest_unit_is_told_with_its_place(ask, random_weights):
    _, _, note = ask(activations, "--layer", "relu3_1")
    net = models.load("minivgg", random_weights)
    a = net(net.pixels(FACE))["relu3_1"][0]
    c, one = next(iter(note["strongest"].items()))
    assert a[(int(c), *one["row, column"])] == pytest.approx(a.max(), rel=1e-4)


def test_a_layer_that_is_not_there_is_one_sentence(ask):
    status, said, _ = ask(activations, "--layer", "relu9")
    assert status == 2 and said.err.count("\n") == 1 and "relu9" in said.err
