"""Pages put together: sheets below one another, a headline above, sentences below.

Used by: demos/heat.py, demos/upsampling.py, demos/checkerboard.py, fooled_sheet.py.
"""

from PIL import Image, ImageDraw

from demos.shared import handout, lettering, pictures


def stacked(sheets: list[Image.Image]) -> Image.Image:
    """Pictures below one another, from the left."""
    size = max(one.width for one in sheets), sum(one.height for one in sheets)
    page, y = Image.new("RGB", size, pictures.PAPER), 0
    for one in sheets:
        page.paste(one, (0, y))
        y += one.height
    return page


def beside(sheets: list[Image.Image], gap: int = 0) -> Image.Image:
    """Pictures beside one another, from the top."""
    width = sum(one.width for one in sheets) + gap * (len(sheets) - 1)
    page, x = Image.new("RGB", (width, max(one.height for one in sheets)), pictures.PAPER), 0
    for one in sheets:
        page.paste(one, (x, 0))
        x += one.width + gap
    return page


def headline(text: str, width: int) -> Image.Image:
    """A strip with large letters."""
    return strip([text], handout.HEAD, width, pictures.INK)


def sentences(texts: list[str], width: int) -> Image.Image:
    """A strip with sentences, broken where it ends."""
    room = width - 2 * pictures.MARGIN
    lines = [line for text in texts for line in handout.fitted(text, handout.TITLE, room)]
    return strip(lines, handout.TITLE, width, handout.GREY)


def block(title: str, picture: Image.Image, code: str, says: str, width: int) -> Image.Image:
    """A title, a picture, a line of code and a sentence below one another."""
    framed = Image.new("RGB", (width, picture.height + pictures.MARGIN), pictures.PAPER)
    framed.paste(picture, (pictures.MARGIN, pictures.MARGIN // 2))
    room = width - 2 * pictures.MARGIN
    return stacked([
        strip([title], handout.TITLE + 2, width, pictures.INK),
        framed,
        strip(handout.fitted(code, handout.TEXT, room), handout.TEXT, width, handout.BLUE),
        strip(handout.fitted(says, handout.TEXT, room), handout.TEXT, width, handout.GREY),
    ])


def strip(lines: list[str], size: int, width: int, fill) -> Image.Image:
    """Lines of letters, with a margin around them."""
    step = size + 8
    page = Image.new("RGB", (width, len(lines) * step + pictures.MARGIN), pictures.PAPER)
    pen = ImageDraw.Draw(page)
    for n, line in enumerate(lines):
        pen.text((pictures.MARGIN, pictures.MARGIN / 2 + n * step), line, fill=fill,
                 font=lettering.font(size))
    return page
