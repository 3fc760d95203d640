"""One page of HTML with all its pictures inside: it opens anywhere, offline, and prints well.

    body = page.section("hooks", "Hooks", page.paragraphs(text), page.figure(picture, "a face"))
    page.document("Mistakes", lead, [body])

Plain elements and forty lines of style: light or dark as the reader's machine is, black on white on
paper.  Everything that is not a picture is escaped here, so nobody who calls has to think of it.

Used by: ../mistakes.py, ../tour.py.
"""

import base64
import html
import io
from collections.abc import Iterable, Sequence

from PIL import Image

from demos.shared.lettering import INDEX

QUALITY = 88  # of the JPEGs inside
FINE = 80     # above it, colours are as sharp as light and dark
FEW = 256     # colours

STYLE = """
:root { color-scheme: light dark; --ink: #16161a; --paper: #ffffff; --soft: #f1f1f4;
  --line: #d4d4da; --faint: #5a5a64; --link: #1f4fa8; --bad: #a8281c; --good: #00633f; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #ececf0; --paper: #17171b; --soft: #232329; --line: #3b3b44; --faint: #a8a8b4;
    --link: #9dbcff; --bad: #ff9a8d; --good: #6fdcae; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 60rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2.part { font-size: 1.6rem; margin-top: 3rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
h3 { font-size: 1rem; margin: 1rem 0 .25rem; }
p { margin: .5rem 0; max-width: 46rem; }
a { color: var(--link); }
section { border-top: 1px solid var(--line); margin-top: 2rem; padding-top: 1.25rem; }
.lead { font-size: 1.1rem; } .faint { color: var(--faint); font-size: .9rem; }
.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: 1rem;
  align-items: start; margin: 1rem 0; }
figure { margin: 1rem 0; } .beside figure { margin: 0; }
img { display: block; max-width: 100%; height: auto; background: #fff; }
.beside img { width: 100%; }
.equation sub, .equation sup { line-height: 0; }
figcaption { margin-top: .35rem; }
pre { background: var(--soft); padding: .6rem .75rem; margin: .5rem 0; font-size: .8rem;
  line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; border-radius: .25rem; }
.equation { font-family: "DejaVu Serif", Cambria, serif; font-size: 1.1rem; white-space: pre-wrap; }
.bad { color: var(--bad); } .good { color: var(--good); } strong { font-weight: 650; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; margin: 1rem 0; font-size: .9rem; width: 100%; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
summary { cursor: pointer; color: var(--faint); font-size: .9rem; }
@media print {
  :root { --ink: #000; --paper: #fff; --soft: #f4f4f4; --line: #bbb; --faint: #444; --link: #000;
    --bad: #8a1c12; --good: #00522f; }
  @page { margin: 1.5cm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  section { break-inside: avoid; } h2, h3 { break-after: avoid; }
  figure, pre, table tr { break-inside: avoid; }
  .beside { grid-template-columns: repeat(auto-fit, minmax(6cm, 1fr)); }
  .beside img { max-height: 6.5cm; width: auto; }
}
"""


def document(title: str, lead: str, parts: Iterable[str], made: str = "") -> bytes:
    """A whole page.

    Args:
        title: of the window, and above everything.
        lead: what the page is about, in a few sentences.
        parts: what the functions below return.
        made: how it was made, at the end.
    """
    text = "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escaped(title)}</title>", f"<style>{STYLE}</style>", "</head>", "<body>",
        f"<header><h1>{escaped(title)}</h1>{paragraphs(lead, 'lead')}</header>", "<main>",
        *parts, "</main>", f"<footer><section>{paragraphs(made, 'faint')}</section></footer>",
        "</body>", "</html>", "",
    ])
    return text.encode()


def section(name: str, title: str, *parts: str) -> str:
    """A part with a headline that links lead to: page.html#name."""
    return f'<section id="{escaped(name)}">\n<h2>{escaped(title)}</h2>\n' + "\n".join(
        part for part in parts if part) + "\n</section>"


