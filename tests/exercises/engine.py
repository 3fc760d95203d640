"""The engine: derivatives by differences, the first ops, and the walk that puts them together."""

from tests.exercises.exercise import BODY, Exercise, Mistake

HAND = "tests/ops/test_by_hand.py"
DIFFERENCES = "tests/ops/test_gradients.py::test_a_gradient_is_the_central_difference"
SINGLE = (
    "tests/ops/test_gradients.py::"
    "test_float32_stays_float32_and_nothing_that_was_given_is_written"
)

NUMERICAL = Exercise(
    name="numerical_gradient",
    function="minigrad.check:numerical_gradient",
    tests=[
        f"{HAND}::test_the_slope_of_x_squared_at_3_is_6",
        f"{HAND}::test_each_difference_moves_one_number_alone",
        f"{HAND}::test_the_error_of_a_central_difference_is_its_step_squared",
        f"{HAND}::test_differences_have_the_shape_of_x_and_leave_it_alone",
        f"{HAND}::test_differences_refuse_float32",
    ],
    read=["minigrad/check.py"],
    hints=(
        "Walk over all indices with np.ndindex(x.shape), and ask f twice at each.",
        "At index i set x[i] to its old value + eps, then to its old value − eps; the slope is the "
        "difference of the two answers over 2 eps.",
        "here = float(x[i]); above = f at here + eps; below = f at here − eps; x[i] = here again; "
        "slope[i] = (above − below) / (2 * eps).  Work on x.copy(); refuse what is not float64.",
    ),
    wrong=[
        Mistake(
            "you divide by ε, but from x − ε to x + ε it is 2ε",
            "(above - below) / (2 * eps)", "(above - below) / eps",
        ),
        Mistake(
            "you compare x + ε with x itself; from one side alone the error is of order ε, not ε²",
            """        x[i] = here - eps
        below = float(f(x))
        x[i] = here
        slope[i] = (above - below) / (2 * eps)
""",
            """        x[i] = here
        below = float(f(x))
        slope[i] = (above - below) / eps
""",
        ),
        Mistake(
            "you do not put x[i] back before the next one moves, so those before it stay moved",
            "        x[i] = here\n", "",
        ),
        Mistake(
            "the difference has the wrong sign: f(x + ε) comes first",
            "(above - below)", "(below - above)",
        ),
        Mistake(
            "you write into the array that you were given: work on x.copy()",
            "    x = x.copy()\n", "",
        ),
        Mistake(
            "refuse x that is not float64, with a TypeError: the difference would be rounding",
            """    if x.dtype != np.float64:
        raise TypeError(f"differences need float64, {x.dtype} would leave three digits of them")
""",
            "",
        ),
        Mistake(
            "f is asked before x[i] is moved up",
            "        x[i] = here + eps\n        above = float(f(x))\n",
            "        above = float(f(x))\n        x[i] = here + eps\n",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            if x.dtype != np.float64:
                raise TypeError("differences need float64")
            slope = np.zeros(x.shape)
            for i in np.ndindex(*x.shape):
                step = np.zeros(x.shape)
                step[i] = eps
                slope[i] = (f(x + step) - f(x - step)) / 2 / eps
            return slope
            """,
        )
    ],
)  # fmt: skip

ADD = Exercise(
    name="add",
    function="minigrad.ops.arithmetic:add",
    tests=[
        f"{HAND}::test_1_2_plus_10_20_is_11_22",
        f"{HAND}::test_a_sum_hands_g_to_both_as_it_is",
        f"{DIFFERENCES}[add]",
        f"{SINGLE}[add]",
    ],
    read=["minigrad/tensor.py", "minigrad/tensor.py:op", "minigrad/ops/arithmetic.py:subtract"],
    hints=(
        "An op returns its value, and then a function for each argument that turns g, the gradient "
        "at the value, into the gradient at that argument.",
        "When a grows by one, a + b grows by one: what arrives at the sum arrives at a, and at b.",
        "return value, lambda g: …, lambda g: … — with a + b, and twice g itself.",
    ),
    wrong=[
        Mistake(
            "these are the gradients of a · b, where each gets g times the other",
            "lambda g: g, lambda g: g", "lambda g: g * b, lambda g: g * a",
        ),
        Mistake(
            "b needs a gradient function of its own: return three things",
            "a + b, lambda g: g, lambda g: g", "a + b, lambda g: g",
        ),
        Mistake(
            "the second sign is that of a − b",
            "lambda g: g, lambda g: g", "lambda g: g, lambda g: -g",
        ),
        Mistake(
            "you return the derivatives alone: each must be multiplied by g, which arrives there",
            "lambda g: g, lambda g: g", "lambda g: 1 + 0 * a, lambda g: 1 + 0 * b",
        ),
        Mistake(
            "g is shared out in halves: a sum hands all of it to both",
            "lambda g: g, lambda g: g", "lambda g: g / 2, lambda g: g / 2",
        ),
        Mistake(
            "you sum g yourself: what was repeated is summed by the engine, and only that",
            "lambda g: g, lambda g: g", "lambda g: g.sum(), lambda g: g.sum()",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            def back(g):
                return g * 1

            return b + a, back, back
            """,
        )
    ],
    needs=["numerical_gradient"],
)  # fmt: skip

