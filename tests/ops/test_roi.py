"""What is inside a box: exact on a slope where nothing is rounded, off by a unit where it is."""

import numpy as np
import pytest

from minigrad import Tensor, grad, ops

H, W = 12, 16
ROWS, COLUMNS = np.mgrid[:H, :W] + 0.5  # a unit's middle, in pixels of a photo of scale 1
SLOPE = (3 * COLUMNS - 2 * ROWS)[None, None]
BOX = np.array([[0, 2.3, 1.6, 11.9, 9.2]])


def middles(low, high, bins):
    return low + (np.arange(bins) + 0.5) * (high - low) / bins


@pytest.mark.parametrize("size", [1, 4, (3, 7)])
@pytest.mark.parametrize("samples", [1, 2, 5])
def test_on_a_slope_roi_align_gives_the_value_at_the_middle_of_each_bin(size, samples):
    rows, columns = (size, size) if isinstance(size, int) else size
    y = ops.roi_align(SLOPE, BOX, size, samples=samples)
    _, x0, y0, x1, y1 = BOX[0]
    wanted = 3 * middles(x0, x1, columns) - 2 * middles(y0, y1, rows)[:, None]
    assert np.allclose(y[0, 0], wanted, atol=1e-12)


def test_roi_pool_is_off_by_up_to_a_unit_where_roi_align_is_not():
    ramp = COLUMNS[None, None]
    box = np.array([[0, 2.4, 2.4, 10.4, 10.4]])
    moved = box + [0, 0.4, 0.4, 0.4, 0.4]
    align = ops.roi_align(ramp, moved, 4) - ops.roi_align(ramp, box, 4)
    pool = ops.roi_pool(ramp, moved, 4) - ops.roi_pool(ramp, box, 4)
    assert np.allclose(align, 0.4)
    assert set(pool.ravel()) == {1}  # 2.4 and 10.4 round down, 2.8 and 10.8 up


def test_roi_pool_takes_the_largest_of_each_bin_and_its_gradient_goes_there_alone():
    x = Tensor(np.arange(16.0).reshape(1, 1, 4, 4))
    y = ops.roi_pool(x, np.array([[0, 0, 0, 3, 3]]), 2)
    assert y.data[0, 0].tolist() == [[5, 7], [13, 15]]
    (g,) = grad(y, [x], seed=np.array([[[[1.0, 2], [3, 4]]]]))
    assert g[0, 0].tolist() == [[0, 0, 0, 0], [0, 1, 0, 2], [0, 0, 0, 0], [0, 3, 0, 4]]


def test_boxes_of_several_images_find_their_own():
    x = np.stack([SLOPE[0], -SLOPE[0]])
    both = ops.roi_align(x, np.array([[1, *BOX[0, 1:]], [0, *BOX[0, 1:]]]), 3)
    assert np.array_equal(both[0], -both[1])


def test_scale_is_the_map_s_size_in_pixels_of_the_photo():
    small = ops.roi_align(SLOPE, BOX, 3)
    assert np.allclose(ops.roi_align(SLOPE, BOX * [1, 8, 8, 8, 8], 3, scale=1 / 8), small)


def test_no_box_is_no_map():
    for pool in (ops.roi_align, ops.roi_pool):
        assert pool(SLOPE, np.zeros((0, 5)), 7).shape == (0, 1, 7, 7)


@pytest.mark.parametrize("pool", [ops.roi_align, ops.roi_pool])
@pytest.mark.parametrize(("box", "said"), [
    ([0, 5, 5, 5, 9], "box 0 is empty"), ([0, 5, 5, 9, 4], "box 0 is empty"),
    ([0, 16, 2, 20, 4], "beside the image"), ([0, -4, 2, 0, 4], "beside the image"),
    ([1, 2, 2, 4, 4], "one of the images 0–0"), ([0.5, 2, 2, 4, 4], "one of the images"),
    ([0, 2, 2, np.nan, 4], "finite edges"), ([2, 2, 4, 4], "shape"),
])
def test_a_box_that_holds_nothing_is_refused(pool, box, said):
    with pytest.raises(ValueError, match=said):
        pool(SLOPE, np.array([box]), 2)
