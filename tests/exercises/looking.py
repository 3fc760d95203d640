"""Looking: rules at relu, and maps of what matters."""

from tests.exercises.exercise import BODY, Exercise, Mistake

RULES = "tests/test_rules.py"
GRADIENT = "tests/techniques/look/test_gradient.py"
OCCLUSION = "tests/techniques/look/test_occlusion.py"
INTEGRATED = "tests/techniques/look/test_integrated.py"
GRAD_CAM = "tests/techniques/look/test_grad_cam.py"
RELEVANCE = "tests/test_relevance.py"

DECONVNET = Exercise(
    name="deconvnet",
    function="minigrad.rules:deconvnet",
    tests=[
        f"{RULES}::test_the_truth_table[deconvnet]",
        f"{RULES}::test_at_zero_nothing_passes",
        f"{RULES}::test_one_hidden_layer_in_closed_form",
        f"{RULES}::test_deconvnet_without_pooling_does_not_look_at_the_photo",
        f"{RULES}::test_a_negative_seed_blanks_deconvnet_and_guided",
    ],
    read=["minigrad/rules.py", "minigrad/rules.py:backpropagation"],
    hints=(
        "A rule gets g, what arrives at relu's output, and x, relu's input.  Which of the two does "
        "this one ask?",
        "[g > 0] is 1 where g is above 0 and 0 elsewhere: relu is applied to the gradient, and x "
        "plays no part.",
        "(g > 0) is an array of True and False, which multiply as 1 and 0: multiply g by it.",
    ),
    wrong=[
        Mistake(
            "the mask is taken from x: that is backpropagation; the deconvnet asks whether g is "
            "above 0",
            "g * (g > 0)", "g * (x > 0)",
        ),
        Mistake(
            "both masks are there: that is guided backpropagation; the deconvnet never asks x",
            "g * (g > 0)", "g * (g > 0) * (x > 0)",
        ),
        Mistake(
            "you hand back the mask: what passes is g where the mask is 1",
            "g * (g > 0)", "1.0 * (g > 0)",
        ),
        Mistake(
            "what is below 0 passes, and what is above is stopped: the other way round",
            "g * (g > 0)", "g * (g < 0)",
        ),
        Mistake(
            "a g below 0 is turned round; it must be stopped",
            "g * (g > 0)", "abs(g)",
        ),
        Mistake(
            "that is relu of x: relu of g was asked for",
            "g * (g > 0)", "x * (x > 0)",
        ),
        Mistake(
            "g passes everywhere: without a mask relu is left out of the way back",
            "g * (g > 0)", "g",
        ),
    ],
    alternatives=[
        ("g * (g > 0)", "(g + abs(g)) / 2"),
        ("g * (g > 0)", "g.clip(0, None)"),
    ],
    picture=["rules"],
)  # fmt: skip

GUIDED = Exercise(
    name="guided",
    function="minigrad.rules:guided",
    tests=[
        f"{RULES}::test_the_truth_table[guided]",
        f"{RULES}::test_at_zero_nothing_passes",
        f"{RULES}::test_guided_is_the_product_of_both_masks",
        f"{RULES}::test_one_hidden_layer_in_closed_form",
        f"{RULES}::test_a_negative_seed_blanks_deconvnet_and_guided",
    ],
    read=["minigrad/rules.py", "minigrad/rules.py:deconvnet"],
    hints=(
        "Look at the table at the top of minigrad/rules.py: in which of the four rows does g pass?",
        "In one only: where x > 0, as in backpropagation, and g > 0, as in the deconvnet.",
        "Multiply g by both masks, (x > 0) and (g > 0).",
    ),
    wrong=[
        Mistake(
            "the mask of x is missing: that is the deconvnet",
            "g * (g > 0) * (x > 0)", "g * (g > 0)",
        ),
        Mistake(
            "the mask of g is missing: that is backpropagation",
            "g * (g > 0) * (x > 0)", "g * (x > 0)",
        ),
        Mistake(
            "g passes where one of them is above 0; both must be",
            "g * (g > 0) * (x > 0)", "g * ((g > 0) | (x > 0))",
        ),
        Mistake(
            "g passes where both have the same sign; where both are below 0 it must stop",
            "g * (g > 0) * (x > 0)", "g * (g * x > 0)",
        ),
        Mistake(
            "at x = 0 the unit was off, and nothing passes: x > 0, and not x ≥ 0",
            "(x > 0)", "(x >= 0)",
        ),
        Mistake(
            "you hand back the mask: what passes is g where the mask is 1",
            "g * (g > 0) * (x > 0)", "1.0 * (g > 0) * (x > 0)",
        ),
        Mistake(
            "x takes part as a number; only whether it is above 0 may count",
            "g * (g > 0) * (x > 0)", "g * (g > 0) * x * (x > 0)",
        ),
    ],
    alternatives=[
        ("g * (g > 0) * (x > 0)", "deconvnet(backpropagation(g, x), x)"),
        ("g * (g > 0) * (x > 0)", "g * ((g > 0) & (x > 0))"),
    ],
    needs=["deconvnet"],
    picture=["rules"],
)  # fmt: skip

