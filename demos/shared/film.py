"""A film of the way to a picture: a GIF, which all play, WebP, a quarter of its size, or MP4.

Each image is shown pixel by pixel, for whoever plays it can enlarge it.  At every step all pixels
change, so a GIF, which may leave out what stays, saves nothing that way.  Three other things make
it small and quick: few moments, one palette for all of them, and no dither, whose dots are noise
that cannot be packed.  MP4 is for long and large films; it needs ffmpeg, which comes with
imageio-ffmpeg.

Read before: wishes.py, which keeps the moments.
"""

import argparse
import importlib.util
import io
import pathlib
import tempfile

import numpy as np
from PIL import Image

from demos.shared import pictures

FORMATS = ["gif", "webp", "mp4"]
EACH, REST = 120, 2000  # milliseconds: a moment, and the last one
SETTINGS = {"gif": {}, "webp": {"quality": 80}}


def add_film(options: argparse.ArgumentParser, help: str) -> None:
    """Add --film, and --gif, which is one of its formats."""
    add = options.add_mutually_exclusive_group().add_argument
    add("--film", choices=FORMATS, help=help)
    add("--gif", dest="film", action="store_const", const="gif", help="the same as --film gif")


def check(format: str) -> None:
    """Raise ValueError if nothing here writes films of this format."""
    if format == "mp4":
        if importlib.util.find_spec("imageio_ffmpeg") is None:
            raise ValueError("--film mp4 needs ffmpeg: pip install -e '.[film]', or take --film "
                             "webp")
        return
    Image.init()
    if format.upper() not in Image.SAVE_ALL:
        raise ValueError(f"this Pillow writes no films as {format}: take --film gif")


def encoded(films: list[list[np.ndarray]], format: str, each: int = EACH) -> bytes:
    """The images of each moment side by side, as the file of a film that rests at its end.

    Args:
        films: the moments of each image, (3, H, W), 0–255; one that ends early stays as it is.
        format: one of FORMATS.
        each: milliseconds that a moment is shown.
    """
    times = range(max(map(len, films)))
    moments = [
        pictures.mosaic(np.stack([one[min(t, len(one) - 1)] for one in films])) for t in times
    ]
    if format == "mp4":
        return as_mp4(moments, each)
    if format == "gif":
        moments = with_one_palette(moments)
    first, *rest = moments
    file = io.BytesIO()
    first.save(
        file, format.upper(), save_all=True, append_images=rest, loop=0,
        duration=[each] * len(rest) + [REST], **SETTINGS[format],
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


def as_mp4(moments: list[Image.Image], each: int) -> bytes:
    """The same pictures as H.264, whose edges are even numbers: a last row is there twice."""
    import imageio_ffmpeg

    width, height = (n + n % 2 for n in moments[0].size)
    still = [moments[-1]] * (REST // each)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(file), (width, height), fps=1000 / each, quality=8, macro_block_size=2,
            ffmpeg_log_level="error",
        )  # fmt: skip
        writer.send(None)  # it waits for the first picture
        for moment in [*moments, *still]:
            odd = [(0, n % 2) for n in (moment.height, moment.width)]
            writer.send(np.pad(np.asarray(moment), [*odd, (0, 0)], "edge").tobytes())
        writer.close()
        return file.read_bytes()
