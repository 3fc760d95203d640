"""What a painter needs: the photo and the paintings as pixels, a sheet of all, a film of the way.

Read before: pictures.py, film.py.  Used by: ../style.py.
"""

import pathlib
from collections.abc import Mapping

import numpy as np
from PIL import Image

from demos.shared import film, pictures
from minigrad.backend import to_numpy
from minigrad.techniques.make.transforms import proportional, to_size
from models.photo import upright_rgb

FILM = 320  # the shorter edge of a film, at most


def pixels_of(net, file: pathlib.Path, edge: int, enlarge: bool = True):
    """The whole of a photo, its longer edge as long as is asked for: (1, 3, H, W)."""
    image = upright_rgb(file, at_least=edge)
    ratio = edge / max(image.size)
    if enlarge or ratio < 1:
        size = [max(1, round(n * ratio)) for n in image.size]
        image = image.resize(size, Image.Resampling.LANCZOS)
    return net.pixels(image, "full")


def mask_of(file: str):
    """How white a picture is, 0–1: (H, W)."""
    return np.asarray(upright_rgb(file).convert("L"), np.float32) / 255


def sheet(photo, images: Mapping[str, np.ndarray], matrices: list[dict]) -> Image.Image:
    """The photo, the paintings and the picture; below, their Gram matrices, layer by layer.

    Args:
        photo: (1, 3, H, W).
        images: the paintings and the picture, by their titles.
        matrices: of each of these, {layer: (1, C, C)}.
    """
    rows = [[("the photo", pictures.photo(photo)),
             *((title, pictures.photo(x)) for title, x in images.items())]]
    drawn = {}
    for layer in matrices[0]:
        G = np.concatenate([to_numpy(of[layer]) for of in matrices])
        drawn[layer] = pictures.glowing(G**0.5)  # √, to grow as the channels do; one scale for all
    for n, title in enumerate(images):
        rows.append([(f"{layer}, {title}", pictures.photo(g[n])) for layer, g in drawn.items()])
    return pictures.sheet([row for row in rows if row])


def film_of(moments: list[np.ndarray], last, format: str) -> bytes:
    """The way to a picture (1, 3, H, W), from moments (3, h, w); what was small is enlarged."""
    size = proportional(last.shape, min(FILM, *last.shape[2:]))
    moments = [*moments, to_numpy(last)[0]]
    return film.encoded([[to_size(np.float32(m)[None], size)[0] for m in moments]], format)
