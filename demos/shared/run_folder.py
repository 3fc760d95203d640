"""The folder that a training run writes into: its own for as long as it lasts.

    with own(folder):
        …

Hours of work lie there, so no second run may write beside the first: both would write the same
files.  Whether one can write there at all is asked with the option --out (family.py).

Read before: family.py.  Read next: training_run.py.
"""

import contextlib
import os
import pathlib
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

LOCK = ".training"


@contextlib.contextmanager
def own(folder: pathlib.Path) -> Iterator[None]:
    """Make a folder, and keep other runs out of it.

    The lock is the system's, on a file of its own: the folder is locked by whoever writes
    pictures there.  It ends with the process, however that ends.

    Raises:
        ValueError: another run has it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        if fcntl:
            handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT)
            stack.callback(os.close, handle)
            _lock(handle, folder)
            stack.callback((folder / LOCK).unlink, missing_ok=True)
        yield


def _lock(handle: int, folder: pathlib.Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"another training run is writing into {folder}: wait for its end, or give another "
            "folder as --out"
        ) from None
    except OSError:
        return  # a file system without locks, as over some networks
