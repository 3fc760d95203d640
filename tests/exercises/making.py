"""Making images: what keeps one a picture, and what one wants more of."""

from tests.exercises.exercise import BODY, Exercise, Mistake

REGULARIZERS = "tests/techniques/make/test_regularizers.py"
TRANSFORMS = "tests/techniques/make/test_transforms.py"
OBJECTIVES = "tests/techniques/test_objectives.py"
DREAM = "tests/techniques/make/test_dream.py"
GRAM_TESTS = "tests/techniques/make/test_gram.py"
PENALTY = f"{REGULARIZERS}::test_the_gradient_of_every_penalty_is_that_of_central_differences"

TOTAL_VARIATION = Exercise(
    name="total_variation",
    function="minigrad.techniques.make.regularizers:total_variation",
    tests=[
        f"{REGULARIZERS}::test_total_variation_of_four_pixels_is_the_sum_of_their_squared_slopes",
        f"{REGULARIZERS}::test_for_beta_1_each_slope_counts_by_its_length",
        f"{REGULARIZERS}::test_for_beta_3_a_large_slope_counts_more",
        f"{REGULARIZERS}::test_total_variation_of_a_constant_is_zero_and_so_is_its_gradient[1.0]",
        f"{REGULARIZERS}::test_total_variation_of_a_ramp_counts_both_directions_at_once",
        f"{REGULARIZERS}::test_every_difference_pulls_at_both_of_its_pixels",
        f"{REGULARIZERS}::test_a_beta_of_0_is_refused",
    ],
    read=["minigrad/techniques/make/regularizers.py", "minigrad/ops/shape.py:pad",
          "minigrad/checked.py:number"],
    hints=(
        "Write it with ops, so that the gradient comes by itself.  dx is each pixel's right "
        "neighbour minus itself, and there is none behind the last column.",
        "u[:, :, :, 1:] - u[:, :, :, :-1] is one column short: pad it with zeros behind.  dy is "
        "the same along the rows, and then both have u's shape and can be added, dx² + dy².",
        "For β = 2 the answer is (dx * dx + dy * dy).sum().  Else add SMOOTH, take the power β/2, "
        "take SMOOTH to the same power away, and sum.  number(…, above=0) refuses a wrong β.",
    ),
    wrong=[
        Mistake(
            "you add up |dx| + |dy|; the equation squares them: (dx² + dy²)^(β/2)",
            "slope = dx * dx + dy * dy", "slope = (dx * dx) ** 0.5 + (dy * dy) ** 0.5",
        ),
        Mistake(
            "you take the mean over the pixels; it is a sum",
            "return slope.sum()", "return slope.mean()",
        ),
        Mistake(
            "the exponent of dx² + dy² is β/2, and you have β",
            "(slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)",
            "(slope + SMOOTH) ** beta - SMOOTH**beta",
        ),
        Mistake(
            "behind the last column comes the first one again: that is no difference of neighbours",
            BODY,
            """
            beta = number("β of total variation", beta, above=0)
            dx = ops.roll(u, -1, axis=3) - u
            dy = ops.roll(u, -1, axis=2) - u
            slope = dx * dx + dy * dy
            if beta == 2:
                return slope.sum()
            return ((slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)).sum()
            """,
        ),
        Mistake(
            "the last column has a dy, and the last row a dx: you left both out",
            BODY,
            """
            beta = number("β of total variation", beta, above=0)
            dx = u[:, :, :-1, 1:] - u[:, :, :-1, :-1]
            dy = u[:, :, 1:, :-1] - u[:, :, :-1, :-1]
            slope = dx * dx + dy * dy
            if beta == 2:
                return slope.sum()
            return ((slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)).sum()
            """,
        ),
        Mistake(
            "only differences along the rows count: dy is missing",
            "slope = dx * dx + dy * dy", "slope = dx * dx",
        ),
        Mistake(
            "at dx = dy = 0 the slope of √ is infinite: round the corner by SMOOTH",
            "(slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2)", "slope ** (beta / 2)",
        ),
        Mistake(
            "dx and dy of one pixel do not stand at the same place: pad both behind",
            "[(0, 0), (0, 0), (0, 0), (0, 1)]", "[(0, 0), (0, 0), (0, 0), (1, 0)]",
        ),
        Mistake(
            "β is not asked for: it must change the exponent",
            "if beta == 2:", "if beta:",
        ),
        Mistake(
            "refuse a β that is not above 0",
            "    beta = number(\"β of total variation\", beta, above=0)\n", "",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            beta = number("β of total variation", beta, above=0)
            right = ops.concatenate([u[:, :, :, 1:], u[:, :, :, -1:]], axis=3)
            below = ops.concatenate([u[:, :, 1:], u[:, :, -1:]], axis=2)
            slope = (right - u) ** 2 + (below - u) ** 2
            if beta == 2:
                return ops.sum(slope)
            return ops.sum((slope + SMOOTH) ** (beta / 2) - SMOOTH ** (beta / 2))
            """,
        )
    ],
    picture=["priors"],
)  # fmt: skip

EDGE_ENERGY = Exercise(
    name="edge_energy",
    function="minigrad.techniques.make.regularizers:edge_energy",
    tests=[
        f"{REGULARIZERS}::test_edge_energy_of_a_point_is_what_the_blur_takes_from_it",
        f"{REGULARIZERS}::test_each_scale_adds_what_the_blur_takes_there",
        f"{REGULARIZERS}::test_the_colours_and_images_have_energies_of_their_own",
        f"{REGULARIZERS}::test_edge_energy_falls_under_blur_and_is_zero_for_the_mean_colour",
        f"{PENALTY}[edge_energy]",
    ],
    read=["minigrad/techniques/make/regularizers.py", "minigrad/ops/conv.py:conv2d",
          "minigrad/ops/pool.py:avg_pool2d"],
    hints=(
        "G is a Gaussian of σ = 1 on 5×5 pixels, and its numbers add up to 1.  What the blur takes "
        "away is u minus the blurred u.",
        "Make every colour an image of its own, (N·C, 1, H, W), so that one filter (1, 1, 5, 5) "
        "does.  Then, while both sides are above 5: add Σ (u − G ∗ u)², and halve u.",
        "G from np.exp(-(t² + t²ᵀ) / 2), t = −2 … 2, over its sum, as an array of u's dtype "
        "(data_of(u).dtype); ops.conv2d(u, G, padding=2); u = ops.avg_pool2d(u, 2, padding=1).",
    ),
    wrong=[
        Mistake(
            "that is the energy of the blurred image; it is what the blur takes away that counts",
            "edges = u - ops.conv2d(u, G, padding=2)", "edges = ops.conv2d(u, G, padding=2)",
        ),
        Mistake(
            "G is not divided by its sum: a blur keeps the mean as it is",
            "(G / G.sum())[None, None]", "G[None, None]",
        ),
        Mistake(
            "only the first scale is there: go on with the halved image",
            "    while min(u.shape[2:]) > 5:", "    if min(u.shape[2:]) > 5:",
        ),
        Mistake(
            "what the scales before had is lost: add it up",
            "R = R + (edges * edges).sum()", "R = (edges * edges).sum()",
        ),
        Mistake(
            "you take the mean over the pixels; it is a sum",
            "(edges * edges).sum()", "(edges * edges).mean()",
        ),
        Mistake(
            "G's exponent is −(t² + s²) / 2, for σ = 1",
            "np.exp(-(t[:, None] ** 2 + t**2) / 2)", "np.exp(-(t[:, None] ** 2 + t**2))",
        ),
        Mistake(
            "you go on to scales whose shorter side is 5 or less",
            "min(u.shape[2:]) > 5", "max(u.shape[2:]) > 5",
        ),
        Mistake(
            "the blurred image is halved where it should be the image: uₛ₊₁ is uₛ averaged",
            "u = ops.avg_pool2d(u, 2, padding=1)", "u = ops.avg_pool2d(u - edges, 2, padding=1)",
        ),
        Mistake(
            "without padding=2 the blurred image is smaller than u",
            "ops.conv2d(u, G, padding=2)", "ops.conv2d(u, G)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            N, C, H, W = u.shape
            data = data_of(u)
            t = np.exp(-(np.arange(-2, 3) ** 2) / 2)
            keep = np.zeros((5, 5))
            keep[2, 2] = 1
            takes = array_module(data).asarray(keep - np.outer(t, t) / t.sum() ** 2, data.dtype)
            level, R = u.reshape(N * C, 1, H, W), 0.0
            while min(level.shape[2:]) > 5:
                R = R + (ops.conv2d(level, takes[None, None], padding=2) ** 2).sum()
                level = ops.avg_pool2d(level, 2, padding=1)
            return R
            """,
        )
    ],
    needs=["total_variation"],
    picture=["priors"],
)  # fmt: skip