IMAGE_GRADIENT = Exercise(
    name="image_gradient",
    function="minigrad.techniques.look.gradient:gradient",
    tests=[
        f"{GRADIENT}::test_the_gradient_of_a_linear_score_is_its_weights",
        f"{GRADIENT}::test_of_two_photos_each_has_its_own_gradient",
        f"{GRADIENT}::test_a_rule_may_be_about_any_op",
        f"{GRADIENT}::test_backpropagation_as_a_rule_is_relus_own_gradient",
    ],
    read=["minigrad/techniques/objectives.py", "minigrad/techniques/objectives.py:activations",
          "minigrad/tensor.py:grad"],
    hints=(
        "Training asks for the gradient at the weights; here the weights stay, and you ask at the "
        "image.  So the image must be a Tensor before the network sees it.",
        "S = objective(activations(net, x, objective)) is one number that remembers how it was "
        "made of x; grad walks back from it.",
        "x = Tensor(pixels); S as above; grad(S, [x], rules=rules) is a list with one array.",
    ),
    wrong=[
        Mistake(
            "the network is given the plain array, so nothing is recorded: give it the Tensor x",
            "activations(net, x, objective)", "activations(net, pixels, objective)",
        ),
        Mistake(
            "rules are not handed on to grad",
            "grad(S, [x], rules=rules)[0]", "grad(S, [x])[0]",
        ),
        Mistake(
            "the sign is turned round: the gradient points to where S rises",
            "grad(S, [x], rules=rules)[0]", "-grad(S, [x], rules=rules)[0]",
        ),
        Mistake(
            "grad returns a list, one array for each input: take the first",
            "grad(S, [x], rules=rules)[0]", "grad(S, [x], rules=rules)",
        ),
        Mistake(
            "the sign is lost: |w| is what saliency makes of it later",
            "grad(S, [x], rules=rules)[0]", "abs(grad(S, [x], rules=rules)[0])",
        ),
        Mistake(
            "that is the photo times its gradient",
            "grad(S, [x], rules=rules)[0]", "pixels * grad(S, [x], rules=rules)[0]",
        ),
        Mistake(
            "you average over the photos: S is a sum, and each photo has its own gradient",
            "grad(S, [x], rules=rules)[0]", "grad(S, [x], rules=rules)[0] / len(pixels)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            image = Tensor(pixels)
            (w,) = grad(objective(net(image)), [image], rules=rules)
            return w
            """,
        )
    ],
    picture=["rules"],
)  # fmt: skip

SALIENCY = Exercise(
    name="saliency",
    function="minigrad.techniques.look.gradient:over_colours",
    tests=[
        f"{GRADIENT}::test_saliency_is_the_largest_size_among_the_three_colours",
        f"{GRADIENT}::test_a_pixel_that_only_lowers_the_score_matters_as_well",
        f"{GRADIENT}::test_of_two_photos_each_has_its_own_saliency",
    ],
    read=["minigrad/techniques/look/gradient.py:saliency"],
    hints=(
        "A pixel has three numbers, one for each colour.  What is asked is how much it matters, "
        "whichever way.",
        "M[i, j] = max_c |w[c, i, j]|: the size first, then the largest, over the axis of the "
        "colours.",
        "In (N, 3, H, W) the colours are axis 1: abs(w), and then .max(axis=1).",
    ),
    wrong=[
        Mistake(
            "the sign still counts: a pixel that lowers the score matters as much, so take |w|",
            "abs(w).max(axis=1)", "w.max(axis=1)",
        ),
        Mistake(
            "|w| comes first, and then the largest: the largest w may be a small one below 0",
            "abs(w).max(axis=1)", "abs(w.max(axis=1))",
        ),
        Mistake(
            "you add the colours up, where the largest of the three was asked for",
            "abs(w).max(axis=1)", "abs(w).sum(axis=1)",
        ),
        Mistake(
            "you take the mean over the colours, where the largest of the three was asked for",
            "abs(w).max(axis=1)", "abs(w).mean(axis=1)",
        ),
        Mistake(
            "that is the largest along a row of pixels: the colours are axis 1",
            "axis=1", "axis=-1",
        ),
        Mistake(
            "that is the largest among the photos: the colours are axis 1",
            "axis=1", "axis=0",
        ),
        Mistake(
            "that is the length √Σ w² of the three, where the largest was asked for",
            "abs(w).max(axis=1)", "(w**2).sum(axis=1) ** 0.5",
        ),
        Mistake(
            "the axis of the colours is still there: (N, 3, H, W) → (N, H, W)",
            "axis=1", "axis=1, keepdims=True",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            highest, lowest = w.max(axis=1), w.min(axis=1)
            rises = highest > -lowest
            return highest * rises - lowest * ~rises
            """,
        )
    ],
    needs=["image_gradient"],
    picture=["rules"],
)  # fmt: skip

