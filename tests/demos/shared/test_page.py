"""One page of HTML: all that is said is escaped, all pictures are inside, and each has words."""

import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image

from demos.shared import page

EMPTY = {"meta", "img", "br"}


class Reader(HTMLParser):
    """The elements of a page, in their order, and its text; complains where they do not close."""

    def __init__(self, text: str):
        super().__init__()
        self.open, self.elements, self.text = [], [], ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.open += [] if tag in EMPTY else [tag]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if "style" not in self.open else ""


def noise(edge=40):
    pixels = np.random.default_rng(0).integers(0, 255, (edge, edge, 3), np.uint8)
    return Image.fromarray(pixels)


def read(*parts, title="a < b & c"):
    return Reader(page.document(title, "lead", parts).decode())


def test_what_is_said_is_escaped_wherever_it_is_said():
    said = '<script>"&'
    whole = read(
        page.section(said, said, page.paragraphs(said), page.code(said), page.strong(said),
                     page.figure(noise(), said), page.link("#x", said), page.equation(said),
                     page.folded(said), page.headline(said), page.table([said], [])),
        title=said,
    )
    assert "script" not in {tag for tag, _ in whole.elements}
    assert whole.text.count(said) == 11
    assert [a["alt"] for tag, a in whole.elements if tag == "img"] == [said]


def test_a_page_needs_nothing_from_elsewhere_and_names_its_language():
    whole = read(page.figure(noise(), "noise"))
    assert ("html", {"lang": "en"}) in whole.elements
    for tag, attributes in whole.elements:
        assert tag not in ("script", "link", "iframe")
        assert attributes.get("src", "data:image/").startswith("data:image/")


def test_a_picture_inside_is_the_picture():
    for picture, kind in ((noise(), "jpeg"), (Image.new("RGB", (300, 200), (9, 99, 199)), "png")):
        head, data = page.inside(picture).split(",")
        there = Image.open(io.BytesIO(base64.b64decode(data)))
        assert kind in head and there.size == picture.size
        far = np.abs(np.asarray(there.convert("RGB"), int) - np.asarray(picture, int))
        assert far.mean() < 30 and (kind == "jpeg" or far.max() == 0)


def test_indices_of_an_equation_stand_lower_and_higher():
    assert page.equation("w_{ij} A^k") == (
        '<p class="equation">w<sub>ij</sub> A<sup>k</sup></p>')


def test_a_blank_line_begins_a_paragraph_and_others_do_not():
    assert page.paragraphs("one\ntwo\n\nthree") == "<p>one two</p>\n<p>three</p>"


def test_paper_is_white_and_a_dark_room_is_dark():
    assert "@media print" in page.STYLE and "prefers-color-scheme: dark" in page.STYLE