ROLL = Exercise(
    name="roll",
    function="minigrad.ops.shape:roll",
    tests=[
        f"{TRANSFORMS}::test_what_falls_off_comes_in_at_the_other_end",
        f"{TRANSFORMS}::test_the_gradient_is_rolled_back",
        f"{TRANSFORMS}::test_columns_alone_are_rolled_back_alone",
        f"{TRANSFORMS}::test_rows_down_and_columns_to_the_left_and_all_of_it_back",
        f"{TRANSFORMS}::test_a_roll_is_by_whole_numbers_one_for_each_axis[two for one axis]",
        f"{TRANSFORMS}::test_a_roll_is_by_whole_numbers_one_for_each_axis[half a place]",
        f"{TRANSFORMS}::test_a_roll_is_by_whole_numbers_one_for_each_axis[one and a half a place]",
    ],
    read=["minigrad/tensor.py:op", "minigrad/ops/shape.py:transpose",
          "minigrad/techniques/make/transforms.py"],
    hints=(
        "xp.roll does the forward pass.  Where did the number at each place of the result come "
        "from?  Its gradient goes back there.",
        "Rolled by 1 the gradient must be rolled by −1, along the same axes.  This is how jitter "
        "is undone.",
        "undo is −shift, or for several axes the tuple of all −s; return xp.roll(x, shift, "
        "axis=axis), lambda g: xp.roll(g, undo, axis=axis).",
    ),
    wrong=[
        Mistake(
            "the gradient is not rolled back: it stands where the image was shown, not where it is",
            "lambda g: xp.roll(g, undo, axis=axis)", "lambda g: g",
        ),
        Mistake(
            "the gradient is rolled on in the same direction; it must go back",
            "lambda g: xp.roll(g, undo, axis=axis)", "lambda g: xp.roll(g, shift, axis=axis)",
        ),
        Mistake(
            "the gradient is rolled back along the flattened array: give it the axis",
            "lambda g: xp.roll(g, undo, axis=axis)", "lambda g: xp.roll(g, undo)",
        ),
        Mistake(
            "the image is rolled the other way: by 1 the first number comes second",
            "return xp.roll(x, shift, axis=axis), lambda g: xp.roll(g, undo, axis=axis)",
            "return xp.roll(x, undo, axis=axis), lambda g: xp.roll(g, shift, axis=axis)",
        ),
        Mistake(
            "zeros come in; what falls off at one end comes in at the other",
            BODY,
            """
            xp = array_module(x)
            shifts, axes = (v if isinstance(v, tuple | list) else (v,) for v in (shift, axis))
            if len(shifts) != len(axes) or any(not isinstance(s, int | np.integer) for s in shifts):
                raise ValueError("roll: give a whole number for each axis")

            def moved(x, sign):
                y = xp.roll(x, tuple(sign * s for s in shifts), axis=axis)
                for s, a in zip(shifts, axes, strict=True):
                    rows = xp.moveaxis(y, a or 0, 0)
                    rows[slice(0, s) if sign * s > 0 else slice(sign * s, None)] = 0
                return y

            return moved(x, 1), lambda g: moved(g, -1)
            """,
        ),
        Mistake(
            "only the first of several axes is rolled back",
            "undo = tuple(-s for s in shift) if isinstance(shift, tuple | list) else -shift",
            "undo = (-shift[0], *shift[1:]) if isinstance(shift, tuple | list) else -shift",
        ),
        Mistake(
            "refuse shifts that are no whole numbers, or not one for each axis",
            "        raise ValueError(f\"roll: shift {shift!r} along {axis!r}: "
            "give a whole number for each axis\")\n",
            "        return x, lambda g: g\n",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(x)
            several = isinstance(shift, tuple | list)
            shifts, axes = (shift, axis) if several else ([shift], [axis])
            if not isinstance(axes, tuple | list) or len(axes) != len(shifts):
                raise ValueError("one shift for each axis")
            if isinstance(axis, tuple | list) != several:
                raise ValueError("one shift for each axis")
            y = x
            for s, a in zip(shifts, axes, strict=True):
                if s != int(s):
                    raise ValueError("a shift is a whole number")
                y = xp.roll(y, s, a)

            def back(g):
                for s, a in zip(shifts, axes, strict=True):
                    g = xp.roll(g, -s, a)
                return g

            return y, back
            """,
        )
    ],
    picture=["dream"],
)  # fmt: skip

JITTER = Exercise(
    name="jitter",
    function="minigrad.techniques.make.transforms:jitter",
    tests=[
        f"{TRANSFORMS}::test_jitter_of_0_is_none",
        f"{TRANSFORMS}::test_jitter_and_its_gradient_are_the_identity",
        f"{TRANSFORMS}::test_jitter_moves_either_way_as_far_as_its_reach_and_rows_unlike_columns",
        f"{TRANSFORMS}::test_each_copy_is_jittered_in_its_own_way",
        f"{TRANSFORMS}::test_what_an_image_draws_does_not_depend_on_its_neighbours",
        f"{TRANSFORMS}::test_a_reach_below_0_is_refused",
    ],
    read=["minigrad/techniques/make/transforms.py", "minigrad/ops/shape.py:roll",
          "minigrad/techniques/make/transforms.py:grain"],
    hints=(
        "jitter(reach) returns a function transform(x, rngs), which draws anew each time it is "
        "called: two whole numbers for each image, from that image's generator.",
        "rng.integers(-reach, reach, 2, endpoint=True) draws both.  ops.roll shows the image moved "
        "and knows how to bring the gradient back, so do not undo anything yourself.",
        "x[n : n + 1] is image n, still a Tensor (1, 3, H, W): ops.roll it along axes (2, 3), and "
        "put all of them together by ops.concatenate.  whole(…) refuses a wrong reach.",
    ),
    wrong=[
        Mistake(
            "all images are rolled alike, as the first generator says: each has one of its own",
            "for rng in rngs]", "for rng in [rngs[0]] * len(rngs)]",
        ),
        Mistake(
            "all images are rolled alike, as the first generator says: each has one of its own",
            BODY,
            """
            reach = whole("the reach of jitter", reach)

            def transform(x, rngs):
                shift = rngs[0].integers(-reach, reach, 2, endpoint=True).tolist()
                return ops.roll(x, shift, axis=(2, 3))

            return transform
            """,
        ),
        Mistake(
            "it rolls down and to the right alone; it is either way",
            "rng.integers(-reach, reach, 2, endpoint=True)",
            "rng.integers(0, reach, 2, endpoint=True)",
        ),
        Mistake(
            "the reach itself is never drawn: integers(low, high) ends before high, unless "
            "endpoint=True",
            "rng.integers(-reach, reach, 2, endpoint=True)",
            "rng.integers(-reach, max(reach, 1 - reach), 2)",
        ),
        Mistake(
            "rows and columns always move by the same number: draw one for each",
            "rng.integers(-reach, reach, 2, endpoint=True).tolist()",
            "rng.integers(-reach, reach, 1, endpoint=True).tolist() * 2",
        ),
        Mistake(
            "colours are rolled as well: rows and columns are axes 2 and 3",
            "axis=(2, 3)", "axis=(1, 3)",
        ),
        Mistake(
            "you roll the plain array, which the tape does not see: roll the Tensor, and jitter is "
            "undone by differentiation",
            "ops.roll(x[n : n + 1], shift, axis=(2, 3))",
            "ops.roll(data_of(x)[n : n + 1], shift, axis=(2, 3))",
        ),
        Mistake(
            "you roll the image back yourself, and nothing is moved: the gradient is brought back "
            "by the tape",
            "ops.concatenate(rolled)",
            "ops.concatenate([ops.roll(one, [-s for s in shift], axis=(2, 3)) "
            "for one, shift in zip(rolled, shifts, strict=True)])",
        ),
        Mistake(
            "refuse a reach that is no whole number, or below 0",
            '    reach = whole("the reach of jitter", reach)\n', "    reach = abs(reach)\n",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            reach = whole("the reach of jitter", reach)

            def transform(x, rngs):
                shown = []
                for n in range(len(rngs)):
                    down, right = rngs[n].integers(-reach, reach + 1, size=2)
                    one = ops.roll(x[n : n + 1], int(down), axis=2)
                    shown.append(ops.roll(one, int(right), axis=3))
                return ops.concatenate(shown, axis=0)

            return transform
            """,
        )
    ],
    needs=["roll"],
    picture=["dream"],
)  # fmt: skip