def headline(text: str) -> str:
    """A headline above several sections."""
    return f'<h2 class="part">{escaped(text)}</h2>'


def paragraphs(text: str, kind: str = "") -> str:
    """A text; a blank line begins a new paragraph."""
    of_kind = f' class="{escaped(kind)}"' if kind else ""
    return "\n".join(f"<p{of_kind}>{escaped(' '.join(one.split()))}</p>"
                     for one in text.split("\n\n") if one.strip())


def figure(picture: Image.Image, alt: str, *caption: str, quality: int = QUALITY) -> str:
    """A picture, and what stands below it.

    Args:
        picture: of the width at which it is shown.
        alt: what is on it, for those who cannot see it.
        caption: what the functions of this file return.
        quality: of the JPEG.
    """
    below = f"<figcaption>{''.join(caption)}</figcaption>" if caption else ""
    size = f'width="{picture.width}" height="{picture.height}"'
    return (f'<figure><img src="{inside(picture, quality)}" alt="{escaped(alt)}" {size}>'
            f"{below}</figure>")


def equation(text: str) -> str:
    """An equation in Unicode, with indices as in lettering.py: w_{ij}, A^k."""
    parts = [escaped(part) if not shift else
             f"<{shift}>{escaped(part)}</{shift}>" for part, shift in _indexed(text)]
    return f'<p class="equation">{"".join(parts)}</p>'


def _indexed(text: str):
    """Yield the parts of a line, each with "sub", "sup" or ""."""
    end = 0
    for index in INDEX.finditer(text):
        yield text[end : index.start()], ""
        yield index[2] or index[3], "sub" if index[1] == "_" else "sup"
        end = index.end()
    yield text[end:], ""


def inside(picture: Image.Image, quality: int = QUALITY) -> str:
    """A picture as part of the page: JPEG, or PNG for one of few colours, as a chart."""
    few = picture.getcolors(FEW) is not None
    kind = "png" if few else "jpeg"
    settings = {} if few else {"quality": quality, "subsampling": 0 if quality > FINE else 2}
    file = io.BytesIO()
    picture.convert("RGB").save(file, kind, **settings)
    return f"data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}"


def beside(*parts: str) -> str:
    """Things in a row, as long as the page is wide enough."""
    return f'<div class="beside">{"".join(parts)}</div>'


def block(*parts: str) -> str:
    """Things below one another, as one thing of a row."""
    return f"<div>{''.join(parts)}</div>"


def code(source: str) -> str:
    """Lines of source."""
    return f"<pre><code>{escaped(source)}</code></pre>"


def strong(text: str, kind: str = "") -> str:
    """Words that stand out, "good" or "bad" ones."""
    of_kind = f' class="{escaped(kind)}"' if kind else ""
    return f"<strong{of_kind}>{escaped(text)}</strong>"


def line(*parts: str, kind: str = "") -> str:
    """A paragraph of texts in HTML."""
    of_kind = f' class="{escaped(kind)}"' if kind else ""
    return f"<p{of_kind}>{''.join(parts)}</p>"


def folded(title: str, *parts: str) -> str:
    """What a reader may fold away."""
    return f"<details open><summary>{escaped(title)}</summary>{''.join(parts)}</details>"


def link(address: str, text: str) -> str:
    """A link; to another page or, with #, to a section."""
    return f'<a href="{escaped(address)}">{escaped(text)}</a>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = ()) -> str:
    """A table whose cells are texts in HTML; the columns `numbers` are set as such."""
    kinds = [' class="number"' if n in numbers else "" for n in range(len(head))]
    body = "\n".join(
        "<tr>" + "".join(f"<td{kind}>{cell}</td>" for kind, cell in zip(kinds, row, strict=True))
        + "</tr>" for row in rows)
    heads = "".join(f'<th scope="col">{escaped(one)}</th>' for one in head)
    return (f'<div class="scroll"><table><thead><tr>{heads}</tr></thead>'
            f"<tbody>{body}</tbody></table></div>")


def escaped(text: str) -> str:
    """A text as HTML holds it."""
    return html.escape(str(text))
