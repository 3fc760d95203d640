"""HOG against scikit-image's and OpenCV's, where their conventions meet ours.

    scikit-image    a vote goes to one orientation and one cell; the mean over a cell;
                    v/√(‖v‖² + ε²) with ε = 1e-5, cut at 0.2, and again with the same ε
    OpenCV          votes are shared between orientations and, within a block, between cells; the
                    sum over a cell; v/(‖v‖ + 3.6), cut at 0.2, and v/(‖v‖ + 0.001); a cell after
                    the other by columns
    both            [−1, 0, 1], zero at the border; the first orientation's middle is at 10°

The ε of our second normalisation is OpenCV's, and these tests set it to scikit-image's.  Then
scikit-image's blocks equal ours, and the whole where a gradient lies in the middle of a bin
everywhere; OpenCV's equals ours on a single block, but for its ε and its fast arctangent.
"""

import math

import numpy as np
import pytest

from minigrad.techniques.fool import hog as module
from minigrad.techniques.fool.hog import HOG, differences, grey, hog


def ramp(degrees, H=48, W=56):
    """Grey levels that rise evenly along one direction."""
    i, j = np.mgrid[:H, :W]
    t = math.radians(degrees)
    return 127 + 1.5 * (math.cos(t) * j + math.sin(t) * i)


@pytest.fixture
def feature(monkeypatch):
    monkeypatch.setattr(module, "AGAIN", 1e-5)
    return pytest.importorskip("skimage.feature")


@pytest.mark.parametrize("k", range(9))
def test_where_no_vote_is_shared_hog_equals_scikits(feature, k):
    """In the blocks within: at the border a cell of ours has fewer neighbours to share with."""
    grey_ramp = ramp(10 + 20 * k)
    theirs = feature.hog(grey_ramp, orientations=9, pixels_per_cell=(8, 8), cells_per_block=(2, 2),
                         block_norm="L2-Hys", feature_vector=False)         # (h, w, 2, 2, 9)
    ours = hog(grey_ramp[None, None].repeat(3, axis=1), eps=1e-5)[0]        # (36, h, w)
    theirs = theirs.reshape(*theirs.shape[:2], 36).transpose(2, 0, 1)
    inside = np.s_[:, 1:-1, 1:-1]
    assert ours.shape == theirs.shape and theirs[inside].max() > 0.4
    np.testing.assert_allclose(ours[inside], theirs[inside], atol=1e-9)


def test_the_blocks_of_any_cells_are_scikits(feature, rng):
    normalise = pytest.importorskip("skimage.feature._hog")._hog_normalize_block
    cells = rng.uniform(0, 30, (1, 9, 5, 4)) ** 2
    ours = HOG(eps=1e-5).layers["hog"](cells)[0]
    for row in range(4):
        for column in range(3):
            block = cells[0, :, row : row + 2, column : column + 2].transpose(1, 2, 0)
            theirs = normalise(block, "L2-Hys").ravel()
            np.testing.assert_allclose(ours[:, row, column], theirs, rtol=1e-8)


def test_the_gradient_is_scikits(feature, rng):
    gradients = pytest.importorskip("skimage.feature._hog")._hog_channel_gradient
    x = rng.uniform(0, 255, (1, 3, 20, 24))
    Y = grey(x)
    down, across = gradients(Y[0, 0])
    np.testing.assert_allclose(differences(Y)[0], [across, down], rtol=1e-12)


def test_of_one_block_hog_is_opencvs():
    cv2 = pytest.importorskip("cv2")
    if not hasattr(cv2, "HOGDescriptor"):
        pytest.skip("OpenCV 5 has HOG among its extra modules")
    theirs = cv2.HOGDescriptor(
        (16, 16), (16, 16), (8, 8), (8, 8), 9, 1, 1e6, cv2.HOGDescriptor_L2Hys, 0.2, False, 64,
        False,
    )  # fmt: skip
    for seed in range(20):
        x = np.random.default_rng(seed).integers(0, 256, (16, 16), np.uint8)
        found = theirs.compute(x).reshape(2, 2, 9).transpose(1, 0, 2).ravel()
        ours = hog(np.float64(x)[None, None].repeat(3, axis=1), eps=1e-5).ravel()
        np.testing.assert_allclose(ours, found, atol=3e-3)
        assert np.corrcoef(ours, found)[0, 1] > 0.9999
