"""What all tests share: the random generator, and the data that only some machines have."""

import os
import pathlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).parent.parent


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
