"""Fooling: attacks and what they are held against."""

from tests.exercises.exercise import BODY, Exercise, Mistake

BALLS = "tests/techniques/fool/test_balls.py"
AIMS = "tests/techniques/fool/test_aims.py"
GRADIENT_SIGN = "tests/techniques/fool/test_gradient_sign.py"
DEEPFOOL_TESTS = "tests/techniques/fool/test_deepfool.py"
SPHERE_TESTS = "tests/techniques/fool/test_sphere.py"

STEEPEST = Exercise(
    name="steepest",
    function="minigrad.techniques.fool.balls:steepest",
    tests=[
        f"{BALLS}::test_the_steepest_move_along_3_minus_4_0[linf]",
        f"{BALLS}::test_the_steepest_move_along_3_minus_4_0[l2]",
        f"{BALLS}::test_the_steepest_move_along_3_minus_4_0[l1]",
        f"{BALLS}::test_each_of_two_images_has_a_steepest_move_of_its_own[linf]",
        f"{BALLS}::test_each_of_two_images_has_a_steepest_move_of_its_own[l2]",
        f"{BALLS}::test_each_of_two_images_has_a_steepest_move_of_its_own[l1]",
        f"{BALLS}::test_where_the_gradient_is_zero_nothing_is_steepest[l2]",
        f"{BALLS}::test_where_the_gradient_is_zero_nothing_is_steepest[l1]",
        f"{BALLS}::test_a_norm_that_is_none_is_named",
    ],
    read=["minigrad/techniques/fool/balls.py", "minigrad/techniques/fool/balls.py:length"],
    hints=(
        "The table at the top of balls.py has a line for each norm.  Each image of the batch has a "
        "move of its own.",
        "linf: ε sign g.  l2: ε g over the length of g, of each image.  l1: ε sign g at the one "
        "place where |g| is largest, and 0 elsewhere.",
        "length(g).reshape(-1, 1, 1, 1) divides, through _or_one, which keeps 0 from dividing.  "
        "For l1 flatten to (N, 3·H·W), abs(flat).argmax(axis=1), and write into zeros_like at "
        "[arange(N), i].  checked_norm(norm) complains about other norms.",
    ),
    wrong=[
        Mistake(
            "in ‖·‖∞ every number goes all the way, whatever the size of g: take its sign",
            "return epsilon * xp.sign(g)", "return epsilon * g",
        ),
        Mistake(
            "in ‖·‖∞ the sign is turned round: that is down the slope",
            "return epsilon * xp.sign(g)", "return -epsilon * xp.sign(g)",
        ),
        Mistake(
            "in ‖·‖₂ g is not divided by its length: the move is to have the length ε",
            "epsilon * g / _or_one(length(g).reshape(-1, 1, 1, 1))", "epsilon * g",
        ),
        Mistake(
            "in ‖·‖₂ you divide by the length's square",
            "_or_one(length(g).reshape(-1, 1, 1, 1))",
            "_or_one(length(g).reshape(-1, 1, 1, 1) ** 2)",
        ),
        Mistake(
            "in ‖·‖₂ you divide by the length of the whole batch; each image has its own",
            "_or_one(length(g).reshape(-1, 1, 1, 1))", "_or_one((g**2).sum() ** 0.5)",
        ),
        Mistake(
            "in ‖·‖₂ a gradient of 0 is divided by 0",
            "_or_one(length(g).reshape(-1, 1, 1, 1))", "length(g).reshape(-1, 1, 1, 1)",
        ),
        Mistake(
            "in ‖·‖₁ it is the largest |g| that gains most; a large one below 0 counts as well",
            "abs(flat).argmax(axis=1)", "flat.argmax(axis=1)",
        ),
        Mistake(
            "in ‖·‖₁ the one number moves the way of g: take the sign of g there",
            "eta[n, i] = epsilon * xp.sign(flat[n, i])", "eta[n, i] = epsilon",
        ),
        Mistake(
            "in ‖·‖₁ the one number moves by ε, not by ε times g",
            "eta[n, i] = epsilon * xp.sign(flat[n, i])", "eta[n, i] = epsilon * flat[n, i]",
        ),
        Mistake(
            "in ‖·‖₁ the same number is moved in every image; each has its own largest",
            "n, i = xp.arange(len(g)), abs(flat).argmax(axis=1)",
            "n, i = xp.arange(len(g)), abs(flat[0]).argmax()",
        ),
        Mistake(
            "a norm that does not exist must be refused: ask checked_norm",
            'checked_norm(norm) == "linf"', 'norm == "linf"',
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            eta = 0 * g
            for n, one in enumerate(g):
                if checked_norm(norm) == "linf":
                    eta[n] = epsilon * (one > 0) - epsilon * (one < 0)
                elif norm == "l2":
                    size = float((one**2).sum()) ** 0.5
                    eta[n] = epsilon * one / size if size else 0
                else:
                    size = abs(one)
                    where = (size == size.max()) & (size > 0)
                    eta[n] = epsilon * (where & (one > 0)) - epsilon * (where & (one < 0))
            return eta
            """,
        )
    ],
    needs=["image_gradient"],
    picture=["fool"],
)  # fmt: skip

AIM = Exercise(
    name="aim",
    function="minigrad.techniques.fool.aims:cross_entropies",
    tests=[
        f"{AIMS}::test_away_from_a_label_its_surprise_is_what_there_shall_be_more_of",
        f"{AIMS}::test_labels_come_as_an_array_and_class_0_is_a_target",
        f"{AIMS}::test_towards_a_target_its_surprise_is_what_there_shall_be_less_of",
    ],
    read=["minigrad/techniques/fool/aims.py", "minigrad/techniques/objectives.py:cross_entropy",
          "minigrad/techniques/objectives.py:each"],
    hints=(
        "An attack goes up its objective.  Away from a label means more surprise at it, towards a "
        "target less surprise at that.",
        "Photo n has the label y_n: each([…]) takes an objective for every photo, and "
        "cross_entropy(k) is − log p_k.",
        "J = each([cross_entropy(int(k)) for k in labels]); with a target −J, and a target may be "
        "class 0, so ask whether it is None.",
    ),
    wrong=[
        Mistake(
            "towards a target the sign must turn: there shall be less surprise at it",
            "J if target is None else -J", "J",
        ),
        Mistake(
            "the signs are exchanged: away from a label is up its cross entropy",
            "J if target is None else -J", "-J if target is None else J",
        ),
        Mistake(
            "all photos get the label of the first; each has its own",
            "for k in labels", "for k in [labels[0]] * len(labels)",
        ),
        Mistake(
            "you take the mean over the photos; each attack is its own, so they are added",
            "J if target is None else -J",
            "(J if target is None else -J) * (1 / len(labels))",
        ),
        Mistake(
            "a target of 0 is a class: ask `target is None`, not whether it is true",
            "J if target is None else -J", "-J if target is not None and any(target) else J",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            sign = 1 if target is None else -1
            return each([sign * cross_entropy(int(label)) for label in labels])
            """,
        )
    ],
    picture=["fool"],
)  # fmt: skip

