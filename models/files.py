"""A file is written whole or not at all.

    with replacing(path) as temporary:
        picture.save(temporary, "PNG")

What is written under a temporary name in the same folder takes its place at the end, in one step
(POSIX rename): whoever reads the file meanwhile, and whatever breaks off the writing, a full disk
or Ctrl-C, finds the old one or the new one, never a half.  What a process that was killed left
behind is swept by the next that writes in the same folder.

Read before: classes.py.  Read next: storage.py.
"""

import contextlib
import os
import pathlib
import platform
import re
import uuid
from collections.abc import Iterator

from minigrad.stopping import saving

HOST = re.sub(r"\W", "", platform.node())[:20]  # a folder may be shared by several machines
OURS = re.compile(rf"\..+\.{HOST}-(\d+)-[0-9a-f]{{8}}\.tmp")


class NotWritten(OSError):
    """A file could not be written; the sentence names it and how far it came."""


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Give a temporary path to write to; leave it as `path`, or leave `path` as it was.

    Ctrl-C and SIGTERM wait until that is done.

    Raises:
        NotWritten: there is no room, no right or no folder.
    """
    swept(path.parent)
    mark = f"{HOST}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    temporary = path.with_name(f".{path.name[:100]}.{mark}.tmp")
    with saving():
        try:
            yield temporary
            os.replace(temporary, path)
        except NotWritten:  # of another file, within this block
            raise
        except OSError as error:
            size = temporary.stat().st_size if temporary.exists() else 0
            why = f"{size:,} bytes of it were: {error.strerror or error}"
            raise NotWritten(f"{path} could not be written, {why}") from error
        finally:
            temporary.unlink(missing_ok=True)


def swept(folder: pathlib.Path) -> None:
    """Remove the temporary files of this machine's processes that are no more."""
    for file in folder.glob(".*.tmp"):
        ours = OURS.fullmatch(file.name)
        if ours and not alive(int(ours[1])):
            with contextlib.suppress(OSError):  # gone, or another user's
                file.unlink()


def alive(pid: int) -> bool:
    """Is there a process of this number?  Outside of POSIX one cannot ask: then yes."""
    try:
        if os.name == "posix":
            os.kill(pid, 0)  # signal 0 is sent to nobody
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
