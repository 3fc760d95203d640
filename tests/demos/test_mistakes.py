"""One page of what goes wrong in public code: wrong beside right, the number, and the lines."""

import json

import pytest

from demos import mistakes
from demos.again import compared
from minigrad.command import run
from minigrad.techniques.mistakes import MISTAKES
from tests.demos.shared.test_page import Reader

SOME = ["hooks_on_modules", "blue_first", "signed_maximum", "bounds_of_raw_pixels"]


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(mistakes.main, [*options, *argv], "demos")
        note = tmp_path / "face_mistakes.json"
        made = json.loads(note.read_text()) if note.exists() else None
        return status, capsys.readouterr(), made

    return call


def test_the_page_shows_both_pictures_the_number_the_lines_and_the_discussion(call, tmp_path):
    status, printed, made = call("--only", *SOME)
    assert status == 0 and "4 mistakes" in printed.out
    assert "face_mistakes.html" in made["pictures"] and len(made["pictures"]) == 5
    page = Reader((tmp_path / "face_mistakes.html").read_text("utf-8"))
    assert sum(tag == "img" for tag, _ in page.elements) == 2 * len(SOME)
    for mistake in (m for m in MISTAKES if m.name in SOME):
        assert f"def {mistake.name}(shown):" in page.text and mistake.says in page.text
        links = {a.get("href") for tag, a in page.elements if tag == "a"}
        assert set(mistake.found) <= links and f"#{mistake.name}" in links
        wrong = made["numbers"][mistake.name]["wrong"]
        assert mistake.form.format(wrong).replace("-", "−") in page.text


def test_the_same_command_writes_the_same_bytes(call, tmp_path):
    call("--only", "blue_first", "--out", str(tmp_path / "one"))
    call("--only", "blue_first", "--out", str(tmp_path / "two"))
    for file in (tmp_path / "one").glob("*.html"):
        assert compared(file, tmp_path / "two" / file.name) == "the same bytes"


def test_a_mistake_that_nobody_knows_is_one_sentence(call, tmp_path):
    status, printed, made = call("--only", "jitter_kepd")
    assert status == 2 and "did you mean jitter_kept" in printed.err
    assert printed.err.count("\n") == 1 and made is None


def test_at_least_fifteen_are_known():
    assert len(MISTAKES) >= 15 and len({mistake.name for mistake in MISTAKES}) == len(MISTAKES)