HIDE = Exercise(
    name="hide",
    function="minigrad.techniques.look.occlusion:hide",
    tests=[
        f"{OCCLUSION}::test_in_each_copy_one_window_is_hidden_and_the_rest_is_the_photo",
        f"{OCCLUSION}::test_a_window_has_rows_and_columns",
        f"{OCCLUSION}::test_a_window_hides_all_colours",
        f"{OCCLUSION}::test_hiding_leaves_the_photo_as_it_was",
        f"{OCCLUSION}::test_the_drop_of_a_linear_score_is_what_the_window_held",
    ],
    read=["minigrad/techniques/look/occlusion.py"],
    hints=(
        "Begin with as many copies of the photo as there are positions, in the first rows of room.",
        "Then go through copies and positions together: in each copy write v where its window is, "
        "and nowhere else.",
        "shown = room[: len(positions)]; shown[...] = photo; and for each copy "
        "copy[:, rows, columns] = the same part of v.  Return shown.",
    ),
    wrong=[
        Mistake(
            "the windows before are still hidden: begin each copy with the photo itself",
            BODY,
            """
            shown, so_far = room[: len(positions)], photo.copy()
            for copy, (rows, columns) in zip(shown, positions, strict=True):
                so_far[:, rows, columns] = v[:, rows, columns]
                copy[...] = so_far
            return shown
            """,
        ),
        Mistake(
            "you show the window and hide the rest: that is the photo's part in v, and the other "
            "way round was asked for",
            BODY,
            """
            shown = room[: len(positions)]
            shown[...] = v
            for copy, (rows, columns) in zip(shown, positions, strict=True):
                copy[:, rows, columns] = photo[:, rows, columns]
            return shown
            """,
        ),
        Mistake(
            "room still holds what was in it before: write the photo into every copy first",
            "    shown[...] = photo\n", "",
        ),
        Mistake(
            "only the first colour is hidden",
            "copy[:, rows, columns] = v[:, rows, columns]",
            "copy[0, rows, columns] = v[0, rows, columns]",
        ),
        Mistake(
            "rows and columns are exchanged: in (3, H, W) the rows come first",
            "copy[:, rows, columns] = v[:, rows, columns]",
            "copy[:, columns, rows] = v[:, columns, rows]",
        ),
        Mistake(
            "you return all of room, which has more images than there are windows",
            "return shown", "return room",
        ),
        Mistake(
            "the window is black: what hides is v",
            "= v[:, rows, columns]", "= 0",
        ),
        Mistake(
            "v comes with its upper left corner; take the part of v that lies in the window",
            "copy[:, rows, columns] = v[:, rows, columns]",
            "copy[:, rows, columns] = "
            "v[:, : rows.stop - rows.start, : columns.stop - columns.start]",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            for p, (rows, columns) in enumerate(positions):
                room[p] = photo
                room[p, :, rows, columns] = v[:, rows, columns]
            return room[: len(positions)]
            """,
        )
    ],
    picture=["occlusion"],
)  # fmt: skip

OCCLUDE = Exercise(
    name="occlusion",
    function="minigrad.techniques.look.occlusion:per_pixel",
    tests=[
        f"{OCCLUSION}::test_a_pixel_that_two_windows_hide_gets_the_mean_of_both_drops",
        f"{OCCLUSION}::test_rows_of_windows_hide_rows_of_pixels",
        f"{OCCLUSION}::test_the_middle_of_nine_pixels_is_hidden_by_four_windows",
        f"{OCCLUSION}::test_pixel_by_pixel_a_linear_score_is_all_told",
        f"{OCCLUSION}::test_every_pixel_is_hidden_whatever_window_and_stride[4]",
    ],
    read=["minigrad/techniques/look/occlusion.py",
          "minigrad/techniques/look/occlusion.py:occlusion"],
    hints=(
        "Each window gives its drop d[n, r, c] to all pixels that it hides; a pixel takes the mean "
        "of what it was given.",
        "So you need two sums at each pixel, that of the drops and that of ones: how many windows "
        "hide it.  The window of row r and column c hides rows[r] and columns[c].",
        "In loops: total[:, rows[r], columns[c]] += d[:, r, c] for every r and c, and a count "
        "likewise.  Without loops it is the docstring's product of matrices; _hides makes R and C.",
    ),
    wrong=[
        Mistake(
            "you do not divide: in the middle more windows hide a pixel than at the border",
            " / (R.T @ xp.ones_like(d[0]) @ C)", "",
        ),
        Mistake(
            "you divide by how many windows there are; it is by how many hide this pixel",
            "(R.T @ xp.ones_like(d[0]) @ C)", "(len(rows) * len(columns))",
        ),
        Mistake(
            "the last window has the last word: what several windows say is averaged",
            BODY,
            """
            drop = array_module(d).zeros((len(d), *size), d.dtype)
            for r, row in enumerate(rows):
                for c, column in enumerate(columns):
                    drop[:, row, column] = d[:, r, c, None, None]
            return drop
            """,
        ),
        Mistake(
            "each window gives its drop to its first pixel alone: it hides all of them",
            BODY,
            """
            drop = array_module(d).zeros((len(d), *size), d.dtype)
            for r, row in enumerate(rows):
                for c, column in enumerate(columns):
                    drop[:, row.start, column.start] += d[:, r, c]
            return drop
            """,
        ),
        Mistake(
            "you take the largest drop; the mean of all was asked for",
            BODY,
            """
            xp = array_module(d)
            drop = xp.full((len(d), *size), -xp.inf, d.dtype)
            for r, row in enumerate(rows):
                for c, column in enumerate(columns):
                    drop[:, row, column] = xp.maximum(drop[:, row, column], d[:, r, c, None, None])
            return drop
            """,
        ),
        Mistake(
            "R and C are exchanged: rows of windows stand on the left, Rᵀ d C",
            "R.T @ d @ C", "C.T @ d @ R",
        ),
        Mistake(
            "photos are mixed: each has drops of its own",
            "R.T @ d @ C", "R.T @ d[:1] @ C + 0 * R.T @ d @ C",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(d)
            total, times = xp.zeros((len(d), *size), d.dtype), xp.zeros(size, d.dtype)
            for r, row in enumerate(rows):
                for c, column in enumerate(columns):
                    total[:, row, column] += d[:, r, c, None, None]
                    times[row, column] += 1
            return total / times
            """,
        )
    ],
    needs=["hide"],
    picture=["occlusion"],
)  # fmt: skip

