"""Photos as they come: every mode, every orientation, every size, and files that are none."""

import numpy as np
import pytest
from PIL import Image

import models
from models import photo


@pytest.fixture
def net():
    return models.table("minivgg")


@pytest.fixture
def picture(rng):
    """A smooth photo of 60 × 40, so that a half-pixel shift would show."""
    y, x = np.mgrid[:40, :60]
    waves = [127 + 120 * np.sin(x / a + y / b) for a, b in [(9, 7), (11, -8), (15, 12)]]
    return Image.fromarray(np.stack(waves, axis=-1).astype(np.uint8))


def test_pixels_are_rgb_0_to_255_of_the_networks_size(net, picture):
    x = net.pixels(picture)
    assert x.shape == (1, 3, 128, 128) and x.dtype == np.float32
    assert 0 <= x.min() < 20 and 235 < x.max() <= 255


def test_the_square_is_the_middle_of_the_resized_photo(picture):
    """As resizing the whole photo and cutting afterwards, to one grey level."""
    for size, resize, edge in [((60, 40), 256, 224), ((333, 500), 146, 128), ((1000, 90), 64, 64)]:
        image = picture.resize(size)
        ratio = resize / min(size)
        whole = image.resize([int(n * ratio) for n in size], Image.Resampling.BILINEAR)
        left, top = (round((n - edge) / 2) for n in whole.size)
        want = np.asarray(whole.crop((left, top, left + edge, top + edge)), int)
        got = np.asarray(photo.centre(image, resize, edge), int)
        assert np.abs(got - want).max() <= 1


def test_another_size_shows_the_same_part(net, picture):
    small, usual = net.pixels(picture, size="64"), net.pixels(picture)
    assert small.shape == (1, 3, 64, 64)
    halved = usual.reshape(1, 3, 64, 2, 64, 2).mean(axis=(3, 5))
    assert np.abs(small - halved).max() < 16   # within a pixel
    assert np.array_equal(net.pixels(picture, size=128), usual)


def test_full_is_the_photo_as_it_is(net, picture):
    x = net.pixels(picture, size="full")
    assert np.array_equal(x[0].transpose(1, 2, 0), np.asarray(picture))


def test_a_network_in_float64_gets_float64(picture):
    net = models.build("minivgg", classes=2, dtype="float64")
    assert net.pixels(picture).dtype == np.float64


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_as_its_exif_note_says(picture, tmp_path, orientation):
    undone = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}     # how the sensor lay, as PIL's transpose
    lying = picture
    if orientation > 1:
        lying = picture.transpose(Image.Transpose(undone[orientation]))
    note = Image.Exif()
    note[0x0112] = orientation
    lying.save(tmp_path / "p.png", exif=note)
    assert np.array_equal(np.asarray(photo.upright_rgb(tmp_path / "p.png")), np.asarray(picture))


@pytest.mark.parametrize(
    "mode, suffix", [("L", "png"), ("P", "png"), ("1", "png"), ("CMYK", "jpg"), ("RGBA", "png"),
                     ("LA", "png"), ("YCbCr", "jpg"), ("P", "gif"), ("L", "jpg")]
)
def test_every_mode_becomes_rgb(picture, tmp_path, mode, suffix):
    file = tmp_path / f"p.{suffix}"
    picture.convert(mode).save(file, quality=95) if suffix == "jpg" else picture.convert(
        mode
    ).save(file)
    got = np.asarray(photo.upright_rgb(file), int)
    assert got.shape == (40, 60, 3)
    like = picture if mode not in ("L", "LA", "1") else picture.convert("L").convert("RGB")
    mean_error = np.abs(got - np.asarray(like, int)).mean()
    assert mean_error < (130 if mode == "1" else 20)


def test_sixteen_bits_become_eight(tmp_path):
    ramp = np.linspace(0, 65535, 60 * 40).reshape(40, 60).astype(np.uint16)
    Image.fromarray(ramp).save(tmp_path / "p.png")
    got = np.asarray(photo.upright_rgb(tmp_path / "p.png"), float)
    assert np.abs(got - ramp[..., None] / 257).max() <= 0.5
    Image.fromarray(ramp).save(tmp_path / "p.tif")
    assert np.array_equal(np.asarray(photo.upright_rgb(tmp_path / "p.tif")), got)


def test_what_is_transparent_lies_on_white_paper(picture, tmp_path):
    glass = picture.convert("RGBA")
    glass.putalpha(0)
    glass.save(tmp_path / "p.png")
    assert (np.asarray(photo.upright_rgb(tmp_path / "p.png")) == 255).all()


@pytest.mark.parametrize("size", [(1, 1), (20000, 100), (1, 20000), (3, 2)])
def test_odd_sizes_are_taken(net, size):
    x = net.pixels(Image.new("RGB", size, (10, 20, 30)))
    assert x.shape == (1, 3, 128, 128)
    assert (x == np.array([10, 20, 30], np.float32)[:, None, None]).all()


def test_files_that_are_no_photo_are_told_in_a_sentence(net, picture, tmp_path):
    files = {name: tmp_path / name for name in ("empty.jpg", "text.jpg", "cut.jpg", "float.tif")}
    files["empty.jpg"].write_bytes(b"")
    files["text.jpg"].write_text("no photo")
    picture.resize((600, 400)).save(tmp_path / "whole.jpg")
    files["cut.jpg"].write_bytes((tmp_path / "whole.jpg").read_bytes()[:3000])
    Image.fromarray(np.zeros((4, 4), np.float32)).save(files["float.tif"])
    says = ["no image of a kind", "no image of a kind", "cannot be read", "floats"]
    for file, sentence in zip(files.values(), says, strict=True):
        with pytest.raises(ValueError, match=f"{file.name} .*{sentence}"):
            net.pixels(file)


@pytest.mark.parametrize("path", ["missing.jpg", "."])
def test_a_photo_that_is_not_there_is_named(net, path):
    with pytest.raises(FileNotFoundError, match=f"there is no photo {path}"):
        net.pixels(path)


@pytest.mark.parametrize(
    "size, says", [("large", "'large' is neither"), (0, "size 0 is no edge"), (9**9, "no edge")]
)
def test_sizes_that_are_none_are_refused(net, picture, size, says):
    with pytest.raises(ValueError, match=says):
        net.pixels(picture, size=size)


def test_full_refuses_what_no_network_could_hold(net):
    with pytest.raises(ValueError, match="20000×1000 pixels, too many"):
        net.pixels(Image.new("L", (20000, 1000)), size="full")


def test_a_photo_is_a_path_or_an_image(net):
    with pytest.raises(TypeError, match="not a ndarray"):
        net.pixels(np.zeros((4, 4, 3)))
