"""These tests run on CuPy's arrays, in a process of their own (tests/test_cupy.py).

$MINIGRAD_CUPY says whose: "standin" plays CuPy without a GPU (strict_cupy/), "real" is the one that
is installed.  Without it nothing here is collected: the stand-in takes the place of CuPy in the
whole process, where other tests expect that there is none.
"""

import os
import pathlib
import sys

import pytest

WHOSE = os.environ.get("MINIGRAD_CUPY")
HERE = pathlib.Path(__file__).parent

if WHOSE == "standin":
    sys.path.insert(0, str(HERE))
    import strict_cupy

    strict_cupy.install()
elif WHOSE == "real":
    sys.path.insert(0, str(HERE))
    import cupy  # noqa: F401
else:
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(autouse=True)
def threads_as_before():
    from minigrad.ops.fast import threads

    yield
    threads.use(None)
