"""A page of cards: picture, title, equation and a few numbers each, under a headline.

Used by: demos/maps.py.
"""

from typing import NamedTuple

from PIL import Image, ImageDraw

from demos.shared import lettering, pictures

WIDTH, GAP = 256, 18                # of a card, and between two
TITLE, TEXT, HEAD = 16, 13, 26      # sizes of letters
GREY, GOOD, BAD = (95, 95, 105), (0, 110, 70), (190, 45, 35)
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
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    below = [line for text in footer for line in lettering.lines(pen, text, TITLE, width - 2 * GAP)]
    top, line = GAP + HEAD + GAP, TITLE + 8
    sheet = Image.new("RGB", (width, top + sum(heights) + len(below) * line + GAP), pictures.PAPER)
    pen = ImageDraw.Draw(sheet)
    lettering.write(pen, (GAP, GAP), headline, HEAD)
    for row, height in zip(drawn, heights, strict=True):
        for n, card in enumerate(row):
            sheet.paste(card, (GAP + n * (WIDTH + GAP), top))
        top += height
    for n, text in enumerate(below):
        lettering.write(pen, (GAP, top + n * line), text, TITLE, GREY)
    return sheet


def card_of(card: Card) -> Image.Image:
    """Draw one card, as high as it needs to be."""
    pen = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    equation = lettering.lines(pen, card.equation, TEXT, WIDTH) if card.equation else []
    height = card.picture.height + TITLE + 10 + 20 * (len(equation) + bool(card.note))
    drawn = Image.new("RGB", (WIDTH, height + 20 * len(card.figures)), pictures.PAPER)
    drawn.paste(card.picture, (0, 0))
    pen, y = ImageDraw.Draw(drawn), card.picture.height + 4
    lettering.write(pen, (0, y), card.title, TITLE)
    y += TITLE + 6
    for text in equation:
        lettering.write(pen, (0, y), text, TEXT, (40, 60, 130))
        y += 20
    if card.note:
        lettering.write(pen, (0, y), card.note, TEXT, GREY)
        y += 20
    for line in card.figures:
        x = 0.0
        for text, verdict in line:
            mark, colour = MARKS[verdict]
            x += lettering.write(pen, (x, y), text + mark, TEXT, colour) + GAP
        y += 20
    return drawn
