"""Perceptually even colours for maps, and a map laid over its photo, with a scale.

A map with two signs, for and against, is drawn from blue over grey to red (Moreland 2009): zero is
grey, and both sides get darker alike.

Equal steps of the value are equal steps of lightness to the eye, so that no edge is seen where the
map has none, and a grey print still tells more from less (Nuñez, Anderton and Renslow 2018 for
cividis; van der Walt and Smith 2015 for the others).  The tables are matplotlib's, which are public
domain (CC0), at the places between which they are straight to within two levels of 255.

Read next: pictures.py, which draws with them.
"""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

PLACES = {  # place 0 … 255, and its colour, RRGGBB
    "viridis": (
        "0:440154 14:481668 29:482979 44:443b84 57:3e4a89 90:2e6d8e 129:20928c 143:1f9f88 "
        "154:23a983 170:35b779 188:56c667 208:84d44b 231:c0df25 238:d2e21b 246:e7e419 "
        "255:fde725"
    ),
    "magma": (
        "0:000004 4:020109 13:07061c 29:19103f 47:341069 54:400f74 61:4c117a 81:6b1d81 "
        "107:942c80 129:b83779 152:dc4869 164:eb5760 175:f4695c 184:f9795d 194:fc8c63 "
        "207:fea571 221:febf84 236:fdda9c 255:fcfdbf"
    ),
    "inferno": (
        "0:000004 4:02010a 11:060419 18:0d0829 29:1c0c43 37:290b55 43:340a5f 56:4a0c6b "
        "73:65156e 89:7f1e6c 106:9a2865 123:b43359 143:d04545 156:e05536 172:ef6c23 "
        "192:f98e09 197:fb9706 201:fc9f07 206:fca80d 213:fbb61a 228:f7d340 236:f3e35a "
        "244:f1f179 250:f5f992 255:fcffa4"
    ),
    "plasma": (
        "0:0d0887 4:19068c 11:280592 33:4e02a2 52:6c00a8 63:7d03a8 71:8808a6 88:a01a9c "
        "111:bb3488 134:d14e72 170:ed7953 202:fca338 216:feb82c 226:fdc827 236:fad824 "
        "251:f2f227 255:f0f921"
    ),
    "cividis": (
        "0:00224e 19:00306f 21:003170 23:013271 28:123570 34:1e3a6f 52:36466c 84:565c6d "
        "126:7b7a78 147:8f8a78 179:aea371 205:c9b965 219:d9c55c 232:e7d150 243:f3db42 "
        "251:fde334 255:fee838"
    ),
}
NAMES = list(PLACES)
BOTH = "coolwarm"
PLACES[BOTH] = (
    "0:3b4cc0 28:5d7ce6 55:81a4fb 80:a3c2fe 105:c4d5f3 128:dddcdc 153:f2cbb7 "
    "179:f7ac8e 204:ee8468 232:d44e41 247:c0282f 255:b40426"
)
USUAL = "inferno"
WEIGHT = 0.6    # of the colours on top of the photo
BAR, TEXT = 8, 16  # heights below the picture, in pixels


def coloured(values, name: str = USUAL):
    """Colours of values: (…) in [0, 1] → (…, 3), 0–255.

    Raises:
        ValueError: there is no colour map of this name.
    """
    if name not in PLACES:
        raise ValueError(f"there are no colours {name!r}: there are {', '.join(NAMES)}")
    entries = [entry.split(":") for entry in PLACES[name].split()]
    at = [int(place) / 255 for place, _ in entries]
    colours = np.array([list(bytes.fromhex(colour)) for _, colour in entries], float)   # (n, 3)
    return np.stack([np.interp(values, at, channel) for channel in colours.T], axis=-1)


def share_of(values, top: float, name: str = USUAL):
    """Where values lie among the colours, in [0, 1]: from 0 to top, of BOTH from −top to top."""
    share = values / top
    return np.clip((share + 1) / 2 if name == BOTH else share, 0, 1)


def over_photo(values, pixels, top: float, name: str = USUAL) -> Image.Image:
    """A map in colours over its photo in grey.

    Args:
        values: (H, W), 0 or more; of BOTH with either sign.
        pixels: the photo, (3, H, W), RGB, 0–255.
        top: the value that has the last colour; those above it have it, too.
        name: of the colours.
    """
    grey = np.tensordot([0.299, 0.587, 0.114], pixels, axes=1)[..., None]       # (H, W, 1)
    mixed = (1 - WEIGHT) * grey + WEIGHT * coloured(share_of(values, top, name), name)
    return Image.fromarray(np.rint(mixed).clip(0, 255).astype(np.uint8))


def with_scale(
    picture: Image.Image, top: float, name: str = USUAL, low: float = 0
) -> Image.Image:
    """A picture, and below it what its colours say."""
    page = Image.new("RGB", (picture.width, picture.height + BAR + TEXT), (255, 255, 255))
    page.paste(picture, (0, 0))
    page.paste(scale_bar(picture.width, top, name, low), (0, picture.height))
    return page


def scale_bar(width: int, top: float, name: str = USUAL, low: float = 0) -> Image.Image:
    """All colours from left to right, with the values at both ends; of BOTH from −top to top."""
    strip = coloured(np.linspace(0, 1, width), name)[None].repeat(BAR, axis=0)  # (BAR, width, 3)
    bar = Image.new("RGB", (width, BAR + TEXT), (255, 255, 255))
    bar.paste(Image.fromarray(np.rint(strip).astype(np.uint8)), (0, 0))
    draw, font = ImageDraw.Draw(bar), ImageFont.load_default(size=12)
    draw.text((1, BAR), f"{-top if name == BOTH else low:.2g}", fill=(20, 20, 24), font=font)
    draw.text((width - 1, BAR), f"{top:.2g}", fill=(20, 20, 24), font=font, anchor="ra")
    return bar
