"""The CuPy path: every op, gradient, network, technique, demo --device cuda (tests/device/).

    python -m pytest tests/test_cupy.py                             on a stand-in, without a GPU
    python -m pytest tests/test_cupy.py --real-cupy                 on CuPy and a GPU
    MINIGRAD_CUPY=standin python -m pytest tests/device -k pool     some of it alone; or real

The stand-in refuses what CuPy refuses and installs itself as `cupy`, hence a process of its own.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent


def test_the_device_gives_what_the_cpu_gives(pytestconfig):
    whose = "real" if pytestconfig.getoption("--real-cupy") else "standin"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/device", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, env=os.environ | {"MINIGRAD_CUPY": whose}, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-8000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 400


def test_without_being_asked_for_the_device_tests_are_not_collected():
    asked = {key: value for key, value in os.environ.items() if key != "MINIGRAD_CUPY"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "tests/device", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT, env=asked, text=True, check=False, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert "no tests ran" in done.stdout
