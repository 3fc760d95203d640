"""From an image to a loss: products of matrices, relu, softmax and cross entropy."""

from tests.exercises.engine import DIFFERENCES, HAND, SINGLE
from tests.exercises.exercise import BODY, Exercise, Mistake

MATMUL = Exercise(
    name="matmul",
    function="minigrad.ops.linear:matmul",
    tests=[
        f"{HAND}::test_a_product_of_matrices_by_hand",
        f"{HAND}::test_one_element_of_a_product_sees_a_row_and_a_column",
        f"{HAND}::test_a_stack_of_matrices_is_multiplied_page_by_page",
        f"{HAND}::test_a_vector_is_a_row_on_the_left_and_a_column_on_the_right",
        f"{HAND}::test_a_number_is_no_matrix[left]",
        f"{HAND}::test_a_number_is_no_matrix[right]",
        f"{DIFFERENCES}[matmul]",
        f"{DIFFERENCES}[matmul of vectors]",
        f"{DIFFERENCES}[matmul of a stack and a vector]",
        f"{DIFFERENCES}[matmul of a vector and a stack]",
    ],
    read=["minigrad/ops/linear.py", "minigrad/ops/linear.py:linear"],
    hints=(
        "Begin with two matrices: the shapes leave only one order of the factors.",
        "∂L/∂A = G Bᵀ is (n, m) (m, k) → (n, k), and ∂L/∂B = Aᵀ G is (k, n) (n, m) → (k, m).  In a "
        "stack only the last two axes change places.",
        "B.swapaxes(-1, -2) is Bᵀ of every page.  For a vector: a[None] or b[:, None] first, "
        "reshape g to the shape of the matrices' product, and take the axis away again at the end.",
    ),
    wrong=[
        Mistake(
            "B is not transposed: ∂L/∂A = G Bᵀ",
            "B.swapaxes(-1, -2)", "B",
        ),
        Mistake(
            "A is not transposed: ∂L/∂B = Aᵀ G",
            "A.swapaxes(-1, -2)", "A",
        ),
        Mistake(
            "the factors of ∂L/∂A are exchanged: G stands on the left, G Bᵀ",
            "threads.matmul(g.reshape(y.shape), B.swapaxes(-1, -2))",
            "threads.matmul(B.swapaxes(-1, -2), g.reshape(y.shape))",
        ),
        Mistake(
            "the factors of ∂L/∂B are exchanged: G stands on the right, Aᵀ G",
            "threads.matmul(A.swapaxes(-1, -2), g.reshape(y.shape))",
            "threads.matmul(g.reshape(y.shape), A.swapaxes(-1, -2))",
        ),
        Mistake(
            "a * b is the product element by element; a product of matrices was asked for",
            "y = threads.matmul(A, B)", "y = A * B",
        ),
        Mistake(
            "of a product with a vector the vector's axis is not in the result: take it away",
            "y.reshape(shape)", "y",
        ),
        Mistake(
            ".T turns all axes of a stack round: let only the last two change places",
            "B.swapaxes(-1, -2)", "B.T",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            if not (hasattr(a, 'shape') and a.shape and hasattr(b, 'shape') and b.shape):
                raise ValueError("for a number write a * b")
            A, B = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
            Y = A @ B

            def whole(g):
                g = g[..., None] if b.ndim == 1 else g
                return g[..., None, :] if a.ndim == 1 else g

            def back_a(g):
                found = whole(g) @ B.swapaxes(-1, -2)
                return found[..., 0, :] if a.ndim == 1 else found

            def back_b(g):
                found = A.swapaxes(-1, -2) @ whole(g)
                return found[..., 0] if b.ndim == 1 else found

            y = Y[..., 0] if b.ndim == 1 else Y
            if a.ndim == 1:
                y = y[..., 0] if b.ndim == 1 else y[..., 0, :]
            return y, back_a, back_b
            """,
        )
    ],
    picture=["regions"],
    needs=["multiply"],
)  # fmt: skip

RELU = Exercise(
    name="relu",
    function="minigrad.ops.activation:relu",
    tests=[
        f"{HAND}::test_relu_by_hand",
        f"{HAND}::test_relu_hands_g_back_where_x_was_above_0",
        "tests/ops/test_gradients.py::test_at_zero_relu_lets_nothing_back",
        f"{DIFFERENCES}[relu]",
        f"{SINGLE}[relu]",
    ],
    read=["minigrad/ops/activation.py", "minigrad/ops/activation.py:leaky_relu"],
    hints=(
        "array_module(x) is NumPy, or CuPy; its maximum(x, 0) is the value.",
        "The gradient goes through where the unit was on, x > 0, whatever g's "
        "sign, and stops elsewhere.",
        "return array_module(x).maximum(x, 0), and a function of g that gives g * (x > 0).",
    ),
    wrong=[
        Mistake(
            "you ask whether g is positive: that is the deconvnet's rule; relu asks for x > 0",
            "elementwise(g_where_x_over_0, g, x)", "g * (g > 0)",
        ),
        Mistake(
            "you ask for x > 0 and g > 0: that is guided backpropagation; relu asks for x alone",
            "elementwise(g_where_x_over_0, g, x)", "g * (g > 0) * (x > 0)",
        ),
        Mistake(
            "at x = 0 nothing is handed back here: x > 0, not x ≥ 0",
            "elementwise(g_where_x_over_0, g, x)", "g * (x >= 0)",
        ),
        Mistake(
            "you return the mask without g",
            "elementwise(g_where_x_over_0, g, x)", "(x > 0) + 0 * g",
        ),
        Mistake(
            "you multiply g by the value of relu: its slope is 1 there, however large x is",
            "elementwise(g_where_x_over_0, g, x)", "g * array_module(x).maximum(x, 0)",
        ),
        Mistake(
            "g goes through everywhere, as if relu were not there",
            "elementwise(g_where_x_over_0, g, x)", "g",
        ),
    ],
    alternatives=[
        (BODY, "return array_module(x).maximum(x, 0), lambda g: g * (x > 0)"),
        (
            BODY,
            """
            on = x > 0

            def back(g):
                return array_module(g).where(on, g, 0)

            return x * on, back
            """,
        ),
    ],
    picture=["integrated"],
    needs=["multiply"],
)  # fmt: skip

SOFTMAX = Exercise(
    name="softmax",
    function="minigrad.ops.activation:softmax",
    tests=[
        f"{HAND}::test_softmax_of_0_and_log_3_is_a_quarter_and_three",
        f"{HAND}::test_each_row_of_a_softmax_has_a_sum_of_its_own",
        f"{HAND}::test_softmax_along_another_axis",
        f"{HAND}::test_softmax_of_huge_scores_is_finite",
        f"{HAND}::test_what_one_probability_gains_the_others_lose",
        f"{DIFFERENCES}[softmax]",
        f"{SINGLE}[softmax]",
    ],
    read=["minigrad/ops/activation.py:sigmoid"],
    hints=(
        "Take the largest x away first: the p are the same, and e to a large power is infinite.",
        "Every p depends on every x of its row, by the sum: ∂p_j/∂x_i = p_j ([i = j] − p_i).",
        "p * (g - (g * p).sum(axis=axis, keepdims=True)).",
    ),
    wrong=[
        Mistake(
            "you sum over all of x, where each row has a sum of its own: give the axis",
            "e.sum(axis=axis, keepdims=True)", "e.sum()",
        ),
        Mistake(
            "e to a large power is infinite: take the largest x away first, the p stay the same",
            "xp.exp(x - x.max(axis=axis, keepdims=True))", "xp.exp(x)",
        ),
        Mistake(
            "p (1 − p) is the slope of each p by its own x alone: all the others change as well",
            "p * (g - (g * p).sum(axis=axis, keepdims=True))", "p * (1 - p) * g",
        ),
        Mistake(
            "the sum must weigh g with p: Σ_j g_j p_j",
            "(g * p).sum(", "g.sum(",
        ),
        Mistake(
            "you forget the axis: it is not always the last",
            "e / e.sum(axis=axis, keepdims=True)", "e / e.sum(axis=-1, keepdims=True)",
        ),
        Mistake(
            "the sum lost its axis, and does not line up with e any more: keepdims=True",
            "e.sum(axis=axis, keepdims=True)", "e.sum(axis=axis)",
        ),
        Mistake(
            "in the gradient the sum of g · p lost its axis, so rows are mixed up: keepdims=True",
            "(g * p).sum(axis=axis, keepdims=True)", "(g * p).sum(axis=axis)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(x)
            top = x.max(axis=axis, keepdims=True)
            p = xp.exp(x - top - xp.log(xp.exp(x - top).sum(axis=axis, keepdims=True)))

            def back(g):
                weighed = p * g
                return weighed - p * weighed.sum(axis=axis, keepdims=True)

            return p, back
            """,
        )
    ],
    picture=["regions"],
    needs=["relu"],
)  # fmt: skip

