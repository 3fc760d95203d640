"""From arrays to pictures: signs around grey, heat, sheets, and files that are whole."""

import json

import numpy as np
import pytest
from PIL import Image

from demos.shared import pictures


def pixel(picture, x=0, y=0):
    return picture.convert("RGB").getpixel((x, y))


def test_pixels_become_a_picture_and_back():
    x = np.arange(27, dtype=np.float32).reshape(1, 3, 3, 3) * 9
    assert np.array_equal(np.asarray(pictures.photo(x)).transpose(2, 0, 1), x[0])


def test_zero_gradient_is_grey_and_signs_go_either_way():
    g = np.zeros((1, 3, 1, 3))
    g[..., 1], g[..., 2] = 2, -2
    drawn = pictures.signed(g)
    assert [pixel(drawn, i)[0] for i in range(3)] == [128, 255, 1]


def test_a_gradient_of_zero_everywhere_is_grey_everywhere():
    assert pixel(pictures.signed(np.zeros((1, 3, 2, 2)))) == (128, 128, 128)
    assert pixel(pictures.heat(np.zeros((1, 2, 2)))) == (0, 0, 0)


def test_heat_goes_from_black_over_red_and_yellow_to_white():
    drawn = pictures.heat(np.array([[[0, 1 / 3, 2 / 3, 1.0]]]))
    assert [pixel(drawn, i) for i in (0, 3)] == [(0, 0, 0), (255, 255, 255)]
    assert pixel(drawn, 1)[0] > 250 and pixel(drawn, 1)[2] == 0


def test_a_box_is_drawn_on_a_copy():
    plain = Image.new("RGB", (9, 9))
    framed = pictures.boxed(plain, (2, 3, 6, 8))
    assert pixel(framed, 3, 2) == pictures.BOX and pixel(framed, 7, 5) == pictures.BOX
    assert pixel(plain, 3, 2) == (0, 0, 0)


def test_a_sheet_has_room_for_all_its_pictures():
    tile = Image.new("RGB", (10, 10), (255, 0, 0))
    page = pictures.sheet([[("a", tile), ("a very long title " * 9, tile)], [("b", tile)]], tile=50)
    assert page.width == 2 * (50 + pictures.MARGIN) + pictures.MARGIN
    assert np.asarray(page)[..., 0].size == page.width * page.height


def test_pictures_are_written_beside_a_note_of_what_made_them(tmp_path):
    tile = Image.new("RGB", (4, 4))
    pictures.save(tmp_path / "new", "cup", {"": tile, "photo": tile}, {"unit": "score"})
    assert sorted(f.name for f in (tmp_path / "new").iterdir()) == [
        "cup.json", "cup.png", "cup_photo.png",
    ]
    note = json.loads((tmp_path / "new" / "cup.json").read_text())
    assert note["unit"] == "score" and note["pictures"] == ["cup.png", "cup_photo.png"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "kept.png"
    file.write_bytes(b"before")

    def broken(f):
        f.write(b"half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        pictures.whole(file, broken)
    assert file.read_bytes() == b"before" and list(tmp_path.iterdir()) == [file]
