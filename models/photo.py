"""From a photo to pixels: upright, in RGB, of the size that the network wants.

A camera writes its photo as the sensor lies and notes how to turn it (EXIF); others are grey, have
a palette, transparency, four inks or 16 bits.  All become (1, 3, H, W), RGB, 0–255.  Then the
shorter side is resized with Pillow's bilinear filter, which looks at every pixel when it shrinks,
and a square is cut from the middle.  Training reads its photos here too (photo_folder.py), so
that a network is shown later what it was shown then.

Read before: preprocess.py.  Read next: receptive_field.py.
"""

import contextlib
import os
import pathlib
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from models.preprocess import LONGEST

DAMAGE = (  # what Pillow's readers raise, each its own, where bytes make no sense
    ArithmeticError, AttributeError, EOFError, LookupError, MemoryError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, struct.error, zlib.error,
)
MOST = LONGEST**2  # pixels that are passed on whole; the first layer of VGG makes 64 maps of them


def pixels(photo, preprocessing, size=None):
    """Bring a photo to a network's size.

    Args:
        photo: a path or a PIL image.
        preprocessing: a Preprocessing, which knows the size of the crop.
        size: another edge than that, with the same part of the photo in it; "full" takes the photo
            as it is.

    Returns:
        (1, 3, H, W) float32, RGB, 0–255.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no image that Pillow can read, or too large, or the size is none.
    """
    image = upright_rgb(photo)
    if size == "full":
        if image.width * image.height > MOST:
            raise ValueError(
                f"{_name(photo)} has {image.width}×{image.height} pixels, too many to pass "
                "through a network whole: give an edge in pixels as size"
            )
    else:
        p = preprocessing
        edge = _edge(size, p.crop)
        image = centre(image, p.resize * edge / p.crop, edge, p.interpolation)
    return np.asarray(image, np.float32).transpose(2, 0, 1)[None].copy()        # (1, 3, H, W)


def centre(image: Image.Image, resize: float, edge: int, interpolation="bilinear") -> Image.Image:
    """Resize the shorter side to `resize` and cut edge × edge from the middle.

    The square is found in the photo first, so that a photo of 20,000 × 100 is not enlarged whole.
    """
    sizes = image.size
    resized = [max(edge, int(resize * n / min(sizes))) for n in sizes]
    starts = [round((m - edge) / 2) for m in resized]
    left, top = (start * n / m for start, n, m in zip(starts, sizes, resized, strict=True))
    right, bottom = (
        (start + edge) * n / m for start, n, m in zip(starts, sizes, resized, strict=True)
    )
    method = Image.Resampling[interpolation.upper()]
    return image.resize((edge, edge), method, box=(left, top, right, bottom))


def upright_rgb(photo, at_least: int | None = None) -> Image.Image:
    """Read a photo, turn it as its EXIF note says, and convert it to RGB.

    Args:
        photo: a path or a PIL image; of several pages or frames the first.
        at_least: an edge in pixels.  A JPEG whose sides are twice as long or more is then decoded
            at a half, a quarter or an eighth of its size, which is several times faster.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no image that Pillow can read.
        TypeError: it is neither a path nor an image.
    """
    if isinstance(photo, Image.Image):
        with _said(photo):
            return _rgb(ImageOps.exif_transpose(photo))
    if not isinstance(photo, str | os.PathLike):
        raise TypeError(f"a photo is a path or a PIL image, not a {type(photo).__name__}")
    if not pathlib.Path(photo).is_file():
        folder = ", only a folder" if pathlib.Path(photo).is_dir() else ""
        raise FileNotFoundError(f"there is no photo {os.fspath(photo)}{folder}")
    with _said(photo), Image.open(photo) as image:
        if at_least:
            image.draft(None, (at_least, at_least))
        return _rgb(ImageOps.exif_transpose(image))


@contextlib.contextmanager
def _said(photo):
    """Whatever Pillow says of a photo becomes a sentence with its name."""
    try:
        yield
    except UnidentifiedImageError:
        raise ValueError(f"{_name(photo)} is no image of a kind that Pillow knows") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{_name(photo)} has more pixels than any photo: shrink it") from None
    except DAMAGE as error:
        why = str(error) or "it asks for too much memory"
        raise ValueError(f"{_name(photo)} cannot be read as an image: {why}") from None


def _rgb(image: Image.Image) -> Image.Image:
    if 0 in image.size:
        raise ValueError("it has no pixels")
    if image.mode == "F":
        raise ValueError("it holds floats, and nothing says which of them is white")
    if image.mode.startswith("I"):
        image = _eight_bits(image)
    if image.has_transparency_data:  # lies on white paper
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(paper, image)
    return image.convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 bits, 65535 → 255; a grey that the file calls transparent is white paper."""
    grey = np.asarray(image)
    if grey.min() < 0 or grey.max() > 65535:
        raise ValueError("it holds integers of 32 bits, and nothing says which of them is white")
    if image.mode == "I" and 0 < grey.max() < 256:
        raise ValueError("it holds integers of 32 bits, and none above 255: save it with 8 bits")
    eight = (grey / 257 + 0.5).astype(np.uint8)
    if "transparency" in image.info:
        eight[grey == image.info["transparency"]] = 255
    return Image.fromarray(eight)


def _edge(size, crop: int) -> int:
    if size is None:
        return crop
    try:
        edge = int(size)
        whole = isinstance(size, str) or edge == size
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise ValueError(f"size {size!r} is neither an edge in pixels nor full")
    if edge < 1 or edge > LONGEST:
        raise ValueError(f"size {edge} is no edge between 1 and {LONGEST} pixels")
    return edge


def _name(photo) -> str:
    if isinstance(photo, Image.Image):
        return getattr(photo, "filename", "") or "the image"
    return os.fspath(photo)