FGSM = Exercise(
    name="fgsm",
    function="minigrad.techniques.fool.gradient_sign:fgsm",
    tests=[
        f"{GRADIENT_SIGN}::test_fgsm_moves_up_the_slope_by_epsilon[linf]",
        f"{GRADIENT_SIGN}::test_fgsm_moves_up_the_slope_by_epsilon[l2]",
        f"{GRADIENT_SIGN}::test_fgsm_stays_within_black_and_white",
        f"{GRADIENT_SIGN}::test_without_an_objective_the_networks_own_answer_becomes_unlikelier",
        f"{GRADIENT_SIGN}::test_with_a_target_it_is_the_targets_surprise_that_falls",
        f"{GRADIENT_SIGN}::test_the_record_of_fgsm_compares_with_the_photo_as_it_was",
        f"{GRADIENT_SIGN}::test_a_rule_holds_in_the_gradient_of_fgsm",
        f"{GRADIENT_SIGN}::test_fgsm_leaves_the_photo_as_it_was",
        f"{GRADIENT_SIGN}::test_fgsm_refuses_an_epsilon_below_0",
    ],
    read=["minigrad/techniques/fool/gradient_sign.py", "minigrad/techniques/fool/aims.py:aim_at",
          "minigrad/techniques/fool/balls.py:steepest_within",
          "minigrad/techniques/fool/record.py:attacked"],
    hints=(
        "aim_at looks at the photos and says what is wanted, aim.objective; then it is the "
        "gradient at the image, and one step.",
        "The step is the steepest of length ε in the norm, ε sign g for linf.  What leaves 0–255 "
        "is no photo: clip it.",
        "g = gradient(net, pixels, aim.objective, rules=rules); (pixels + steepest_within(g, "
        "pixels, epsilon, norm)).clip(0, 255); return attacked(net, pixels, that, aim).  "
        "number(…, at_least=0) refuses a wrong ε.",
    ),
    wrong=[
        Mistake(
            "the step goes down the slope: an objective is what one wants more of",
            "(pixels + steepest_within", "(pixels - steepest_within",
        ),
        Mistake(
            "the step is ε times the gradient; it is the steepest of length ε, in ‖·‖∞ its sign",
            "(pixels + steepest_within(g, pixels, epsilon, norm))", "(pixels + epsilon * g)",
        ),
        Mistake(
            "what leaves 0–255 is no photo: clip it",
            ".clip(0, 255)", "",
        ),
        Mistake(
            "grey levels go up to 255, and not to 1",
            ".clip(0, 255)", ".clip(0, 1)",
        ),
        Mistake(
            "the norm is not asked for",
            "steepest_within(g, pixels, epsilon, norm)", "steepest_within(g, pixels, epsilon)",
        ),
        Mistake(
            "the target is forgotten: hand it on to aim_at",
            "aim_at(net, pixels, objective, target)", "aim_at(net, pixels, objective, None)",
        ),
        Mistake(
            "the objective is forgotten: hand it on to aim_at",
            "aim_at(net, pixels, objective, target)", "aim_at(net, pixels, None, target)",
        ),
        Mistake(
            "you ask what the network says after the step, and hold the attack against that: the "
            "answer to come away from is the photo's own",
            "return attacked(net, pixels, adversarial, aim)",
            "return attacked(net, pixels, adversarial, "
            "aim_at(net, adversarial, objective, target))",
        ),
        Mistake(
            "rules are not handed on to gradient",
            "aim.objective, rules=rules", "aim.objective",
        ),
        Mistake(
            "you write into the photo: make a new one",
            "    adversarial = (pixels + steepest_within(g, pixels, epsilon, norm)).clip(0, 255)\n",
            "    pixels += steepest_within(g, pixels, epsilon, norm)\n"
            "    adversarial = pixels.clip(0, 255)\n",
        ),
        Mistake(
            "refuse an ε below 0",
            '    epsilon = number("ε", epsilon, at_least=0)\n', "    epsilon = abs(epsilon)\n",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            if not epsilon >= 0:
                raise ValueError(f"ε is {epsilon}: give 0 or more")
            aim = aim_at(net, pixels, objective, target)
            J_rises_by = gradient(net, pixels, aim.objective, rules=rules)
            eta = steepest_within(J_rises_by, pixels, 1, norm) * epsilon
            x = pixels + eta
            x[x < 0], x[x > 255] = 0, 255
            return attacked(net, pixels, x, aim)
            """,
        )
    ],
    needs=["steepest", "aim"],
    picture=["fool"],
)  # fmt: skip

NEAREST = Exercise(
    name="deepfool",
    function="minigrad.techniques.fool.deepfool:nearest_step",
    tests=[
        f"{DEEPFOOL_TESTS}::test_the_way_to_one_plane",
        f"{DEEPFOOL_TESTS}::test_the_nearest_plane_is_not_the_one_with_the_smallest_difference_of_scores",
        f"{DEEPFOOL_TESTS}::test_each_photo_goes_to_its_own_nearest_plane",
        f"{DEEPFOOL_TESTS}::test_a_plane_that_cannot_be_come_to_is_no_candidate",
        f"{DEEPFOOL_TESTS}::test_where_no_gradient_is_left_it_takes_no_step",
        f"{DEEPFOOL_TESTS}::test_in_the_maximum_norm_every_number_goes_the_same_length",
        f"{DEEPFOOL_TESTS}::test_a_step_is_a_little_longer_than_the_way",
        f"{DEEPFOOL_TESTS}::test_a_class_that_is_already_level_is_nearest_and_its_step_still_has_a_length",
        f"{DEEPFOOL_TESTS}::test_one_step_is_enough_where_scores_are_linear",
    ],
    read=["minigrad/techniques/fool/deepfool.py", "minigrad/techniques/fool/deepfool.py:planes",
          "minigrad/techniques/fool/balls.py:steepest"],
    hints=(
        "f says by how much another class is behind, w in which direction it catches up.  The "
        "distance of its plane is |f| over the size of w, in the dual norm, DUAL[norm].",
        "For each photo take the plane with the smallest distance, and go that far, and BEYOND, "
        "along the steepest move.  Where w is 0 the distance is infinite.",
        "sizes = length of w.reshape(M * C, 3, H, W) in DUAL[norm], as (M, C); distances = |f| / "
        "sizes; nearest = argmin(axis=1); steepest(w[rows, nearest], distance + BEYOND as "
        "(M, 1, 1, 1), norm).  Where even the nearest is infinitely far the step is 0.",
    ),
    wrong=[
        Mistake(
            "the smallest |f| is not the nearest plane: divide by the size of w",
            "nearest, rows = distances.argmin(axis=1), np.arange(M)",
            "nearest, rows = abs(f).argmin(axis=1), np.arange(M)",
        ),
        Mistake(
            "the smallest |f| is not the nearest plane: divide by the size of w",
            BODY,
            """
            rows, nearest = np.arange(len(f)), abs(f).argmin(axis=1)
            w, f = w[rows, nearest], abs(f)[rows, nearest]
            far = f / to_numpy(length(w, DUAL[norm]))
            return steepest(w, array_module(w).asarray(far, w.dtype).reshape(-1, 1, 1, 1), norm)
            """,
        ),
        Mistake(
            "that is the farthest plane",
            "distances.argmin(axis=1)", "distances.argmax(axis=1)",
        ),
        Mistake(
            "f is below 0, and the way goes backwards: it is |f|",
            "np.where(sizes > 0, abs(f) / ", "np.where(sizes > 0, f / ",
        ),
        Mistake(
            "the step is |f| / ‖w‖ times w itself: divide once more, w has a size of its own",
            "return steepest(w[rows, nearest], far, norm)", "return far * w[rows, nearest]",
        ),
        Mistake(
            "the distance is |f| / ‖w‖, and its square belongs to w, which is not of length 1",
            "np.where(sizes > 0, sizes, 1)", "np.where(sizes > 0, sizes**2, 1)",
        ),
        Mistake(
            "all photos take the plane that is nearest to the first",
            "distances.argmin(axis=1)", "distances[:1].argmin(axis=1).repeat(M)",
        ),
        Mistake(
            "in ‖·‖∞ the distance is |f| / ‖w‖₁: measure w in the dual norm",
            "DUAL[norm]", '"l2"',
        ),
        Mistake(
            "the step ends at the plane and not BEYOND it",
            "distances[rows, nearest] + BEYOND", "distances[rows, nearest]",
        ),
        Mistake(
            "a class whose w is 0 is no candidate: its plane is infinitely far, and you make it "
            "the nearest",
            "np.where(sizes > 0, sizes, 1), np.inf)", "np.where(sizes > 0, sizes, 1), 0)",
        ),
        Mistake(
            "where all w are 0 the step is 0, and not infinite",
            "np.where(np.isfinite(far), far, 0)", "far",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            step = 0 * w[:, 0]
            for m in range(len(f)):
                found = []
                for k, one in enumerate(w[m]):
                    size = float(length(one[None], DUAL[norm])[0])
                    if size:
                        found.append((abs(float(f[m, k])) / size, k))
                if found:
                    distance, k = min(found)
                    step[m] = steepest(w[m, k][None], distance + BEYOND, norm)[0]
            return step
            """,
        )
    ],
    needs=["steepest"],
    picture=["fool"],
)  # fmt: skip