DISTANCE = Exercise(
    name="inversion_energy",
    function="minigrad.techniques.distance:relative_distance",
    tests=[
        f"{OBJECTIVES}::test_a_distance_is_divided_by_the_size_of_the_target",
        f"{OBJECTIVES}::test_of_two_images_each_is_divided_by_its_own_target",
        f"{OBJECTIVES}::test_one_target_may_be_that_of_all_images",
        f"{OBJECTIVES}::test_a_distance_of_feature_maps_sums_over_all_their_places",
        f"{OBJECTIVES}::test_the_gradient_of_a_distance_leads_away_from_the_target",
        f"{OBJECTIVES}::test_a_code_in_float64_leaves_a_float32_network_at_float32",
    ],
    read=["minigrad/techniques/distance.py", "minigrad/techniques/objectives.py:code",
          "minigrad/techniques/make/invert.py"],
    hints=(
        "Each image has a size of its own, ‖t_n‖², over all axes but the first; at the end all "
        "images are added.",
        "Keep the axes when you sum, so that 1 / ‖t_n‖² multiplies (a − t)² of its own image, and "
        "a target (1, …) serves all of them.",
        "size = (target * target).sum(axis=all but 0, keepdims=True); then ((a − target) ** 2 / "
        "size).sum().  Bring both to a's dtype, or float64 comes in.",
    ),
    wrong=[
        Mistake(
            "you do not divide by ‖t‖²: then a loud layer counts more than a quiet one",
            "((a - t) ** 2 * share).sum()", "((a - t) ** 2).sum()",
        ),
        Mistake(
            "‖t‖² is summed over all images together; each has its own",
            "axis=tuple(range(1, target.ndim))", "axis=tuple(range(target.ndim))",
        ),
        Mistake(
            "‖t‖² is summed over the channels alone; it is one number for each image",
            "axis=tuple(range(1, target.ndim))", "axis=1",
        ),
        Mistake(
            "you divide by the length ‖t‖; its square was asked for",
            "1 / size", "1 / size**0.5",
        ),
        Mistake(
            "you take the mean; it is a sum over all numbers and images",
            "((a - t) ** 2 * share).sum()", "((a - t) ** 2 * share).mean()",
        ),
        Mistake(
            "you take the mean over the images; their distances are added",
            "((a - t) ** 2 * share).sum()", "((a - t) ** 2 * share).sum() / a.shape[0]",
        ),
        Mistake(
            "you divide by the size of what is there, ‖a‖²; it is the target's",
            "(target * target)", "(a * a)",
        ),
        Mistake(
            "that is the distance's root; the squares were asked for",
            "((a - t) ** 2 * share).sum()", "((a - t) ** 2 * share).sum() ** 0.5",
        ),
        Mistake(
            "the sign is turned round: it is a distance, and the inversion asks for less of it",
            "((a - t) ** 2 * share).sum()", "-((a - t) ** 2 * share).sum()",
        ),
        Mistake(
            "a float32 network is given a float64 target: bring it to a's dtype",
            "array.astype(a.dtype, copy=False)", "array",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            total = 0.0
            for n in range(a.shape[0]):
                t = target[n % len(target)].astype(a.dtype)
                total = total + ((a[n] - t) ** 2).sum() * float(1 / (t * t).sum())
            return total
            """,
        )
    ],
    picture=["invert"],
)  # fmt: skip

SEED = Exercise(
    name="dream_seed",
    function="minigrad.techniques.objectives:energy",
    tests=[
        f"{OBJECTIVES}::test_the_energy_of_1_2_and_minus_3_is_7",
        f"{OBJECTIVES}::test_what_goes_back_from_an_energy_is_the_activation",
        f"{OBJECTIVES}::test_the_energies_of_two_images_are_added",
        f"{OBJECTIVES}::test_an_energy_names_its_layer_and_may_be_asked_in_parts",
    ],
    read=["minigrad/techniques/objectives.py", "minigrad/techniques/objectives.py:channel",
          "minigrad/techniques/make/dream.py"],
    hints=(
        "An Objective is a name, the layers that it needs, and a function from activations to one "
        "number.  Which number has the gradient a at a?",
        "½ Σ a²: a unit that fires a little is asked for a little more, one that fires strongly "
        "for much more.",
        "Objective(name, (layer,), lambda acts: (acts[layer] ** 2).sum() * 0.5, in_parts=True), "
        "with the layer in its name: the energy of a tile is a part of the whole.",
    ),
    wrong=[
        Mistake(
            "without the ½ the gradient is 2a",
            ".sum() * 0.5", ".sum()",
        ),
        Mistake(
            "that is Σ a, whose gradient is 1 everywhere: the seed must be the activation",
            "(acts[layer] ** 2).sum() * 0.5", "acts[layer].sum()",
        ),
        Mistake(
            "you take the mean of the squares; it is ½ of their sum",
            "(acts[layer] ** 2).sum() * 0.5", "(acts[layer] ** 2).mean()",
        ),
        Mistake(
            "that is the length ‖a‖; ½ ‖a‖² was asked for",
            "(acts[layer] ** 2).sum() * 0.5", "(acts[layer] ** 2).sum() ** 0.5",
        ),
        Mistake(
            "the sign is turned round: an objective is what one wants more of",
            "(acts[layer] ** 2).sum() * 0.5", "(acts[layer] ** 2).sum() * -0.5",
        ),
        Mistake(
            "only the largest activation counts; it is all of them",
            "(acts[layer] ** 2).sum() * 0.5", "(acts[layer] ** 2).max() * 0.5",
        ),
        Mistake(
            "say in_parts=True: the energy is a sum over places",
            "in_parts=True", "in_parts=False",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            def value(acts):
                a = acts[layer]
                return (a * a * 0.5).sum()

            return Objective(f"½ Σ a² of {layer}", (layer,), value, in_parts=True)
            """,
        )
    ],
    picture=["dream"],
)  # fmt: skip

