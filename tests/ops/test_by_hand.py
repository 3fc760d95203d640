"""The smallest cases, worked out on paper: the engine, and its first ops."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from minigrad import Tensor, grad, ops
from minigrad.check import numerical_gradient


def gradients(f, *arrays, seed):
    """∂(Σ seed · f)/∂ each of the arrays."""
    wrapped = [Tensor(np.array(a, float)) for a in arrays]
    return grad(f(*wrapped), wrapped, seed=np.array(seed, float))


# ── Central differences ─────────────────────────────────────────────────────────────────────────


def test_the_slope_of_x_squared_at_3_is_6():
    assert_allclose(numerical_gradient(lambda x: (x * x).sum(), np.array([3.0])), [6], rtol=1e-8)


def test_each_difference_moves_one_number_alone():
    """∂(a·b·c): b·c, a·c, a·b."""
    slope = numerical_gradient(lambda x: x[0] * x[1] * x[2], np.array([2.0, 3.0, 5.0]), eps=0.5)
    assert_allclose(slope, [15, 10, 6], rtol=1e-10)


def test_the_error_of_a_central_difference_is_its_step_squared():
    """((1 + ε)³ − (1 − ε)³) / 2ε = 3 + ε²."""
    slope = numerical_gradient(lambda x: (x**3).sum(), np.array([1.0]), eps=0.1)
    assert_allclose(slope, [3.01], rtol=1e-10)


def test_differences_have_the_shape_of_x_and_leave_it_alone():
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    x.setflags(write=False)  # to write it would raise
    slope = numerical_gradient(lambda x: (x * [[1, 10], [100, 1000]]).sum(), x)
    assert_allclose(slope, [[1, 10], [100, 1000]], rtol=1e-6)


def test_differences_refuse_float32():
    with pytest.raises(TypeError):
        numerical_gradient(np.sum, np.ones(3, np.float32))


# ── Arithmetic ──────────────────────────────────────────────────────────────────────────────────


def test_1_2_plus_10_20_is_11_22():
    assert_allclose(ops.add(np.array([1.0, 2.0]), np.array([10.0, 20.0])), [11, 22])


def test_a_sum_hands_g_to_both_as_it_is():
    at_a, at_b = gradients(ops.add, [1, 2], [10, 20], seed=[3, -5])
    assert_allclose(at_a, [3, -5])
    assert_allclose(at_b, [3, -5])


def test_1_2_times_10_20_is_10_40():
    assert_allclose(ops.multiply(np.array([1.0, 2.0]), np.array([10.0, 20.0])), [10, 40])


def test_a_product_hands_each_g_times_the_other():
    at_a, at_b = gradients(ops.multiply, [1, 2], [10, 20], seed=[3, -5])
    assert_allclose(at_a, [30, -100])
    assert_allclose(at_b, [3, -10])


# ── What was repeated collects from every copy ──────────────────────────────────────────────────


def test_a_row_laid_on_two_rows_collects_from_both():
    at_row = gradients(ops.add, np.ones((2, 3)), [0, 0, 0], seed=[[1, 2, 3], [10, 20, 30]])[1]
    assert_allclose(at_row, [11, 22, 33])


def test_a_column_laid_on_three_columns_collects_from_all():
    at_column = gradients(ops.add, np.ones((2, 3)), [[0], [0]], seed=[[1, 2, 3], [10, 20, 30]])[1]
    assert_allclose(at_column, [[6], [60]])


def test_a_number_added_to_every_number_collects_from_all():
    at_one = gradients(ops.add, np.ones((2, 3)), 0, seed=[[1, 2, 3], [10, 20, 30]])[1]
    assert_allclose(at_one, 66)


def test_a_column_laid_on_a_stack_collects_from_pages_and_columns():
    """(2, 1) in (2, 2, 2): the axis put in front, and the axis that was 1."""
    seed = [[[1, 2], [10, 20]], [[100, 200], [1000, 2000]]]
    at_column = gradients(ops.add, np.ones((2, 2, 2)), [[0], [0]], seed=seed)[1]
    assert_allclose(at_column, [[303], [3030]])


# ── The walk over the tape ──────────────────────────────────────────────────────────────────────


def test_one_step_back():
    (at_x,) = gradients(lambda x: x * 3, [2], seed=[1])
    assert_allclose(at_x, [3])


def test_two_steps_back_multiply():
    (at_x,) = gradients(lambda x: (x * 3) * 5, [2], seed=[1])
    assert_allclose(at_x, [15])


def test_two_ways_back_add_up():
    """x² + 3x at 2: 2x + 3."""
    (at_x,) = gradients(lambda x: x * x + x * 3, [2], seed=[1])
    assert_allclose(at_x, [7])


def test_a_tensor_hands_on_its_gradient_when_all_of_it_is_there():
    """a = 2x, y = a² + a at x = 3: ∂y/∂a = 2a + 1 = 13, and twice that at x."""

    def y(x):
        a = x * 2
        return a * a + a

    (at_x,) = gradients(y, [3], seed=[1])
    assert_allclose(at_x, [26])


def test_what_was_asked_for_on_the_way_is_there_at_the_end():
    x = Tensor(np.array([3.0]))
    a = x * 2
    at_a, at_x = grad(a * a, [a, x])
    assert_allclose([at_a, at_x], [[12], [24]])


def test_a_row_that_was_repeated_is_summed_on_the_way():
    (at_row,) = gradients(lambda row: np.ones((2, 3)) * row, [1, 2, 3], seed=np.ones((2, 3)))
    assert_allclose(at_row, [2, 2, 2])


# ── Matrices ────────────────────────────────────────────────────────────────────────────────────

A, B = [[1.0, 2], [3, 4]], [[5.0, 6], [7, 8]]


def test_a_product_of_matrices_by_hand():
    assert_allclose(ops.matmul(np.array(A), np.array(B)), [[19, 22], [43, 50]])


def test_one_element_of_a_product_sees_a_row_and_a_column():
    """∂y₀₁ / ∂A is B's column 1 in A's row 0; ∂y₀₁ / ∂B is A's row 0 in B's column 1."""
    at_a, at_b = gradients(ops.matmul, A, B, seed=[[0, 1], [0, 0]])
    assert_allclose(at_a, [[6, 8], [0, 0]])
    assert_allclose(at_b, [[0, 1], [0, 2]])


def test_a_stack_of_matrices_is_multiplied_page_by_page():
    stack = np.array([A, B])
    at_a, at_b = gradients(ops.matmul, stack, stack[::-1], seed=np.ones((2, 2, 2)))
    assert_allclose(at_a, [[[11, 15], [11, 15]], [[3, 7], [3, 7]]])
    assert_allclose(at_b, [[[4, 4], [6, 6]], [[12, 12], [14, 14]]])


def test_a_vector_is_a_row_on_the_left_and_a_column_on_the_right():
    a, b = np.array(A), np.array(B)
    assert_allclose(ops.matmul(a[0], b), [19, 22])
    assert_allclose(ops.matmul(a, b[:, 0]), [19, 43])
    assert_allclose(ops.matmul(a[0], b[:, 0]), 19)


@pytest.mark.parametrize("number", ["left", "right"])
def test_a_number_is_no_matrix(number):
    a, b = (2.0, np.array(B)) if number == "left" else (np.array(A), 2.0)
    with pytest.raises(ValueError):
        ops.matmul(a, b)


# ── relu, softmax, cross entropy ────────────────────────────────────────────────────────────────


def test_relu_by_hand():
    assert_allclose(ops.relu(np.array([-2.0, 0, 3])), [0, 0, 3])


def test_relu_hands_g_back_where_x_was_above_0():
    """Whatever the sign of g, and however large x."""
    (at_x,) = gradients(ops.relu, [-2, -1, 3, 4], seed=[5, -6, 7, -8])
    assert_allclose(at_x, [0, 0, 7, -8])


def test_softmax_of_0_and_log_3_is_a_quarter_and_three():
    assert_allclose(ops.softmax(np.array([[0, np.log(3)]])), [[0.25, 0.75]])


def test_each_row_of_a_softmax_has_a_sum_of_its_own():
    assert_allclose(ops.softmax(np.array([[0, np.log(3)], [5, 5]])), [[0.25, 0.75], [0.5, 0.5]])


def test_what_one_probability_gains_the_others_lose():
    """∂p₀/∂x = p₀ (1 − p₀), −p₀ p₁, in each row."""
    (at_x,) = gradients(ops.softmax, [[0, np.log(3)], [5, 5]], seed=[[1, 0], [4, 0]])
    assert_allclose(at_x, [[0.1875, -0.1875], [1, -1]])


def test_softmax_along_another_axis():
    y = ops.softmax(np.array([[0.0], [np.log(3)]]), axis=0)
    assert_allclose(y, [[0.25], [0.75]])


def test_of_a_single_number_softmax_is_sure_and_it_stays_a_single_number():
    for op, sure in ((ops.softmax, 1), (ops.log_softmax, 0)):
        y = op(np.array(3.0))
        assert np.shape(y) == () and y == sure


def test_softmax_of_huge_scores_is_finite():
    assert ops.softmax(np.array([1e4, 0.0])).tolist() == [1, 0]


@pytest.mark.parametrize("label", [0, 1])
def test_the_gradient_of_cross_entropy_is_p_minus_1_at_the_label(label):
    (at_scores,) = gradients(lambda s: ops.cross_entropy(s, [label]), [[0, np.log(3)]], seed=1)
    assert_allclose(at_scores, [[[-0.75, 0.75], [0.25, -0.25]][label]])


def test_of_two_examples_each_counts_half():
    scores = [[0, np.log(3)], [0, np.log(3)]]
    (at_scores,) = gradients(lambda s: ops.cross_entropy(s, [0, 1]), scores, seed=1)
    assert_allclose(at_scores, [[-0.375, 0.375], [0.125, -0.125]])


def test_a_class_of_three_times_the_weight_pulls_three_times_as_hard():
    """Σ w = 4: the first example counts 3/4, the other 1/4."""
    w = np.array([3.0, 1.0])
    scores = [[0, np.log(3)], [0, np.log(3)]]
    (at_scores,) = gradients(lambda s: ops.cross_entropy(s, [0, 1], weight=w), scores, seed=1)
    assert_allclose(at_scores, [[-0.5625, 0.5625], [0.0625, -0.0625]])