SPHERE = Exercise(
    name="sphere",
    function="minigrad.techniques.fool.sphere:on_sphere",
    tests=[
        f"{SPHERE_TESTS}::test_every_point_is_radius_away_from_the_photo",
        f"{SPHERE_TESTS}::test_the_points_lie_around_the_photo_and_not_to_one_side",
        f"{SPHERE_TESTS}::test_every_generator_draws_a_point_of_its_own",
        f"{SPHERE_TESTS}::test_a_radius_and_a_photo_for_each_point",
        f"{SPHERE_TESTS}::test_points_of_a_float32_photo_are_float32",
        f"{SPHERE_TESTS}::test_in_three_dimensions_every_height_of_a_sphere_is_equally_likely",
    ],
    read=["minigrad/techniques/fool/sphere.py", "minigrad/techniques/fool/balls.py:length"],
    hints=(
        "Draw a direction that prefers none, bring it to length 1, and go the radius along it.",
        "Independent normal numbers prefer no direction (uniform ones do: a cube has corners).  "
        "‖z‖ is the length of one image, over colours, rows and columns.",
        "z: np.stack([rng.normal(size=x.shape[1:]) for rng in rngs]), in x's dtype; x + z * "
        "(radius / length(z)).reshape(-1, 1, 1, 1).",
    ),
    wrong=[
        Mistake(
            "z is not brought to length 1: the points lie anywhere",
            "z * (radius / length(z)).reshape(-1, 1, 1, 1)", "radius * z",
        ),
        Mistake(
            "uniform numbers fill a cube, and its corners are favoured: draw normal ones",
            "rng.normal(size=x.shape[1:])", "rng.uniform(-1, 1, x.shape[1:])",
        ),
        Mistake(
            "uniform numbers from 0 on point to one side alone: draw normal ones",
            "rng.normal(size=x.shape[1:])", "rng.random(x.shape[1:])",
        ),
        Mistake(
            "the points are spread over the ball; they are to lie on its surface",
            "rng.normal(size=x.shape[1:]) for rng in rngs]), x.dtype)\n"
            "    # x + r z / ‖z‖\n"
            "    return x + z * (radius / length(z)).reshape(-1, 1, 1, 1)",
            "rng.normal(size=x.shape[1:]) for rng in rngs]), x.dtype)\n"
            "    share = np.array([rng.random() ** (1 / z[0].size) for rng in rngs])\n"
            "    return x + z * (share * radius / length(z)).reshape(-1, 1, 1, 1)",
        ),
        Mistake(
            "you divide by the length of all points together; each has its own",
            "length(z)", "(z**2).sum() ** 0.5 + 0 * length(z)",
        ),
        Mistake(
            "all points are one and the same: each generator draws its own",
            "for rng in rngs]), x.dtype)",
            "for rng in rngs[:1]]).repeat(len(rngs), axis=0), x.dtype)",
        ),
        Mistake(
            "x is left out: the sphere lies around the photo, not around black",
            "return x + z", "return 0 * x + z",
        ),
        Mistake(
            "z has the length 1 in ‖·‖∞, on the surface of a cube: the sphere is one of ‖·‖₂",
            "length(z)", 'length(z, "linf")',
        ),
        Mistake(
            "every colour is brought to the length for itself",
            "z * (radius / length(z)).reshape(-1, 1, 1, 1)",
            "z * radius / (z**2).sum(axis=(2, 3), keepdims=True) ** 0.5",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(x)
            points = []
            for n, rng in enumerate(rngs):
                z = rng.standard_normal(x.shape[1:])
                size = np.sqrt((z * z).sum())
                r = np.broadcast_to(radius, len(rngs))[n]
                points.append(xp.asarray(r * z / size, x.dtype))
            return x + xp.stack(points)
            """,
        )
    ],
    picture=["sphere"],
)  # fmt: skip

EXERCISES = [STEEPEST, AIM, FGSM, NEAREST, SPHERE]
