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


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I"])
def test_sixteen_bits_in_any_order_become_eight(mode):
    ramp = np.linspace(0, 65535, 60 * 40).reshape(40, 60)
    kind = {"I;16": "<u2", "I;16B": ">u2", "I": "<i4"}[mode]
    image = Image.frombytes(mode, (60, 40), ramp.astype(kind).tobytes())
    got = np.asarray(photo.upright_rgb(image), float)
    assert np.abs(got - ramp[..., None] / 257).max() <= 0.51


def test_integers_of_thirty_two_bits_that_fit_into_eight_are_not_taken_for_sixteen(tmp_path):
    """They were all but black."""
    Image.fromarray(np.full((4, 4), 200, np.int32)).save(tmp_path / "p.tif")
    with pytest.raises(ValueError, match="p.tif .* 32 bits, and none above 255"):
        photo.upright_rgb(tmp_path / "p.tif")


def test_a_transparent_grey_of_sixteen_bits_is_white_paper(tmp_path):
    grey = np.full((8, 8), 1000, np.uint16)
    grey[2:4] = 30000
    Image.fromarray(grey).save(tmp_path / "p.png", transparency=30000)
    got = np.asarray(photo.upright_rgb(tmp_path / "p.png"))
    assert (got[2:4] == 255).all() and (got[4:] == 4).all()


@pytest.mark.parametrize("value", [-1, 65536, 2**31 - 1])
def test_integers_of_thirty_two_bits_are_refused(tmp_path, value):
    """They were clipped to white or black."""
    Image.fromarray(np.full((4, 4), value, np.int32)).save(tmp_path / "p.tif")
    with pytest.raises(ValueError, match="p.tif .* 32 bits, and nothing says"):
        photo.upright_rgb(tmp_path / "p.tif")


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tif"])
def test_of_several_frames_or_pages_the_first_is_taken(picture, tmp_path, suffix):
    first = Image.new("RGB", picture.size, (200, 30, 40))
    file = tmp_path / f"p.{suffix}"
    first.save(file, save_all=True, append_images=[picture, picture])
    assert np.abs(np.asarray(photo.upright_rgb(file), int) - (200, 30, 40)).mean() < 5


@pytest.mark.parametrize("mode", ["LA", "PA", "RGBA", "RGBa"])
def test_half_transparent_is_half_way_to_white(mode):
    if mode == "PA":
        glass = Image.frombytes("PA", (4, 4), bytes([7, 128]) * 16)
        glass.putpalette([100] * 768)
    else:
        glass = Image.new("RGBA", (4, 4), (100, 100, 100, 128)).convert(mode)
    got = np.asarray(photo.upright_rgb(glass), int)
    assert np.abs(got - (100 * 128 + 255 * 127) / 255).max() <= 1


def test_one_bit_is_black_and_white():
    bits = np.random.default_rng(0).random((40, 60)) < 0.5
    got = np.asarray(photo.upright_rgb(Image.fromarray(bits)))
    assert np.array_equal(got, np.where(bits, 255, 0)[..., None].repeat(3, axis=2))


def test_a_large_jpeg_may_be_decoded_smaller_but_never_below_what_is_asked(picture, tmp_path):
    note = Image.Exif()
    note[0x0112] = 6
    picture.resize((1200, 800)).save(tmp_path / "p.jpg", quality=95, exif=note)
    whole = photo.upright_rgb(tmp_path / "p.jpg")
    assert whole.size == (800, 1200)
    for at_least, scale in [(100, 8), (101, 4), (400, 2), (401, 1)]:
        small = photo.upright_rgb(tmp_path / "p.jpg", at_least)
        assert small.size == (800 // scale, 1200 // scale)
        want = np.asarray(whole.resize(small.size, Image.Resampling.BOX), int)
        assert np.abs(np.asarray(small, int) - want).mean() < 2


def test_an_image_that_is_given_is_not_changed(picture, tmp_path):
    picture.resize((1200, 800)).save(tmp_path / "p.jpg")
    with Image.open(tmp_path / "p.jpg") as image:
        assert photo.upright_rgb(image).size == photo.upright_rgb(image, 100).size == (1200, 800)
        assert image.size == (1200, 800) and image.mode == "RGB"


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


@pytest.mark.parametrize("path, says", [("missing.jpg", "$"), (".", ", only a folder")])
def test_a_photo_that_is_not_there_is_named(net, path, says):
    with pytest.raises(FileNotFoundError, match=f"there is no photo {path}{says}"):
        net.pixels(path)


@pytest.mark.parametrize("size", [None, 64, "full"])
@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
def test_an_image_without_pixels_is_refused(net, shape, size):
    with pytest.raises(ValueError, match="has no pixels"):
        net.pixels(Image.new("RGB", shape), size=size)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_damaged_photos_are_read_or_told_in_a_sentence(picture, tmp_path):
    """A few wrong bytes at a time, in every kind of file; Pillow's readers each raise their own."""
    rng = np.random.default_rng(0)
    kinds = [("jpg", "RGB"), ("jpg", "CMYK"), ("png", "P"), ("png", "RGBA"), ("tif", "RGB"),
             ("gif", "P"), ("bmp", "RGB"), ("webp", "RGB"), ("dds", "RGBA"), ("ico", "RGB")]
    said = 0
    for suffix, mode in kinds:
        picture.convert(mode).save(tmp_path / f"whole.{suffix}")
        whole = np.frombuffer((tmp_path / f"whole.{suffix}").read_bytes(), np.uint8)
        for _ in range(40):
            damaged = whole.copy()
            damaged[rng.integers(min(200, len(whole)), size=3)] = rng.integers(256, size=3)
            (tmp_path / "damaged").write_bytes(damaged[: rng.integers(1, 2 * len(whole))])
            try:
                photo.upright_rgb(tmp_path / "damaged")
            except ValueError as error:
                assert "damaged" in str(error) and "\n" not in str(error)
                said += 1
    assert 100 < said < 400


@pytest.mark.parametrize("error", [RuntimeError, NotImplementedError, MemoryError, KeyError])
def test_whatever_a_reader_of_pillows_raises_is_a_sentence(
    picture, tmp_path, monkeypatch, error
):
    """As AVIF's and DDS's do, which not every Pillow has."""
    picture.save(tmp_path / "p.png")

    def broken(image):
        raise error

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", broken)
    with pytest.raises(ValueError, match="p.png cannot be read as an image: ."):
        photo.upright_rgb(tmp_path / "p.png")


@pytest.mark.parametrize(
    "size, says",
    [("large", "'large' is neither"), (0, "size 0 is no edge"), (9**9, "no edge"),
     (100.5, "100.5 is neither"), (float("inf"), "inf is neither"), (-3, "no edge"),
     ([64], "is neither")],
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