CROSS_ENTROPY = Exercise(
    name="cross_entropy",
    function="minigrad.ops.loss:softmax_minus_target",
    tests=[
        f"{HAND}::test_the_gradient_of_cross_entropy_is_p_minus_1_at_the_label[0]",
        f"{HAND}::test_the_gradient_of_cross_entropy_is_p_minus_1_at_the_label[1]",
        f"{HAND}::test_of_two_examples_each_counts_half",
        f"{HAND}::test_a_class_of_three_times_the_weight_pulls_three_times_as_hard",
        f"{DIFFERENCES}[cross_entropy]",
        f"{DIFFERENCES}[cross_entropy, per pixel]",
        f"{SINGLE}[cross_entropy]",
    ],
    read=["minigrad/ops/loss.py:cross_entropy", "minigrad/ops/activation.py:log_softmax"],
    hints=(
        "cross_entropy calls this function for its gradient; p is e to the log p that it is given.",
        "Each log p_j pulls with its t_j: ∂ log p_j / ∂scores_k = [j = k] − p_k.  Sum t_j times "
        "that over j, and mind the sign of the loss.",
        "exp(log_p) * t.sum(axis=1, keepdims=True) - t.",
    ),
    wrong=[
        Mistake(
            "the sign is turned: the loss is −Σ t log p, so its gradient is p − t",
            "p * t.sum(axis=1, keepdims=True) - t", "t - p * t.sum(axis=1, keepdims=True)",
        ),
        Mistake(
            "you take log p for p: p = exp(log_p)",
            "p = array_module(log_p).exp(log_p)", "p = log_p",
        ),
        Mistake(
            "t need not sum to 1, with weights of classes or ignored examples: p times its sum",
            "p * t.sum(axis=1, keepdims=True) - t", "p - t",
        ),
        Mistake(
            "you sum t over the examples, axis 0: the classes are axis 1",
            "t.sum(axis=1, keepdims=True)", "t.sum(axis=0, keepdims=True)",
        ),
        Mistake(
            "that is the gradient by p, −t / p; the scores come before the softmax",
            "p * t.sum(axis=1, keepdims=True) - t", "-t / p",
        ),
        Mistake(
            "you multiply by p once more, as for a loss that is the square of p − t",
            "p * t.sum(axis=1, keepdims=True) - t",
            "(p * t.sum(axis=1, keepdims=True) - t) * p * (1 - p)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(log_p)
            return xp.exp(log_p) * xp.expand_dims(t.sum(axis=1), 1) - t
            """,
        )
    ],
    picture=["regions"],
    needs=["softmax"],
)  # fmt: skip

EXERCISES = [MATMUL, RELU, SOFTMAX, CROSS_ENTROPY]