STEP = Exercise(
    name="dream_step",
    function="minigrad.techniques.make.steps:by_mean",
    tests=[
        f"{DREAM}::test_a_gradient_is_divided_by_the_mean_of_its_sizes",
        f"{DREAM}::test_each_image_is_divided_by_its_own_mean",
        f"{DREAM}::test_a_gradient_of_0_stays_0_beside_others",
        f"{DREAM}::test_by_mean_is_for_each_image_and_leaves_zero_as_it_is",
    ],
    read=["minigrad/techniques/make/dream.py", "minigrad/techniques/make/steps.py:ascend"],
    hints=(
        "A gradient's size says nothing about how far to go: it differs by powers of ten between "
        "layers.  Divide it by a size of its own.",
        "mean |g| over the colours, rows and columns of each image; keep the axes, to divide.",
        "size = abs(g).mean(axis=(1, 2, 3), keepdims=True); where size is 0 divide by 1 instead "
        "(array_module(g).where).",
    ),
    wrong=[
        Mistake(
            "without |…| numbers above and below 0 cancel in the mean",
            "abs(g).mean", "g.mean",
        ),
        Mistake(
            "you divide all images by one size; each has its own",
            '"axis": (1, 2, 3)', '"axis": (0, 1, 2, 3)',
        ),
        Mistake(
            "every colour is divided by a size of its own, which changes the direction",
            '"axis": (1, 2, 3)', '"axis": (2, 3)',
        ),
        Mistake(
            "you divide by the largest |g|; it is by the mean",
            "abs(g).mean", "abs(g).max",
        ),
        Mistake(
            "you divide by the sum of |g|; it is by the mean",
            "abs(g).mean", "abs(g).sum",
        ),
        Mistake(
            "you divide by the root of the mean square; it is by the mean of |g|",
            "size = abs(g).mean(**each)", "size = (g**2).mean(**each) ** 0.5",
        ),
        Mistake(
            "that is the sign: all numbers get one size",
            "return g / array_module(g).where(size > 0, size, 1)",
            "return array_module(g).sign(g)",
        ),
        Mistake(
            "where g is 0 everywhere you divide 0 by 0",
            "array_module(g).where(size > 0, size, 1)", "size",
        ),
        Mistake(
            "a small number added to the size keeps 0 from dividing, and makes small gradients "
            "smaller: ask where the size is 0",
            "array_module(g).where(size > 0, size, 1)", "(size + 1e-8)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            flat = abs(g).reshape(len(g), -1)
            size = flat.mean(axis=1)
            size[size == 0] = 1
            return g / size.reshape(-1, 1, 1, 1)
            """,
        )
    ],
    needs=["dream_seed"],
    picture=["dream"],
)  # fmt: skip

GRAM = Exercise(
    name="gram",
    function="minigrad.techniques.make.gram:gram",
    tests=[
        f"{GRAM_TESTS}::test_the_gram_matrix_of_two_channels_at_two_places",
        f"{GRAM_TESTS}::test_both_factors_of_an_entry_get_their_gradient",
        f"{GRAM_TESTS}::test_each_image_has_its_own_matrix",
        f"{GRAM_TESTS}::test_it_is_blind_to_where_things_are",
        f"{GRAM_TESTS}::test_what_has_no_rows_and_columns_is_refused[(1, 7)]",
        f"{GRAM_TESTS}::test_its_gradient_is_that_of_central_differences",
    ],
    read=["minigrad/techniques/make/gram.py", "minigrad/tensor.py:op",
          "minigrad/ops/linear.py:matmul"],
    hints=(
        "Write each channel's map as a row, F (C, H·W): G is then one product of matrices, and its "
        "entry [c, d] the mean product of channels c and d.",
        "G = F Fᵀ / (H·W).  F stands on both sides, so its gradient has two terms, g F and gᵀ F.",
        "F = a.reshape(N, C, H * W); the transpose of every matrix of a stack is swapaxes(1, 2); "
        "threads.matmul multiplies stacks.  Return G and a function back(g) of a's shape.",
    ),
    wrong=[
        Mistake(
            "you do not divide by H·W: images of two sizes no longer compare",
            BODY,
            """
            if a.ndim != 4:
                raise ValueError(f"{a.shape} are no feature maps")
            N, C, H, W = a.shape
            F = a.reshape(N, C, H * W)

            def back(g):
                return threads.matmul(g + g.swapaxes(1, 2), F).reshape(a.shape)

            return threads.matmul(F, F.swapaxes(1, 2)), back
            """,
        ),
        Mistake(
            "you divide by C·H·W; the mean is over the places alone, H·W",
            "threads.matmul(F, F.swapaxes(1, 2)) / (H * W)",
            "threads.matmul(F, F.swapaxes(1, 2)) / (C * H * W)",
        ),
        Mistake(
            "that is Fᵀ F, a matrix of places; it is channels that are compared, F Fᵀ",
            "threads.matmul(F, F.swapaxes(1, 2))", "threads.matmul(F.swapaxes(1, 2), F)",
        ),
        Mistake(
            "reshape to (N, H·W, C) mixes channels and places: the numbers of a channel lie "
            "together, so rows of F are (N, C, H·W)",
            "F = a.reshape(N, C, H * W)", "F = a.reshape(N, H * W, C).swapaxes(1, 2)",
        ),
        Mistake(
            "F stands on both sides of the product: the gradient is (g + gᵀ) F, and you have one "
            "term",
            "both = (g + g.swapaxes(1, 2)) / (H * W)", "both = g / (H * W)",
        ),
        Mistake(
            "the gradient is not divided by H·W, as G is",
            "both = (g + g.swapaxes(1, 2)) / (H * W)", "both = g + g.swapaxes(1, 2)",
        ),
        Mistake(
            "g need not be symmetric: the second term is gᵀ F, and not g F again",
            "both = (g + g.swapaxes(1, 2)) / (H * W)", "both = 2 * g / (H * W)",
        ),
        Mistake(
            "you take each channel's mean away first: that is a covariance",
            "F = a.reshape(N, C, H * W)",
            "F = a.reshape(N, C, H * W) - a.mean(axis=(2, 3)).reshape(N, C, 1)",
        ),
        Mistake(
            "refuse what has no places: activations that are not (N, C, H, W), with a ValueError",
            BODY,
            """
            a = a.reshape((*a.shape, 1, 1)[:4])
            F = a.reshape(*a.shape[:2], -1)
            n = F.shape[2]
            G = threads.matmul(F, F.swapaxes(1, 2)) / n
            return G, lambda g: threads.matmul((g + g.swapaxes(1, 2)) / n, F).reshape(a.shape)
            """,
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            if a.ndim != 4:
                raise ValueError("a Gram matrix is of feature maps (N, C, H, W)")
            n = a.shape[2] * a.shape[3]
            F = a.reshape(*a.shape[:2], n)

            def back(g):
                left = threads.matmul(g, F)
                right = threads.matmul(g.swapaxes(1, 2), F)
                return ((left + right) / n).reshape(a.shape)

            return threads.matmul(F / n, F.swapaxes(1, 2)), back
            """,
        )
    ],
    picture=["style"],
)  # fmt: skip

