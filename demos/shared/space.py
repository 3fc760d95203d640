"""Places in space as a picture: turned, seen from far away, the near ones last and larger.

Used by: embedding_sheet.py and ../cylinder.py.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

from demos.shared.pictures import PAPER

FINE, MARGIN, FRAME = 3, 16, (205, 205, 212)
TURN, TILT = 35, 22  # degrees: of the viewer around the vertical axis, and above the floor


def scatter(places, colours, edge: int, turn: float = TURN, tilt: float = TILT, lines=(),
            radius: float = 3) -> Image.Image:  # fmt: skip
    """Draw dots in a box whose edges are the places' extent.

    Args:
        places: (N, 3), the third is up.
        colours: (N, 3), 0–255.
        edge: of the picture.
        turn: of the viewer, in degrees.
        tilt: above the floor, in degrees; 90 looks from above.
        lines: (path (n, 3), colour) each, drawn below the dots.
        radius: of a dot in the middle.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    corners = np.stack(np.meshgrid(*zip(low, high, strict=True), indexing="ij"), -1).reshape(-1, 3)
    box = seen(corners, turn, tilt)                                         # (8, 3)
    middle, half = (box.max(axis=0) + box.min(axis=0)) / 2, np.ptp(box, axis=0) / 2
    scale = (edge / 2 - MARGIN) / max(half[:2].max(), 1e-9)
    page = Image.new("RGB", (FINE * edge, FINE * edge), PAPER)
    pen = ImageDraw.Draw(page)

    def on_page(points):
        y = seen(np.asarray(points), turn, tilt) - middle                   # (n, 3)
        flat = FINE * (edge / 2 + y[:, :2] * (1, -1) * scale)
        return flat, y[:, 2] / max(half[2], 1e-9)

    for i, bit in ((i, bit) for i in range(8) for bit in (1, 2, 4) if not i & bit):
        (a, b), _ = on_page(corners[[i, i | bit]])  # corners that differ in one axis
        pen.line([*a, *b], fill=FRAME, width=FINE)
    for path, colour in lines:
        flat, _ = on_page(path)
        pen.line([tuple(at) for at in flat], fill=colour, width=FINE)
    flat, near = on_page(places)
    for n in near.argsort():
        r, haze = FINE * radius * (1 + 0.3 * near[n]), 0.35 * min(1, max(0, 0.5 - near[n] / 2))
        colour = (1 - haze) * np.asarray(colours[n], float) + haze * 255
        (x, y) = flat[n]
        pen.ellipse((x - r, y - r, x + r, y + r), fill=tuple(np.rint(colour).astype(int).tolist()))
    return page.resize((edge, edge), Image.Resampling.LANCZOS)


def seen(y, turn: float, tilt: float):
    """Coordinates as a viewer has them: right, up, towards them; (N, 3) → (N, 3)."""
    a, e = math.radians(turn), math.radians(tilt)
    right = (-math.sin(a), math.cos(a), 0)
    towards = (math.cos(e) * math.cos(a), math.cos(e) * math.sin(a), math.sin(e))
    return y @ np.stack([right, np.cross(towards, right), towards]).T