STRAIGHT = """
            A = 0 * pixels
            for n in range(len(pixels)):
                mean = 0 * pixels[n]
                for alpha, v in zip(*nodes, strict=True):
                    at = start[n] + alpha * (pixels[n] - start[n])
                    mean = mean + v * gradient(net, at[None], objective, rules=rules)[0]
                A[n] = (pixels[n] - start[n]) * mean
            return A
            """

INTEGRATE = Exercise(
    name="integrated_gradients",
    function="minigrad.techniques.look.integrated:_shares",
    tests=[
        f"{INTEGRATED}::test_from_another_point_they_are_the_differences_of_the_terms",
        f"{INTEGRATED}::test_of_fourth_powers_three_steps_are_enough_if_each_has_its_own_weight",
        f"{INTEGRATED}::test_a_score_that_is_flat_at_the_photo_still_has_causes",
        f"{INTEGRATED}::test_an_image_gets_the_same_map_alone_and_among_others",
        f"{INTEGRATED}::test_a_rule_holds_at_every_point_of_the_way",
        f"{INTEGRATED}::test_it_is_the_sum_of_gradients_on_the_way_whatever_the_batch[3-midpoint]",
    ],
    read=["minigrad/techniques/look/integrated.py",
          "minigrad/techniques/look/integrated.py:nodes_of",
          "minigrad/techniques/look/gradient.py:gradient"],
    hints=(
        "Walk from x′ to x in a straight line, and ask for the gradient at each of the points "
        "α_m of the way.",
        "Σ_m v_m w_m is a mean gradient: each gradient counts by its v_m.  Times x − x′ it is what "
        "each pixel adds.",
        "For each photo n and each pair of zip(*nodes): at = start[n] + α (pixels[n] − start[n]); "
        "add v · gradient(net, at[None], objective, rules=rules)[0].  room is for those who want "
        "many points at once; you may leave it.",
    ),
    wrong=[
        Mistake(
            "the factor x − x′ is missing: a gradient is no share of the score yet",
            "A[n] = way * mean", "A[n] = mean",
        ),
        Mistake(
            "the mean gradient is multiplied by x; it is by x − x′, the way that was gone",
            "A[n] = way * mean", "A[n] = pixels[n] * mean",
        ),
        Mistake(
            "the way is x − x′; you have it the other way round",
            "enumerate(pixels - start)", "enumerate(start - pixels)",
        ),
        Mistake(
            "the weights v_m are missing: the sum grows with the number of steps",
            "xp.tensordot(v, gradient(net, at, objective, rules=rules), axes=1)",
            "gradient(net, at, objective, rules=rules).sum(axis=0)",
        ),
        Mistake(
            "every gradient counts the same: weigh it by its own v_m",
            "xp.tensordot(v, gradient(net, at, objective, rules=rules), axes=1)",
            "gradient(net, at, objective, rules=rules).sum(axis=0) / len(nodes[0])",
        ),
        Mistake(
            "the way begins at x′, and you begin it at x",
            "at += start[n]", "at += pixels[n]",
        ),
        Mistake(
            "the way begins at x′, and you begin it at 0",
            "            at += start[n]                                                      "
            "# (steps, 3, H, W)\n", "",
        ),
        Mistake(
            "that is the gradient at the photo alone, times x − x′: where the score is flat it "
            "says nothing",
            "at += start[n]", "at[...] = pixels[n]",
        ),
        Mistake(
            "what the photo before added is still in your sum: begin at 0 for each",
            BODY,
            """
            A, mean = 0 * pixels, 0 * pixels[0]
            for n in range(len(pixels)):
                for alpha, v in zip(*nodes, strict=True):
                    at = start[n] + alpha * (pixels[n] - start[n])
                    mean = mean + v * gradient(net, at[None], objective, rules=rules)[0]
                A[n] = (pixels[n] - start[n]) * mean
            return A
            """,
        ),
        Mistake(
            "rules are not handed on to gradient",
            "objective, rules=rules", "objective",
        ),
    ],
    alternatives=[(BODY, STRAIGHT)],
    needs=["image_gradient"],
    picture=["integrated"],
)  # fmt: skip

