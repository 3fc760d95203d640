"""The page of a class: one HTML file that needs nothing else, no script and no network."""

import html
import time
from collections import Counter

from tests.exercises import cage
from tests.exercises.catalogue import EXERCISES, GROUPS, number
from tests.exercises.verdict import REFUSED, SOLVED, STOPPED, STUB, WRONG

NAME = "report.html"
MARKS = {SOLVED: "✓", WRONG: "✗", REFUSED: "✗", STOPPED: "∞", STUB: "·"}
STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em;
       color: #222; background: #fff }
h1 { font-size: 1.5em } h2 { font-size: 1.15em; margin-top: 2em }
.wide { overflow-x: auto }
table { border-collapse: collapse } td, th { padding: .15em .4em; text-align: center }
thead th { vertical-align: bottom; font-weight: normal; font-size: .85em }
thead th span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap }
tbody th { text-align: left; font-weight: normal; white-space: nowrap; position: sticky; left: 0;
           background: #fff }
tbody tr:hover > * { background: #f4f4f4 }
td.first, th.first { border-left: 1px solid #ccc }
td a { text-decoration: none; color: inherit; display: block }
.solved { color: #0a6e3a } .wrong, .refused { color: #b3261e; font-weight: bold }
.stopped { color: #9a5b00; font-weight: bold } .todo { color: #aaa }
tfoot td, tfoot th { border-top: 1px solid #ccc; font-size: .85em }
tfoot th { text-align: left; white-space: nowrap; font-weight: normal }
pre { background: #f6f6f4; padding: .7em 1em; overflow-x: auto; font-size: 13px;
      margin: .3em 0 1em }
details { margin: .2em 0 } summary { cursor: pointer }
.small { color: #666; font-size: .9em }
"""


def page(done: list, kept: dict[str, bool], of: int) -> str:
    """Write the page of the students that are done, `of` so many."""
    solved = sum(student.solved for student in done)
    unfinished = f" Stopped after {len(done)} of {of} students." if len(done) < of else ""
    parts = [
        '<!doctype html>\n<html lang="en"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>Exercises of minigrad</title><style>{STYLE}</style>",
        f"<h1>Exercises: {len(done)} students, {solved} answers solved</h1>",
        f"<p class=small>{time.strftime('%Y-%m-%d %H:%M')}.{unfinished}"
        " ✓ solved, ✗ not yet, ∞ stopped by a limit, · not begun."
        " A mark leads to what the answer is told.</p>",
        _table(done), "<h2>What most went wrong</h2>", _mistakes(done),
        "<h2>What each answer is told</h2>", *map(_student, range(len(done)), done),
        "<h2>How far to believe it</h2>", _protection(kept), "</html>\n",
    ]  # fmt: skip
    return "\n".join(parts)


def _table(done) -> str:
    firsts = {group[0].name for group in GROUPS.values() if group}

    def cell(tag, name, inside, kind=""):
        classes = [_kind(kind)] * bool(kind) + ["first"] * (name in firsts)
        attribute = f' class="{" ".join(classes)}"' if classes else ""
        return f"<{tag}{attribute}>{inside}</{tag}>"

    def mark(place, name, verdict):
        there = MARKS[verdict.state]
        if verdict.text:
            there = f'<a href="#{_id(place, name)}" title="{name}">{there}</a>'
        return cell("td", name, there, verdict.state)

    heads = [cell("th", e.name, f"<span>{number(e)} {e.name}</span>") for e in EXERCISES.values()]
    rows = [
        f"<tr><th>{html.escape(s.name)}</th><td>{s.solved}</td>"
        f"{''.join(mark(place, *both) for both in s.verdicts.items())}</tr>"
        for place, s in enumerate(done)
    ]
    sums = Counter(n for s in done for n, v in s.verdicts.items() if v.state == SOLVED)
    feet = [cell("td", name, sums[name]) for name in EXERCISES]
    return (
        f"<div class=wide><table><thead><tr><th></th><th>solved</th>{''.join(heads)}</tr></thead>\n"
        f"<tbody>{chr(10).join(rows)}</tbody>\n"
        f"<tfoot><tr><th>solved by</th><td></td>{''.join(feet)}</tr></tfoot></table></div>"
    )


def _mistakes(done) -> str:
    """For each exercise, the mistakes that were recognised, the commonest first."""
    counted = Counter((n, v.likely) for s in done for n, v in s.verdicts.items() if v.likely)
    lines = [
        f"<li>{count} × <b>{name}</b>: {html.escape(says)}</li>"
        for (name, says), count in counted.most_common()
    ]
    return f"<ul>{chr(10).join(lines)}</ul>" if lines else "<p>Nothing that is known.</p>"


def _student(place: int, student) -> str:
    told = [
        f'<details id="{_id(place, name)}"><summary><span class="{_kind(verdict.state)}">'
        f"{MARKS[verdict.state]}</span> {name}</summary><pre>{html.escape(verdict.text)}</pre>"
        "</details>"
        for name, verdict in student.verdicts.items()
        if verdict.text
    ]
    odd = [f"<p class=small>{html.escape(sentence)}</p>" for sentence in student.odd]
    head = f"<h3>{html.escape(student.name)}, {student.solved} of {len(EXERCISES)}</h3>"
    return "\n".join([head, *odd, *told] if odd or told else [])


def _kind(state: str) -> str:
    """A state as a class of the style."""
    return state.replace(" ", "")


def _id(place: int, name: str) -> str:
    """Where the message stands to which a mark leads."""
    return f"{place}-{name}"


def _protection(kept) -> str:
    lines = [
        f"<li>{'✓' if holds else '✗ not on this system:'} {cage.PROMISES[what]}</li>"
        for what, holds in kept.items()
    ]
    return (
        "<p>Every answer was judged in a process of its own, with a limit of time.  Before, this "
        f"system was tried:</p><ul>{''.join(lines)}</ul>"
        "<p>An answer shares its process with the tests that judge it.  So it is read first, and "
        "refused where it imports, opens or changes what an exercise needs not; and after it "
        "passes, what is known to be wrong must still fail.  Somebody who is set on it may find a "
        "way all the same: look at what you mark.</p>"
    )
