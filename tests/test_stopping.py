"""Ctrl-C and SIGTERM end the work and never a save; these tests send real signals."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from minigrad.command import run
from minigrad.stopping import SIGNALS, saving

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")


def send(number):
    """Send ourselves a signal, and come to a point where Python looks whether there is one."""
    os.kill(os.getpid(), number)
    time.sleep(0.01)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_work_with_status_130(number, capsys):
    def main(argv):
        send(number)
        raise AssertionError("went on")

    assert run(main, [], "demos") == 130
    assert capsys.readouterr().err == "\nstopped\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_save_is_done_before_a_signal_ends_the_command(number):
    done = []

    def main(argv):
        with saving():
            with saving():          # a file of a family
                send(number)
                done.append("one")
            done.append("all")
        raise AssertionError("went on")

    assert run(main, [], "demos") == 130 and done == ["one", "all"]


def test_a_second_ctrl_c_breaks_off_neither_the_save_nor_the_way_there(capfd):
    done = []

    def main(argv):
        try:
            send(signal.SIGINT)
        except KeyboardInterrupt:
            send(signal.SIGINT)     # before the save
            with saving():
                send(signal.SIGINT)
                send(signal.SIGTERM)
                done.append("saved")
            done.append("and said so")
            raise

    assert run(main, [], "demos") == 130 and done == ["saved", "and said so"]
    assert "stopping: saving what there is; kill -9" in capfd.readouterr().err


def test_a_save_that_fails_while_a_signal_waits_says_both(capsys):
    def main(argv):
        with saving():
            send(signal.SIGTERM)
            raise OSError("the disk is full")

    assert run(main, [], "demos") == 130
    assert capsys.readouterr().err == "\nstopped; the disk is full\n"


def test_after_the_command_signals_are_as_before():
    before = [signal.getsignal(number) for number in SIGNALS]
    assert run(lambda argv: None, [], "demos") == 0
    assert [signal.getsignal(number) for number in SIGNALS] == before
    with pytest.raises(KeyboardInterrupt):
        send(signal.SIGINT)


def test_what_a_parent_ignores_stays_ignored():
    """As `nohup` and a shell's & do."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert run(lambda argv: send(signal.SIGINT), [], "demos") == 0
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_command_may_run_in_another_thread():
    status = []
    thread = threading.Thread(target=lambda: status.append(run(lambda argv: None, [], "demos")))
    thread.start()
    thread.join()
    assert status == [0]


STUCK = """
import pathlib, sys, time
from models.files import replacing
with replacing(pathlib.Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    print("begun", flush=True)
    time.sleep(60)
"""


def test_the_next_to_write_sweeps_what_a_killed_process_left(tmp_path):
    from models.files import replacing

    script = [sys.executable, "-c", STUCK, str(tmp_path / "a.png")]
    with subprocess.Popen(script, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        (left,) = tmp_path.iterdir()
        for name in (".mine.tmp", f".b.png.elsewhere-{other.pid}-0123abcd.tmp"):
            (tmp_path / name).touch()
        with replacing(tmp_path / "b.png") as temporary:
            temporary.write_text("b")
        assert left.exists()                            # it is still being written
        other.kill()
    with replacing(tmp_path / "b.png") as temporary:
        temporary.write_text("b")
    kept = {".mine.tmp", f".b.png.elsewhere-{other.pid}-0123abcd.tmp", "b.png"}
    assert {file.name for file in tmp_path.iterdir()} == kept