MULTIPLY = Exercise(
    name="multiply",
    function="minigrad.ops.arithmetic:multiply",
    tests=[
        f"{HAND}::test_1_2_times_10_20_is_10_40",
        f"{HAND}::test_a_product_hands_each_g_times_the_other",
        f"{DIFFERENCES}[multiply]",
        f"{SINGLE}[multiply]",
    ],
    read=["minigrad/ops/arithmetic.py:add", "minigrad/ops/arithmetic.py:divide"],
    hints=(
        "Hold b still: by how much does a · b grow when a grows by one?",
        "∂(a · b)/∂a = b, and the chain rule multiplies it by g.",
        "return a * b, and then the functions of g: g times b for a, g times a for b.",
    ),
    wrong=[
        Mistake(
            "the two are exchanged: a gets g times b, and b gets g times a",
            "lambda g: g * b, lambda g: g * a", "lambda g: g * a, lambda g: g * b",
        ),
        Mistake(
            "you leave out g: the derivative b is only half of the chain rule",
            "lambda g: g * b, lambda g: g * a", "lambda g: b + 0 * g, lambda g: a + 0 * g",
        ),
        Mistake(
            "these are the gradients of a + b",
            "lambda g: g * b, lambda g: g * a", "lambda g: g, lambda g: g",
        ),
        Mistake(
            "the value is the sum, where the product was asked for",
            "return a * b", "return a + b",
        ),
        Mistake(
            "you multiply by the product: ∂(a · b)/∂a is b, without the a",
            "lambda g: g * b, lambda g: g * a", "lambda g: g * a * b, lambda g: g * a * b",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            def at_a(g):
                return b * g

            def at_b(g):
                return a * g

            return b * a, at_a, at_b
            """,
        )
    ],
    needs=["add"],
)  # fmt: skip

UNBROADCAST = Exercise(
    name="unbroadcast",
    function="minigrad.tensor:_unbroadcast",
    tests=[
        f"{HAND}::test_a_row_laid_on_two_rows_collects_from_both",
        f"{HAND}::test_a_column_laid_on_three_columns_collects_from_all",
        f"{HAND}::test_a_number_added_to_every_number_collects_from_all",
        f"{HAND}::test_a_column_laid_on_a_stack_collects_from_pages_and_columns",
        "tests/test_tensor.py::test_gradients_of_repeated_numbers_are_added_up",
        f"{DIFFERENCES}[subtract]",
    ],
    read=["minigrad/tensor.py:_fit"],
    hints=(
        "NumPy repeats an array in two ways: along new axes in front, and along axes of size 1.",
        "Each copy was used once, so what was repeated gets the sum over the copies: over the axes "
        "in front, and over those where `shape` has 1.  Count those from the gradient's front.",
        "gradient.sum(axis=all of them, keepdims=True), then reshape(shape).  The axis of shape's "
        "i-th size is gradient.ndim - len(shape) + i.",
    ),
    wrong=[
        Mistake(
            "you sum over the axes in front alone: an axis of size 1 was repeated, too",
            "axis=(*range(in_front), *stretched)", "axis=tuple(range(in_front))",
        ),
        Mistake(
            "you sum over the axes in front alone: an axis of size 1 was repeated, too",
            BODY,
            """
            while gradient.ndim > len(shape):
                gradient = gradient.sum(axis=0)
            return gradient
            """,
        ),
        Mistake(
            "axis i of the shape is axis in_front + i of the gradient, since NumPy lines shapes up "
            "at their ends",
            "[in_front + i for", "[i for",
        ),
        Mistake(
            "you take the mean, but every copy was used: their gradients add up",
            "gradient.sum(", "gradient.mean(",
        ),
        Mistake(
            "the axes in front are still there, with size 1: the result must have the given shape",
            "summed.reshape(shape)", "summed",
        ),
        Mistake(
            "you take one copy's gradient: it is the sum over all of them",
            "gradient.sum(", "gradient.max(",
        ),
        Mistake(
            "the axis of size 1 is gone after the sum: keep it, with keepdims=True",
            BODY,
            """
            while gradient.ndim > len(shape):
                gradient = gradient.sum(axis=0)
            for axis, size in enumerate(shape):
                if size == 1:
                    gradient = gradient.sum(axis=axis)
            return gradient
            """,
        ),
        Mistake(
            "you always sum over axis 0: the shape tells which axes were repeated",
            BODY, "return gradient.sum(axis=0)",
        ),
        Mistake(
            "you sum over the axes of size 1 alone: those put in front were repeated, too",
            "axis=(*range(in_front), *stretched)", "axis=tuple(stretched)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            while gradient.ndim > len(shape):
                gradient = gradient.sum(axis=0)
            for axis, size in enumerate(shape):
                if size == 1:
                    gradient = gradient.sum(axis=axis, keepdims=True)
            return gradient
            """,
        )
    ],
    needs=["add"],
)  # fmt: skip

