"""A tour is nothing but the demos, called: their pictures, their notes, and the lines that ran."""

import json
import pathlib

import pytest

from demos import tour
from demos.__main__ import demos
from demos.shared import excerpt
from demos.shared.itinerary import BY_NAME, LECTURES, ROOMS, groups, name_of
from minigrad.command import run
from minigrad.techniques import filters, gradient
from tests.demos.shared.test_page import Reader

ROOT = pathlib.Path(__file__).parents[2]
SOME = ["rules", "filters"]


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(tour.main, [*options, *argv], "demos")
        note = tmp_path / "face_tour.json"
        made = json.loads(note.read_text()) if note.exists() else None
        return status, capsys.readouterr(), made

    return call


def test_a_stop_has_a_question_an_equation_lines_a_picture_a_number_and_seconds(call, tmp_path):
    status, printed, made = call("--only", *SOME)
    assert status == 0 and "2 stops in" in printed.out and made["pictures"] == ["face_tour.html"]
    page = Reader((tmp_path / "face_tour.html").read_text("utf-8"))
    assert sum(tag == "img" for tag, _ in page.elements) == 1 + len(SOME)
    for name in SOME:
        assert BY_NAME[name].question.split("?")[0] in page.text
        assert made["stops"][name]["seconds"] > 0
    assert excerpt.lines(gradient) in page.text and excerpt.lines(filters) in page.text
    assert page.text.count("How far to believe it") == 2
    assert "python -m demos filters" in page.text


@pytest.mark.parametrize("name", BY_NAME)
def test_the_page_that_the_readme_links_shows_the_lines_of_today(name, shown):
    for path in BY_NAME[name].source:
        code, _ = map(Reader, tour.lines_of(path))
        assert code.text in shown, f"{path} has changed: make the page again, python -m demos tour"


@pytest.fixture(scope="module")
def shown():
    return Reader((ROOT / "demos/examples/tour.html").read_text("utf-8")).text


def test_the_lectures_have_their_own_order_and_show_each_stop_once(call, tmp_path):
    status, _, _ = call("--only", *SOME, "--lecture")
    text = (tmp_path / "face_tour.html").read_text("utf-8")
    page = Reader(text)
    assert status == 0 and "IIT Madras, CS7015, lecture 13" in page.text
    assert text.index('<section id="filters">') < text.index('<section id="rules">')
    assert text.count('<section id="rules">') == 1


def test_what_cannot_be_asked_is_said_in_its_place(call, tmp_path, monkeypatch):
    from demos import filters as demo

    def complain(argv):
        raise ValueError("pip install something")

    monkeypatch.setattr(demo, "main", complain)
    status, _, made = call("--only", *SOME)
    page = Reader((tmp_path / "face_tour.html").read_text("utf-8"))
    assert status == 0 and "Left out: pip install something" in page.text
    assert made["stops"]["filters"]["left out"] == "pip install something"


def test_ctrl_c_keeps_what_there_is(call, tmp_path, monkeypatch):
    from demos import filters as demo

    def stop(argv):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "main", stop)
    status, printed, made = call("--only", *SOME)
    assert status == 130 and made["interrupted"] and list(made["stops"]) == ["rules"]
    assert "1 of 2 stops" in printed.err


def test_a_stop_that_nobody_knows_is_one_sentence(call):
    status, printed, made = call("--only", "rulez")
    assert status == 2 and "did you mean rules" in printed.err and made is None


def test_every_stop_is_a_demo_and_stands_in_a_room_and_in_a_lecture():
    assert {stop.demo for stop in BY_NAME.values()} <= set(demos())
    told = {name for names in LECTURES.values() for name in names}
    assert told == set(BY_NAME)
    assert [name_of(s) for room in ROOMS.values() for s in room] == list(BY_NAME)
    assert list(groups(True)) == list(LECTURES)
