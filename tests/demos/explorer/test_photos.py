"""A file is measured before it is read, and no name leads to a file."""

import io

import pytest
from PIL import Image

from demos.explorer import photos
from demos.explorer.photos import Photos, opened
from demos.shared.command import FACE


@pytest.fixture(scope="module")
def known():
    return Photos()


def test_the_clones_photos_are_there_and_the_face_comes_first(known):
    listed = known.listed()
    assert listed[0].key == "face" and len(listed) > 400
    assert len({photo.key for photo in listed}) == len(listed)


@pytest.mark.parametrize("key", [
    "../../../etc/passwd", "/etc/passwd", str(FACE), "face.jpg", "", "dropped-0", "..", "%2e%2e",
])
def test_a_key_is_no_path(known, key):
    with pytest.raises(ValueError, match="not here any more"):
        known[key]


def test_a_dropped_file_is_found_again_by_what_is_in_it(known):
    photo = known.add("holiday/../my cat.jpg", FACE.read_bytes())
    assert known[photo.key].data == FACE.read_bytes() and photo.shown == "my cat.jpg"
    assert known.add("other.jpg", FACE.read_bytes()).key == photo.key


def test_a_file_too_large_is_not_even_opened(known, monkeypatch):
    monkeypatch.setattr(photos.Image, "open", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ValueError, match="are the most: shrink it"):
        known.add("huge.jpg", bytes(photos.MOST_BYTES + 1))


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_image_too_wide_is_not_decoded(known, png_header, monkeypatch):
    Image.init()        # some of Pillow's readers draw a picture when they are imported
    monkeypatch.setattr(Image.Image, "load", lambda *_: pytest.fail("decoded"))
    with pytest.raises(ValueError, match="10000×9000 pixels, and 50 million are the most"):
        known.add("wide.png", png_header(10_000, 9_000))
    with pytest.raises(ValueError, match="more pixels than any photo"):
        known.add("bomb.png", png_header(100_000, 100_000))


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"<svg/>", b"%PDF-1.4", b"\x00" * 999,
                                  FACE.read_bytes()[:20], b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_photo_is_said_to_be_none(known, data):
    with pytest.raises(ValueError, match="is no photo|cannot be read"):
        known.add("x.jpg", data)


def test_kinds_that_nobody_takes_photos_in_are_not_tried():
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "EPS")
    with pytest.raises(ValueError, match="is no photo"):
        opened(file.getvalue(), "x.eps")


def test_a_name_with_a_terminals_codes_is_made_plain(known):
    assert "\x1b" not in known.add("\x1b[31mred.jpg", FACE.read_bytes()).shown


def test_of_dropped_files_the_last_ones_are_kept(monkeypatch):
    def of_colour(n):
        file = io.BytesIO()
        Image.new("RGB", (8, 8), (n, 0, 0)).save(file, "BMP")
        return file.getvalue()

    monkeypatch.setattr(photos, "KEPT", 3 * len(of_colour(0)))
    some = Photos()
    keys = [some.add("x.bmp", of_colour(n)).key for n in range(3)]
    assert some[keys[0]]                    # looked at, and so the newest
    some.add("x.bmp", of_colour(3))
    assert some[keys[0]] and some[keys[2]]
    with pytest.raises(ValueError, match="drop it again"):
        some[keys[1]]