WALK = Exercise(
    name="walk",
    function="minigrad.tensor:_walk",
    tests=[
        f"{HAND}::test_one_step_back",
        f"{HAND}::test_two_steps_back_multiply",
        f"{HAND}::test_two_ways_back_add_up",
        f"{HAND}::test_a_tensor_hands_on_its_gradient_when_all_of_it_is_there",
        f"{HAND}::test_what_was_asked_for_on_the_way_is_there_at_the_end",
        f"{HAND}::test_a_row_that_was_repeated_is_summed_on_the_way",
        "tests/test_tensor.py::test_only_the_way_to_what_was_asked_for_is_walked",
        "tests/test_tensor.py::test_a_rule_replaces_the_gradient_of_its_op",
        "tests/test_tensor.py::test_a_rule_that_was_never_applied_is_said_with_what_there_is",
        "tests/test_tensor.py::test_60_doublings_in_a_row_are_walked_once_each",
    ],
    read=["minigrad/tensor.py:Step", "minigrad/tensor.py:ways_back", "minigrad/tensor.py:_fit"],
    hints=(
        "Sort the path by birth, the newest first; then every step is reached when all of its "
        "gradient is there.",
        "For each tensor that has a step: for parent, back, key in ways_back(tensor, rules): what "
        "arrives at the parent is back(g), brought to the parent's shape by _fit(…, parent, "
        "tensor.step.op).  Skip parents that are not in the path; add key to the rules applied.",
        "gradients[parent] = gradients[parent] + arriving if it has one already, else arriving.  "
        "g is gradients[tensor], and gradients.pop(tensor) where the tensor is not wanted.",
    ),
    wrong=[
        Mistake(
            "what arrives by a second way replaces what came by the first: add them up",
            "gradients[parent] + arriving if parent in gradients else arriving", "arriving",
        ),
        Mistake(
            "you walk from the oldest: a gradient is handed on before it is there",
            ", reverse=True", "",
        ),
        Mistake(
            "the gradient of a tensor that was repeated is not summed: send it through _fit",
            "_fit(back(g), parent, tensor.step.op)", "back(g)",
        ),
        Mistake(
            "you let go of the gradients that were asked for: they must be there at the end",
            "gradients[tensor] if tensor in wanted else gradients.pop(tensor)",
            "gradients.pop(tensor)",
        ),
        Mistake(
            "you compute gradients of parents that nobody asked for: skip what is not in the path",
            "            if parent not in path:\n                continue\n", "",
        ),
        Mistake(
            "you do not say which rules were applied: add each key",
            "            applied.add(key)\n", "",
        ),
        Mistake(
            "a tensor that was given, and not computed, has no step: skip it",
            "        if tensor.step is None:\n            continue\n", "",
        ),
        Mistake(
            "the seed is handed to every parent: use the gradient of the tensor itself",
            "back(g)", "back(1 + 0 * g)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            applied, waiting = set(), sorted(path, key=lambda t: t.birth)
            while waiting:
                tensor = waiting.pop()
                g = gradients[tensor]
                if tensor not in wanted:
                    del gradients[tensor]
                if tensor.step is not None:
                    for parent, back, key in ways_back(tensor, rules):
                        if parent in path:
                            applied |= {key}
                            arriving = _fit(back(g), parent, tensor.step.op)
                            before = gradients.get(parent)
                            gradients[parent] = arriving if before is None else arriving + before
            return applied
            """,
        )
    ],
    picture=["rules"],
    needs=["multiply", "unbroadcast"],
)  # fmt: skip

EXERCISES = [NUMERICAL, ADD, MULTIPLY, UNBROADCAST, WALK]
