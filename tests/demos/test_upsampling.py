"""Three sheets of one photo: numbers, convolutions, and the five ways on the photo."""

import pytest
from PIL import Image

import models
from demos import upsampling


def test_one_command_writes_the_three_sheets(ask, tmp_path):
    status, printed, made = ask(upsampling)
    assert status == 0 and "face_upsampling.png" in printed.out
    ends = ["", "_convolution", "_photo"]
    assert made["pictures"] == [f"face_upsampling{end}.png" for end in ends]
    assert all(Image.open(tmp_path / name).width > 900 for name in made["pictures"])
    assert made["max unpooling"] == [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]


@pytest.mark.parametrize("name", models.names())
def test_every_network_has_a_layer_that_is_shown(name):
    net = models.table(name)
    rows = {layer: shape[1] for layer, shape in net.output_shapes().items() if len(shape) == 3}
    assert rows[upsampling.usual_layer(net)] >= min(32, max(rows.values()))


def test_a_layer_without_a_map_is_refused_and_another_is_shown(ask):
    status, printed, made = ask(upsampling, "--layer", "fc7")
    assert status == 2 and "fc7 has no map" in printed.err and made is None
    assert ask(upsampling, "--layer", "pool4")[2]["layer"] == "pool4"
    status, printed, _ = ask(upsampling, "--layer", "relu9")
    assert status == 2 and "no layer 'relu9'" in printed.err


def test_the_sheets_of_numbers_are_the_same_for_every_photo():
    assert upsampling.numbers().tobytes() == upsampling.numbers().tobytes()
    assert upsampling.convolutions().size[0] == upsampling.numbers().size[0]