STYLE = Exercise(
    name="style_loss",
    function="minigrad.techniques.make.gram:style_of",
    tests=[
        f"{GRAM_TESTS}::test_the_style_loss_of_two_channels_by_hand",
        f"{GRAM_TESTS}::test_of_two_images_both_losses_are_added",
        f"{GRAM_TESTS}::test_in_a_part_of_the_image_the_style_is_that_of_the_part",
        f"{GRAM_TESTS}::test_a_style_loss_asks_one_layer_and_says_so",
        f"{GRAM_TESTS}::test_a_target_of_zeros_and_one_of_another_shape_are_refused[zeros]",
        f"{GRAM_TESTS}::test_a_target_of_zeros_and_one_of_another_shape_are_refused[two images]",
        f"{GRAM_TESTS}::test_the_gradient_of_the_style_loss_is_that_of_central_differences",
    ],
    read=["minigrad/techniques/make/gram.py", "minigrad/techniques/make/gram.py:masked_gram",
          "minigrad/techniques/objectives.py:energy"],
    hints=(
        "Return an Objective: a name, the layer, and a function of the activations.  The target is "
        "a Gram matrix already, the activations are not.",
        "In the function: G = masked_gram(acts[layer], mask), and then the squares of G − T, "
        "summed, over ‖T‖².",
        "relative_distance(G, target) is that.  First check_target(…) refuses a target of zeros, "
        "and the function a target whose shape is neither G's nor (1, C, C).",
    ),
    wrong=[
        Mistake(
            "you compare the activations themselves: a style is in their Gram matrices",
            "G = masked_gram(acts[layer], mask)", "G = acts[layer]",
        ),
        Mistake(
            "you do not divide by ‖T‖²: then a weight means something else in every layer",
            "relative_distance(G, target)", "((G - target) ** 2).sum()",
        ),
        Mistake(
            "you take the mean of the squares, and do not divide by ‖T‖²",
            "relative_distance(G, target)", "((G - target) ** 2).mean()",
        ),
        Mistake(
            "you divide by 4 C², Gatys' factor for feature maps of one size; here it is ‖T‖²",
            "relative_distance(G, target)",
            "((G - target) ** 2).sum() * (1 / (4 * target.shape[1] ** 2))",
        ),
        Mistake(
            "the mask is forgotten",
            "masked_gram(acts[layer], mask)", "gram(acts[layer])",
        ),
        Mistake(
            "the sign is turned round: this is the distance, and who wants the style asks for less "
            "of it",
            "relative_distance(G, target)", "-relative_distance(G, target)",
        ),
        Mistake(
            "the differences are not squared",
            "relative_distance(G, target)", "(G - target).sum() / (target * target).sum()",
        ),
        Mistake(
            "you divide by the image's ‖G‖²; it is by the painting's",
            "relative_distance(G, target)", "((G - target) ** 2).sum() / (G * G).sum()",
        ),
        Mistake(
            "refuse a target that is zero everywhere, by check_target",
            '    check_target(f"the style of {layer}", target, '
            '": nothing in the painting makes it fire")\n', "",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            check_target(f"the style of {layer}", target, ": nothing in the painting makes it fire")
            size = (target * target).sum(axis=(1, 2), keepdims=True)

            def value(acts):
                G = masked_gram(acts[layer], mask)
                if target.shape[1:] != G.shape[1:] or target.shape[0] not in (1, G.shape[0]):
                    raise ValueError(f"{layer} has Gram matrices {G.shape}, and the target's shape "
                                     f"is {target.shape}")
                off = G - target
                return (off * off / size).sum()

            return Objective(f"how far {layer} is from a style", (layer,), value)
            """,
        )
    ],
    needs=["gram", "inversion_energy"],
    picture=["style"],
)  # fmt: skip

EXERCISES = [
    TOTAL_VARIATION, EDGE_ENERGY, ROLL, JITTER, DISTANCE, SEED, STEP, GRAM, STYLE,
]  # fmt: skip
