"""A page of cards: picture, title, equation and a few numbers each, under a headline.

Used by: demos/maps.py.
"""

from typing import NamedTuple

from PIL import Image, ImageDraw

from demos.shared import lettering, pictures

WIDTH, GAP = 256, 18                # of a card, and between two
TITLE, TEXT, HEAD = 16, 13, 26      # sizes of letters
LINE = 20                           # from one line of a card to the next
GREY, BLUE, GOOD, BAD = (95, 95, 105), (40, 60, 130), (0, 110, 70), (190, 45, 35)
MARKS = {1: (" ✓", GOOD), 0: ("", pictures.INK), -1: (" ✗", BAD)}


class Figure(NamedTuple):
    """A number on a card, and what it is worth: 1 good, −1 bad, 0 neither."""

    text: str
    verdict: int = 0


class Card(NamedTuple):
    """What stands together: the picture on top."""

    title: str
    picture: Image.Image
    equation: str = ""
    note: str = ""
    figures: tuple[tuple[Figure, ...], ...] = ()  # in lines


def page(headline: str, cards: list[Card], columns: int, footer: list[str]) -> Image.Image:
    """Lay cards out in rows, with a headline above and lines of text below."""
    rows = [cards[i : i + columns] for i in range(0, len(cards), columns)]
    drawn = [[card_of(card) for card in row] for row in rows]
    width = columns * (WIDTH + GAP) + GAP
    heights = [max(card.height for card in row) + GAP for row in drawn]
    below = [line for text in footer for line in fitted(text, TITLE, width - 2 * GAP)]
    top, line = GAP + HEAD + GAP, TITLE + 8
    sheet = Image.new("RGB", (width, top + sum(heights) + len(below) * line + GAP), pictures.PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP, GAP), headline, fill=pictures.INK, font=lettering.font(HEAD))
    for row, height in zip(drawn, heights, strict=True):
        for n, card in enumerate(row):
            sheet.paste(card, (GAP + n * (WIDTH + GAP), top))
        top += height
    for n, text in enumerate(below):
        pen.text((GAP, top + n * line), text, fill=GREY, font=lettering.font(TITLE))
    return sheet


def card_of(card: Card) -> Image.Image:
    """Draw one card, as high as it needs to be."""
    title, equation, note = (
        fitted(text, size, WIDTH)
        for text, size in ((card.title, TITLE), (card.equation, TEXT), (card.note, TEXT))
    )
    lines = LINE * (len(title) + len(equation) + len(note) + len(card.figures))
    drawn = Image.new("RGB", (WIDTH, card.picture.height + 4 + lines), pictures.PAPER)
    drawn.paste(card.picture, (0, 0))
    pen, y = ImageDraw.Draw(drawn), card.picture.height + 4
    for texts, size, colour in ((title, TITLE, pictures.INK), (equation, TEXT, BLUE),
                                (note, TEXT, GREY)):
        for text in texts:
            if texts is equation:
                lettering.write(pen, (0, y), text, size, colour)
            else:
                pen.text((0, y), text, fill=colour, font=lettering.font(size))
            y += LINE
    for figures in card.figures:
        x = 0.0
        for text, verdict in figures:
            mark, colour = MARKS[verdict]
            pen.text((x, y), text + mark, fill=colour, font=lettering.font(TEXT))
            x += pen.textlength(text + mark, font=lettering.font(TEXT)) + GAP
        y += LINE
    return drawn


def fitted(text: str, size: int, room: int) -> list[str]:
    """Break a text into lines that fit the room, in pixels; none for no text."""
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    return lettering.lines(pen, text, size, room) if text else []
