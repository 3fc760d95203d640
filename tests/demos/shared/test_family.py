"""One run's files come together and go together, and nothing else goes with them."""

import errno
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import time

import pytest

from demos.shared import family
from demos.shared.family import writable, write
from minigrad.command import run
from models.files import NotWritten


def files(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_the_json_lists_its_family(tmp_path, capsys):
    write(tmp_path / "new", "cup", {".png": b"sheet", "_1.png": b"one"}, {"demo": "rules"})
    found = files(tmp_path / "new")
    assert json.loads(found.pop("cup.json")) == {
        "demo": "rules", "pictures": ["cup.png", "cup_1.png"],
    }  # fmt: skip
    assert found == {"cup.png": b"sheet", "cup_1.png": b"one"}
    assert capsys.readouterr().out == ""


def test_another_run_of_that_name_replaces_the_whole_family_and_says_so(tmp_path, capsys):
    old = {".png": b"old", "_1.png": b"old", "_2.png": b"old", ".gif": b"old"}
    write(tmp_path, "cup", old, {"written": "2026-03-01 12:00:00"})
    write(tmp_path, "cup", {".png": b"new", "_1.png": b"new"}, {})
    assert capsys.readouterr().out == "replaces cup.png and 3 more files of 2026-03-01 12:00:00\n"
    found = files(tmp_path)
    assert json.loads(found.pop("cup.json"))["pictures"] == ["cup.png", "cup_1.png"]
    assert found == {"cup.png": b"new", "cup_1.png": b"new"}


@pytest.mark.parametrize("note", ["no JSON", "[1]", "{}", '{"pictures": 3}', '{"pictures": [[]]}'])
def test_what_no_json_lists_is_never_removed(note, tmp_path):
    (tmp_path / "cup.json").write_text(note)
    (tmp_path / "cup_mine.png").write_bytes(b"mine")
    write(tmp_path, "other", {".png": b"old"}, {})
    write(tmp_path, "cup", {".png": b"new"}, {})
    found = files(tmp_path)
    assert {"cup_mine.png", "other.png", "other.json"} < set(found) and len(found) == 5


def test_a_json_that_lists_files_of_others_removes_none_of_them(tmp_path):
    """It may come from anywhere."""
    folder = tmp_path / "out"
    folder.mkdir()
    others = [tmp_path / "cup_a.png", folder / "dog.png", tmp_path / "cup.png"]
    for file in others:
        file.write_bytes(b"mine")
    listed = ["../cup_a.png", "dog.png", str(tmp_path / "cup.png"), "cup_gone.png"]
    (folder / "cup.json").write_text(json.dumps({"pictures": listed}))
    write(folder, "cup", {".png": b"new"}, {})
    assert all(file.read_bytes() == b"mine" for file in others)


def test_a_full_disk_leaves_the_old_family_whole_and_names_the_file(tmp_path, monkeypatch):
    write(tmp_path, "cup", {".png": b"old", "_1.png": b"old", ".gif": b"old"}, {"run": 1})
    before, original = files(tmp_path), pathlib.Path.write_bytes

    def full(self, data):
        original(self, data[:2])
        if data == b"third":
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(pathlib.Path, "write_bytes", full)
    said = r"cup_2\.png could not be written, 2 bytes of it were: No space left on device"
    with pytest.raises(NotWritten, match=said):
        write(tmp_path, "cup", {".png": b"first", "_1.png": b"second", "_2.png": b"third"}, {})
    assert files(tmp_path) == before


# ── Before the work ─────────────────────────────────────────────────────────────────────────────


def test_a_folder_is_asked_for_before_the_work_and_not_made_yet(tmp_path):
    assert writable(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert not list(tmp_path.iterdir())


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path):
    (tmp_path / "cup.png").touch()
    for name in ("cup.png", "cup.png/out"):
        with pytest.raises(NotWritten, match=r"cup\.png is a file; name a folder"):
            writable(str(tmp_path / name))


def test_a_disk_without_room_is_said(tmp_path, monkeypatch):
    left = shutil.disk_usage(tmp_path)._replace(free=1234)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: left)
    with pytest.raises(NotWritten, match="has 1,234 bytes left .* make room or name another"):
        writable(str(tmp_path))


@pytest.mark.parametrize("demo", ["rules", "filters", "maximize", "opinion", "train"])
def test_every_demo_asks_for_its_folder_before_it_begins(demo, monkeypatch, capsys):
    """Not even the network is loaded, and the photos of --data are not looked for."""
    import importlib

    monkeypatch.setattr(family.tempfile, "TemporaryFile", forbidden)
    given = {"train": ["--data", "nowhere"], "maximize": ["--class", "cup"]}.get(demo, [])
    main = importlib.import_module(f"demos.{demo}").main
    assert run(main, [*given, "--model", "none", "--out", "here"], "demos") == 2
    assert capsys.readouterr().err == (
        "demos: --out here: nothing can be written there: Read-only file system\n"
    )


def forbidden(**where):
    raise OSError(errno.EROFS, "Read-only file system")


def test_ctrl_c_is_heard_while_another_process_has_the_folder(tmp_path):
    """The other one is here; who waits is a process of its own."""
    code = (
        "import pathlib, sys; from demos.shared.family import write; "
        "from minigrad.command import run\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "def main(argv): print('waits', flush=True); write(folder, 'cup', {'.png': b''}, {})\n"
        "sys.exit(run(main, [], 'demos'))"
    )
    with family.alone_in(tmp_path):
        command = [sys.executable, "-c", code]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as waiting:
            assert waiting.stdout.readline() == b"waits\n"
            time.sleep(0.3)  # until it stands before the lock
            waiting.send_signal(signal.SIGINT)
            try:
                assert waiting.wait(10) == 130
            finally:
                waiting.kill()
    assert files(tmp_path) == {}