CHANNEL_WEIGHTS = Exercise(
    name="grad_cam_weights",
    function="minigrad.techniques.look.grad_cam:mean_gradient",
    tests=[
        f"{GRAD_CAM}::test_a_channel_counts_by_the_mean_of_its_gradients",
        f"{GRAD_CAM}::test_rows_and_columns_count_alike_and_each_image_for_itself",
        f"{GRAD_CAM}::test_its_parts_are_the_papers_equations",
        f"{GRAD_CAM}::test_with_a_global_mean_it_is_the_class_activation_map",
    ],
    read=["minigrad/techniques/look/grad_cam.py", "minigrad/techniques/look/grad_cam.py:grad_cam"],
    hints=(
        "Each channel k gets one number, by what the score gains if all of that channel rises.",
        "α_k is the mean over the places (i, j), the last two axes of (N, K, h, w); A is not "
        "needed.",
        "g.mean over axes 2 and 3, with keepdims=True, so that the result is (N, K, 1, 1).",
    ),
    wrong=[
        Mistake(
            "you add up over the places and do not divide by h · w",
            "g.mean(", "g.sum(",
        ),
        Mistake(
            "the mean is over the channels; it is over the places, axes 2 and 3",
            "axis=(2, 3)", "axis=1",
        ),
        Mistake(
            "the mean is over the columns alone; rows count as well",
            "axis=(2, 3)", "axis=3",
        ),
        Mistake(
            "images are mixed: each has weights of its own, so axis 0 stays",
            "axis=(2, 3)", "axis=(0, 2, 3)",
        ),
        Mistake(
            "that is the mean activation: the weight is the mean gradient",
            "g.mean(", "A.mean(",
        ),
        Mistake(
            "the axes of the places must stay, with size 1, so that the weights multiply A",
            ", keepdims=True", "",
        ),
        Mistake(
            "you take the largest gradient of a channel; it is the mean",
            "g.mean(", "g.max(",
        ),
        Mistake(
            "the sign counts: a channel may speak against the class",
            "g.mean(", "abs(g).mean(",
        ),
        Mistake(
            "gradients below 0 count as well here; only Grad-CAM++ leaves them out",
            "g.mean(", "(g * (g > 0)).mean(",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            N, K, h, w = g.shape
            return g.reshape(N, K, h * w).sum(axis=2).reshape(N, K, 1, 1) / (h * w)
            """,
        )
    ],
    needs=["image_gradient"],
    picture=["grad_cam"],
)  # fmt: skip

CLASS_MAP = Exercise(
    name="grad_cam",
    function="minigrad.techniques.look.grad_cam:coarse",
    tests=[
        f"{GRAD_CAM}::test_the_map_is_what_all_channels_say_together_where_that_is_above_zero",
        f"{GRAD_CAM}::test_of_two_images_each_has_its_own_map",
        f"{GRAD_CAM}::test_its_parts_are_the_papers_equations",
        f"{GRAD_CAM}::test_with_a_global_mean_it_is_the_class_activation_map",
    ],
    read=["minigrad/techniques/look/grad_cam.py",
          "minigrad/techniques/look/grad_cam.py:mean_gradient"],
    hints=(
        "One map of all channels: each place adds up what the channels say there, by their "
        "weights.",
        "First the sum over k, then relu: a channel that speaks against the class must be able to "
        "outweigh one that speaks for it.",
        "(weights * A).sum over axis 1, and of that the larger of it and 0, by xp.maximum.",
    ),
    wrong=[
        Mistake(
            "relu is missing: what speaks for other classes is kept",
            "array_module(A).maximum((weights * A).sum(axis=1), 0)", "(weights * A).sum(axis=1)",
        ),
        Mistake(
            "relu comes after the sum: here each channel is cut off for itself, and none can "
            "outweigh another",
            "array_module(A).maximum((weights * A).sum(axis=1), 0)",
            "array_module(A).maximum(weights * A, 0).sum(axis=1)",
        ),
        Mistake(
            "you take the mean over the channels; the equation has a sum",
            ".sum(axis=1)", ".mean(axis=1)",
        ),
        Mistake(
            "you take the loudest channel; the equation adds up all of them",
            ".sum(axis=1)", ".max(axis=1)",
        ),
        Mistake(
            "the sum is over the images; the channels are axis 1",
            ".sum(axis=1)", ".sum(axis=0)",
        ),
        Mistake(
            "the sum is over the places, and with them the map is gone; the channels are axis 1",
            ".sum(axis=1)", ".sum(axis=(2, 3))",
        ),
        Mistake(
            "the weights are left out: all channels count the same",
            "weights * A", "A",
        ),
        Mistake(
            "what is below 0 is turned round; relu makes it 0",
            "array_module(A).maximum((weights * A).sum(axis=1), 0)",
            "abs((weights * A).sum(axis=1))",
        ),
        Mistake(
            "the axis of the channels is still there: the map is (N, h, w)",
            ".sum(axis=1)", ".sum(axis=1, keepdims=True)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            total = 0 * A[:, 0]
            for k in range(A.shape[1]):
                total = total + weights[:, k] * A[:, k]
            return total * (total > 0)
            """,
        ),
        (
            BODY,
            """
            L = array_module(A).einsum("nkij,nkyx->nij", A, weights)
            return ops.relu(L)
            """,
        ),
    ],
    needs=["grad_cam_weights"],
    picture=["grad_cam"],
)  # fmt: skip

