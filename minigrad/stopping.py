"""Ctrl-C and SIGTERM end the work and never a save.

    with stoppable():               # a command
        try:
            work()                  # the first signal raises KeyboardInterrupt here
        finally:
            with saving():
                save()              # and not here: it waits until the files are written

There is one KeyboardInterrupt: after it a command saves what there is and ends, and whoever presses
Ctrl-C again meanwhile, out of impatience, is told so and loses nothing.  SIGTERM, which a batch
system or a shutdown sends, is the same as Ctrl-C.

Used by: command.py, and by models/files.py for every file that is written.
"""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)
_PATIENCE = f"\nstopping: saving what there is; kill -9 {os.getpid()} would lose it\n".encode()


class _Now:
    """Signals that came, whether one is yet to be raised, and saves under way, nested ones too."""

    came, waits, saves = 0, False, 0


@contextlib.contextmanager
def stoppable() -> Iterator[None]:
    """Raise KeyboardInterrupt at the first signal, once, and at SIGTERM as at Ctrl-C.

    What the caller's parent ignores stays ignored, as for a command in the background.  Only a main
    thread can be sent signals; in another nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [s for s in SIGNALS if signal.getsignal(s) is not signal.SIG_IGN]
    before = {s: signal.signal(s, _stop) for s in heard}
    _Now.came, _Now.waits = 0, False
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def saving() -> Iterator[None]:
    """Let a signal wait until the end of this block, and of every block around it.

    Raises:
        KeyboardInterrupt: a signal came; it says so where the save failed, too.
    """
    failed = []
    _Now.saves += 1
    try:
        yield
    except Exception as error:
        failed = [error]
        raise
    finally:
        _Now.saves -= 1
        if _Now.waits and not _Now.saves:
            _Now.waits = False
            raise KeyboardInterrupt(*failed)


def _stop(number, frame) -> None:
    _Now.came += 1
    if _Now.came > 1:
        with contextlib.suppress(OSError):  # print would fail where it is itself interrupted
            os.write(2, _PATIENCE)
    elif _Now.saves:
        _Now.waits = True
    else:
        raise KeyboardInterrupt
