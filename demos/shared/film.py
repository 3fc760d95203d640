"""A film of the way to a picture: a GIF, which everything plays, or WebP, a quarter of its size.

Each image is shown pixel by pixel, for whoever plays it can enlarge it.  At every step all pixels
change, so a GIF, which may leave out what stays, saves nothing that way.  Three other things make
it small and quick: few moments, one palette for all of them, and no dither, whose dots are noise
that cannot be packed.

Read before: wishes.py, which keeps the moments.
"""

import io

import numpy as np
from PIL import Image

from demos.shared import pictures

FORMATS = ["gif", "webp"]
EACH, REST = 120, 2000  # milliseconds: a moment, and the last one
SETTINGS = {"gif": {}, "webp": {"quality": 80}}


def check(format: str) -> None:
    """Raise ValueError if Pillow was built without films of this format."""
    Image.init()
    if format.upper() not in Image.SAVE_ALL:
        raise ValueError(f"this Pillow writes no films as {format}: take --film gif")


def encoded(films: list[list[np.ndarray]], format: str) -> bytes:
    """The images of each moment side by side, as the file of a film that rests at its end.

    Args:
        films: the moments of each image, (3, H, W), 0–255; one that ends early stays as it is.
        format: one of FORMATS.
    """
    times = range(max(map(len, films)))
    moments = [
        pictures.mosaic(np.stack([one[min(t, len(one) - 1)] for one in films])) for t in times
    ]
    if format == "gif":
        moments = with_one_palette(moments)
    first, *rest = moments
    file = io.BytesIO()
    first.save(
        file, format.upper(), save_all=True, append_images=rest, loop=0,
        duration=[EACH] * len(rest) + [REST], **SETTINGS[format],
    )  # fmt: skip
    return file.getvalue()


def with_one_palette(moments: list[Image.Image]) -> list[Image.Image]:
    """The same pictures in the 256 colours that suit all of them best."""
    width, height = moments[0].size
    strip = Image.new("RGB", (width, height * len(moments)))
    for n, moment in enumerate(moments):
        strip.paste(moment, (0, n * height))
    palette = strip.quantize(256, method=Image.Quantize.FASTOCTREE)
    return [m.quantize(palette=palette, dither=Image.Dither.NONE) for m in moments]