EPSILON = Exercise(
    name="lrp_epsilon",
    function="minigrad.relevance:epsilon",
    tests=[
        f"{RELEVANCE}::test_lrp_0_gives_each_input_what_it_contributed_and_is_the_layers_own_gradient",
        f"{RELEVANCE}::test_epsilon_hands_down_z_over_z_plus_epsilon",
        f"{RELEVANCE}::test_epsilon_has_the_sign_of_z",
        f"{RELEVANCE}::test_epsilon_multiplies_what_arrives",
        f"{RELEVANCE}::test_a_unit_of_zero_hands_down_nothing_by_epsilon_0",
        f"{RELEVANCE}::test_without_bias_all_arrives[epsilon]",
        f"{RELEVANCE}::test_a_convolution_with_one_window_is_a_linear_layer[epsilon]",
    ],
    read=["minigrad/relevance.py", "minigrad/relevance.py:over", "minigrad/rules.py:guided"],
    hints=(
        "Return a function rule(g, x, weight, bias=None, **geometry).  R = x · g, so what it hands "
        "down is a gradient: the layer's own, of a seed that is not quite g.",
        "The seed of output i is g_i z_i / (z_i + ε sign z_i); z comes from calling op again, on a "
        "Tensor of x, and grad walks back through it.",
        "x = Tensor(x); z = op(x, weight, bias, **geometry); z/(z + ε sign z) is |z|/(|z| + ε), "
        "which over(…, …) makes 0 where both are; return grad(z, [x], seed=g * that)[0].",
    ),
    wrong=[
        Mistake(
            "ε must have the sign of z: below 0, z + ε comes close to 0 and the quotient explodes",
            "g * over(size, size + ε)", "g * over(z.data, z.data + ε)",
        ),
        Mistake(
            "ε is left out: that is LRP-0",
            "over(size, size + ε)", "over(size, size)",
        ),
        Mistake(
            "you divide by z and do not multiply by it: g is a gradient, and R = z · g",
            "over(size, size + ε)", "over(1, size + ε)",
        ),
        Mistake(
            "that is the relevance x · g already: a rule hands down the gradient, without x",
            "grad(z, [x], seed=g * over(size, size + ε))[0]",
            "x.data * grad(z, [x], seed=g * over(size, size + ε))[0]",
        ),
        Mistake(
            "the bias is left out of z",
            "op(x, weight, bias, **geometry)", "op(x, weight, None, **geometry)",
        ),
        Mistake(
            "what arrives, g, is left out of the seed",
            "g * over(size, size + ε)", "over(size, size + ε)",
        ),
        Mistake(
            "where z is 0 you divide 0 by 0: such a unit hands down 0, as over(…, …) says",
            "over(size, size + ε)", "size / (size + ε)",
        ),
        Mistake(
            "stride, padding and groups are not handed on to op: **geometry",
            "op(x, weight, bias, **geometry)", "op(x, weight, bias)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            def rule(g, x, weight, bias=None, **geometry):
                reader = Tensor(x)
                z = op(reader, weight, bias, **geometry)
                sign = (z.data > 0) * 1.0 - (z.data < 0) * 1.0
                seed = over(g * z.data, z.data + ε * sign)
                return grad(z, [reader], seed=seed)[0]

            return rule
            """,
        )
    ],
    needs=["guided"],
    picture=["relevance"],
)  # fmt: skip

EXERCISES = [
    DECONVNET, GUIDED, IMAGE_GRADIENT, SALIENCY, HIDE, OCCLUDE, INTEGRATE, CHANNEL_WEIGHTS,
    CLASS_MAP, EPSILON,
]  # fmt: skip
