"""A network that has learned nothing, and noise to look at: enough where only algebra counts."""

import numpy as np
import pytest

import models


@pytest.fixture(scope="session")
def untrained():
    return models.build("minivgg", classes=4)


@pytest.fixture(scope="session")
def noise():
    """(1, 3, 32, 48)"""
    return np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 48)).astype(np.float32)
