"""From arrays to pictures: signs around grey, heat, sheets, and files that are whole."""

import json
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from demos import show
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
    assert pixel(pictures.heat(np.zeros((1, 2, 2)))) == (0, 0, 4)    # where inferno begins


def test_heat_goes_from_black_over_red_to_bright_yellow():
    drawn = pictures.heat(np.array([[[0, 1 / 3, 2 / 3, 1.0]]]))
    assert [pixel(drawn, i) for i in (0, 3)] == [(0, 0, 4), (252, 255, 164)]
    assert pixel(drawn, 2)[0] > 200 and pixel(drawn, 2)[2] < 60


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


# ── In a notebook ───────────────────────────────────────────────────────────────────────────────


class Progress(NamedTuple):
    step: int
    pixels: np.ndarray
    value: float


def run(steps=3, ends=None):
    for step in range(1, steps + 1):
        yield Progress(step, np.full((1, 3, 4, 4), 10.0 * step), 0.5)
    if ends:
        raise ends


def same(picture, other):
    return np.array_equal(np.asarray(picture), np.asarray(other))


def test_pixels_are_shown_as_a_photo_of_their_size(rng):
    x = rng.uniform(0, 255, (1, 3, 50, 60)).astype(np.float32)
    assert same(show(x), pictures.photo(x)) and show(x).size == (60, 50)


def test_a_gradient_is_shown_around_grey_whatever_its_scale(rng):
    g = rng.normal(size=(1, 3, 50, 60))
    for scale in (1e-9, 1.0, 1e4):
        assert same(show(scale * g), pictures.signed(scale * g))


def test_a_gradient_that_is_nowhere_negative_is_no_photo():
    for everywhere in (0.0, 1e-3, 1e3):
        g = np.full((1, 3, 50, 50), everywhere)
        assert same(show(g), pictures.signed(g))


def test_a_map_is_shown_as_heat_and_from_blue_to_red_if_it_has_signs(rng):
    m = rng.uniform(size=(1, 50, 60))
    assert same(show(m), pictures.heat(m))
    signed = m - 0.5
    blue, red = (np.asarray(show(signed)).astype(int)[at] for at in (signed[0] < -0.4, m[0] > 0.9))
    assert (blue[:, 2] > blue[:, 0] + 50).all() and (red[:, 0] > red[:, 2] + 50).all()


def test_a_batch_stands_in_rows_with_one_scale(rng):
    g = rng.normal(size=(3, 3, 50, 50))
    shown = show(g)
    assert shown.size == (2 * 50 + pictures.GAP, 2 * 50 + pictures.GAP)
    assert same(shown.crop((0, 0, 50, 50)), pictures.photo(pictures.around_grey(g)[0]))
    weaker = np.concatenate([g, 1e-3 * g[:1]])
    assert np.ptp(np.asarray(show(weaker))[-50:, -50:]) < 4


def test_a_small_image_is_enlarged_in_whole_pixels(rng):
    assert show(rng.normal(size=(32, 3, 3, 3))).size == (6 * (39 + 3) - 3, 6 * (39 + 3) - 3)


def test_a_dict_is_a_sheet_with_its_titles(rng):
    g = rng.normal(size=(1, 3, 50, 50))
    four, five = ({n: g for n in range(count)} for count in (4, 5))
    assert show(five).width == show(four).width and show(five).height > show(four).height
    assert same(show({"a": g}), pictures.sheet([[("a", show(g))]]))


def test_a_run_is_run_and_its_last_image_shown(capsys):
    assert pixel(show(run())) == (30, 30, 30)
    assert "value=0.5" in capsys.readouterr().err
    assert pixel(show(Progress(1, np.full((1, 3, 4, 4), 7.0), 0.0))) == (7, 7, 7)


def test_ctrl_c_ends_a_run_and_shows_the_image_as_it_is():
    assert pixel(show(run(2, KeyboardInterrupt()))) == (20, 20, 20)
    with pytest.raises(KeyboardInterrupt):
        show(run(0, KeyboardInterrupt()))


def test_a_run_that_fails_shows_nothing():
    with pytest.raises(ValueError, match="diverged"):
        show(run(2, ValueError("diverged")))
    over = run(1)
    show(over)
    with pytest.raises(ValueError, match="no steps to show"):
        show(over)


@pytest.mark.parametrize("shape", [(3, 5), (1, 4, 5, 5), (0, 3, 5, 5), (1, 3, 5, 5, 1), ()])
def test_what_is_no_picture_is_said(shape):
    with pytest.raises(ValueError, match="show takes pixels or a gradient"):
        show(np.ones(shape))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_nan_and_infinity_have_no_picture(number):
    g = np.ones((1, 3, 5, 5))
    g[0, 0, 0, 0] = number
    with pytest.raises(ValueError, match="NaN or infinity"):
        show(g)
