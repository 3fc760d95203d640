"""What all tests share: options, the random generator, data that only some machines have."""

import os
import pathlib
import secrets
import signal

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parent.parent
os.environ.pop("PYTEST_ADDOPTS", None)  # of this run, and not of those that a test starts


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def shared_data():
    """The folder of photos and weights, $MINIGRAD_DATA or ../shared/data; skips where absent."""
    folder = pathlib.Path(os.environ.get("MINIGRAD_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"needs the photos and weights of {folder.name}: set MINIGRAD_DATA to them")
    return folder


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works():
    """A shell lets a command behind & ignore Ctrl-C, and so would the commands that tests stop."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


# ── Options: the fuzz (tests/peers/test_fuzz.py), and CuPy (tests/test_cupy.py) ─────────────────


def pytest_addoption(parser):
    parser.addoption("--real-cupy", action="store_true", help="test_cupy.py on a GPU")
    group = parser.getgroup("fuzz", "random cases against PyTorch")
    group.addoption("--fuzz-seconds", type=float, default=0.0, help="go on for so long, in all")
    group.addoption("--fuzz-seed", default="0", help="a number, or random (default: 0)")
    group.addoption("--fuzz-case", help="run this case alone: NAME/SEED/NUMBER")


class Fuzz:
    """What the fuzz was asked for, and how much it has done."""

    def __init__(self, config):
        seed = config.getoption("--fuzz-seed")
        self.seed = secrets.randbelow(2**31) if seed == "random" else int(seed)
        self.seconds = config.getoption("--fuzz-seconds")
        self.case = config.getoption("--fuzz-case")
        self.cases = self.failures = 0

    def ran(self, cases, failures):
        self.cases += cases
        self.failures += failures


@pytest.fixture(scope="session")
def fuzz(pytestconfig):
    fuzz = pytestconfig.fuzz = Fuzz(pytestconfig)
    return fuzz


def pytest_terminal_summary(terminalreporter, config):
    fuzz = getattr(config, "fuzz", None)
    if fuzz and fuzz.cases:
        terminalreporter.write_line(
            f"fuzz: {fuzz.cases:,} cases of seed {fuzz.seed}, {fuzz.failures:,} mismatches"
        )
