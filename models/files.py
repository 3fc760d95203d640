"""A file is written whole or not at all.

    with replacing(path) as temporary:
        picture.save(temporary, "PNG")

What is written under a temporary name in the same folder takes its place at the end, in one step
(POSIX rename): whoever reads the file meanwhile, and whatever breaks off the writing, a full disk
or Ctrl-C, finds the old one or the new one, never a half.

Read before: classes.py.  Read next: storage.py.
"""

import contextlib
import os
import pathlib
import uuid
from collections.abc import Iterator


@contextlib.contextmanager
def replacing(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Give a temporary path to write to; leave it as `path`, or leave `path` as it was."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
