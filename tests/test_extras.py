"""What an extra brings is imported, or asked for by name."""

import configparser
import pathlib

import pytest

from minigrad.extras import extra

SETUP = pathlib.Path(__file__).parent.parent / "setup.cfg"


def test_what_is_there_is_imported():
    assert extra("json.decoder", "codes", "this").JSONDecoder


def test_what_is_missing_is_asked_for_by_the_name_of_its_extra():
    with pytest.raises(ValueError, match=r"this needs nosuch: pip install -e '.\[codes\]'"):
        extra("nosuch.module", "codes", "this")


def test_all_brings_every_extra_but_those_for_one_machine_or_for_testing():
    setup = configparser.ConfigParser()
    setup.read(SETUP)
    extras = dict(setup["options.extras_require"])
    brought = extras.pop("all").strip().removeprefix("minigrad[").removesuffix("]").split(",")
    assert set(brought) == set(extras) - {"test", "cuda12", "cuda13"}
