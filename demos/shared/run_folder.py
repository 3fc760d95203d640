"""The folder that a training run writes into: its own for as long as it lasts, and writable.

    with own(folder):
        …

Hours of work lie there, so whether they could be written is found out before, and no second run may
write beside the first: both would write the same files.

Read before: models/files.py.  Read next: training_run.py.
"""

import contextlib
import os
import pathlib
import uuid
from collections.abc import Iterator

try:
    import fcntl
except ImportError:  # Windows has no such locks
    fcntl = None

LOCK = ".training"


@contextlib.contextmanager
def own(folder: pathlib.Path) -> Iterator[None]:
    """Make a folder, see that one can write there, and keep other runs out of it.

    The lock is the system's, on a file of its own: the folder is locked by whoever writes
    pictures there.  It ends with the process, however that ends.

    Raises:
        OSError: the folder cannot be made or written to.
        ValueError: another run has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        trial = folder / f".trial.{uuid.uuid4().hex[:8]}"
        trial.write_bytes(b"\n")
        trial.unlink()
    except OSError as error:
        why = os.strerror(error.errno)
        raise OSError(f"cannot write into {folder}: {why}; give another folder as --out") from None
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
