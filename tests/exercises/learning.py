"""Learning: how good a segmentation is, losses of distances, the gradient of a map."""

from tests.exercises.exercise import BODY, Exercise, Mistake

HAND = "tests/techniques/learn/test_learning_by_hand.py"
METRIC = "tests/techniques/learn/test_metric.py"
TSNE = "tests/techniques/look/test_tsne.py"

UNION = "table.sum(axis=0) + table.sum(axis=1) - right"
IOU = Exercise(
    name="iou",
    function="minigrad.techniques.learn.segmentation:class_ious",
    tests=[
        f"{HAND}::test_all_right_is_an_iou_of_1",
        f"{HAND}::test_an_iou_is_what_both_agree_on_of_what_either_says",
        f"{HAND}::test_a_class_that_is_never_found_has_an_iou_of_0",
        f"{HAND}::test_of_three_classes_each_has_its_own_row_and_column",
        f"{HAND}::test_a_class_that_nobody_has_is_no_number_and_no_warning",
    ],
    read=["minigrad/techniques/learn/evaluation.py:confusion",
          "minigrad/techniques/learn/evaluation.py:class_accuracies"],
    hints=(
        "The diagonal of the table counts the pixels that are class k and were said to be.",
        "A row of the table holds the pixels that are class k, a column those that were said to "
        "be.  Their union is both together, and the right ones are in both.",
        "right = table.diagonal(); union = columns' sums + rows' sums − right; right / union, and "
        "NaN where the union is 0 (divide by np.maximum(union, 1) there, or NumPy warns).",
    ),
    wrong=[
        Mistake(
            "the right pixels are in the row and in the column: count them once in the union",
            UNION, "table.sum(axis=0) + table.sum(axis=1)",
        ),
        Mistake(
            "of the labelled pixels, how many were found, is a recall: those that were said to be "
            "class k and are not must count against it, too",
            UNION, "table.sum(axis=1)",
        ),
        Mistake(
            "of the pixels said to be class k, how many are, is a precision: those that were "
            "missed must count against it, too",
            UNION, "table.sum(axis=0)",
        ),
        Mistake(
            "this is the Dice coefficient, 2 · right / (labelled + said): IoU divides by the union",
            "right / np.maximum(union, 1)", "2 * right / np.maximum(union + right, 1)",
        ),
        Mistake(
            "each class is compared with its own union, not with all pixels",
            UNION, "0 * right + table.sum()",
        ),
        Mistake(
            "the right pixels belong to the union: take them away once, not twice",
            UNION, UNION.replace("- right", "- 2 * right"),
        ),
        Mistake(
            "a class that nobody has, by label or answer, is neither good nor bad: NaN, not 0",
            "right / np.maximum(union, 1), np.nan", "right / np.maximum(union, 1), 0",
        ),
        Mistake(
            "0 / 0 makes NumPy warn: divide by 1 where the union is empty, and put NaN there",
            "np.where(union > 0, right / np.maximum(union, 1), np.nan)", "right / union",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            ious = []
            for k in range(len(table)):
                missed = table[k].sum() - table[k, k]
                too_many = table[:, k].sum() - table[k, k]
                union = table[k, k] + missed + too_many
                ious.append(table[k, k] / union if union else float("nan"))
            return np.array(ious)
            """,
        )
    ],
)  # fmt: skip

CONTRASTIVE = Exercise(
    name="contrastive_loss",
    function="minigrad.techniques.learn.metric:contrastive_loss",
    tests=[
        f"{HAND}::test_like_ones_cost_half_their_distance_squared",
        f"{HAND}::test_unlike_ones_cost_half_the_square_of_what_they_lack_of_the_margin",
        f"{HAND}::test_unlike_ones_beyond_the_margin_are_left_alone",
        f"{HAND}::test_of_several_pairs_the_mean_is_taken",
        f"{HAND}::test_a_pair_of_three_times_the_weight_counts_three_quarters_of_two",
        f"{HAND}::test_g_multiplies_the_gradient_of_a_contrastive_loss",
        f"{HAND}::test_the_gradient_of_a_contrastive_loss_is_the_central_difference",
        f"{METRIC}::test_like_and_unlike_pairs_count_half_each",
        f"{METRIC}::test_float32_stays_float32[contrastive-settings0]",
    ],
    read=["minigrad/techniques/learn/metric.py", "minigrad/techniques/learn/metric.py:distances",
          "minigrad/techniques/learn/metric.py:contrastive"],
    hints=(
        "Y is a list or an array of 0 and 1, and weight may be one number: bring both to D's shape "
        "and dtype first (xp.asarray, xp.broadcast_to).",
        "What an unlike pair lacks is max(0, m − D); its square's slope is −2 times it, and the ½ "
        "takes the 2 away.  Divide w by its sum once, and both value and gradient have it.",
        "short = xp.maximum(margin - D, 0); value (w * ((1 - Y) * D**2 + Y * short**2)).sum() / 2, "
        "gradient g * w * ((1 − Y) D − Y short), and None for Y and for the weight.",
    ),
    wrong=[
        Mistake(
            "Y = 0 is a like pair here and Y = 1 an unlike one, as in the paper; you have them the "
            "other way round",
            "for one in (Y, weight)", "for one in (1 - xp.asarray(Y), weight)",
        ),
        Mistake(
            "beyond the margin an unlike pair is pulled back: nothing is lacking there, max(0, …)",
            "xp.maximum(margin - D, 0)", "margin - D",
        ),
        Mistake(
            "the margin is compared with D, not with D²",
            "xp.maximum(margin - D, 0)", "xp.maximum(margin - D * D, 0)",
        ),
        Mistake(
            "what an unlike pair lacks is squared, too",
            "Y * short * short", "Y * short",
        ),
        Mistake(
            "the value lacks the ½",
            ".sum() / 2", ".sum()",
        ),
        Mistake(
            "the gradient is twice as large: the ½ of the value takes the 2 of the square away",
            "g * w * (", "2 * g * w * (",
        ),
        Mistake(
            "unlike pairs are pulled together: when D grows, what they lack shrinks, so −Y",
            "D - Y * short)", "D + Y * short)",
        ),
        Mistake(
            "you sum over the pairs: divide by the sum of the weights",
            "    w = w / w.sum()\n", "",
        ),
        Mistake(
            "you divide by the number of pairs: it should be the sum of their weights",
            "w / w.sum()", "w / w.size",
        ),
        Mistake(
            "the weights are in the value, and missing in the gradient",
            "g * w * (", "g / w.size * (",
        ),
        Mistake(
            "you leave out g: the derivative is only half of the chain rule",
            "g * w * (", "w * (",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(D)
            unlike = xp.asarray(Y) == 1
            w = xp.asarray(weight, D.dtype) * xp.ones_like(D)
            apart = xp.where(unlike, xp.minimum(D - margin, 0), D)
            total = w.sum()

            def back(g):
                return apart * w * g / total

            return 0.5 * (w * apart**2).sum() / total, back, None, None
            """,
        )
    ],
    needs=["multiply"],
)  # fmt: skip

TRIPLET = Exercise(
    name="triplet_loss",
    function="minigrad.techniques.learn.metric:triplet_loss",
    tests=[
        f"{HAND}::test_a_triplet_costs_what_the_unlike_one_is_too_near",
        f"{HAND}::test_a_triplet_pulls_at_the_like_one_and_pushes_the_unlike_one",
        f"{HAND}::test_a_triplet_that_is_right_by_the_margin_costs_nothing",
        f"{HAND}::test_triplets_that_cost_nothing_count_in_the_mean",
        f"{HAND}::test_a_distance_in_two_triplets_gets_the_gradient_of_both",
        f"{HAND}::test_no_triplet_at_all_is_no_loss",
        f"{HAND}::test_the_gradient_of_a_triplet_loss_is_the_central_difference",
        f"{METRIC}::test_a_triplet_costs_what_it_lacks",
        f"{METRIC}::test_float32_stays_float32[triplet-settings2]",
    ],
    read=["minigrad/techniques/learn/metric.py", "minigrad/techniques/learn/metric.py:triplet",
          "minigrad/techniques/learn/metric.py:contrastive_loss"],
    hints=(
        "Make the loss of all triplets at once, (N, N, N) by [a, p, n]: D_ap is D[:, :, None] and "
        "D_an is D[:, None, :].",
        "Only chosen ones with a loss above 0 are active.  Each active one adds 1 to the gradient "
        "at D_ap and −1 at D_an: so count the active ones over n, and over p.",
        "active = chosen & (loss > 0); value where(active, loss, 0).sum() / count, gradient "
        "(active.sum(axis=2) − active.sum(axis=1)) · g / count, in D's dtype; count is how many "
        "were chosen, 1 at least.  None for chosen.",
    ),
    wrong=[
        Mistake(
            "the signs are exchanged: the like one should be near, D_ap − D_an + α",
            "D[:, :, None] - D[:, None, :]", "D[:, None, :] - D[:, :, None]",
        ),
        Mistake(
            "the margin is asked for in addition, so it is added: D_ap − D_an + α",
            "+ margin", "- margin",
        ),
        Mistake(
            "the margin is missing: D_ap − D_an + α",
            " + margin", "",
        ),
        Mistake(
            "a triplet that is right by more than the margin costs less than nothing: max(0, …)",
            " & (loss > 0)", "",
        ),
        Mistake(
            "the mean is over all that were chosen; you divide by those that still cost something",
            "xp.maximum(xp.asarray(chosen).sum(), 1)", "xp.maximum(active.sum(), 1)",
        ),
        Mistake(
            "the mean is over all that were chosen; you divide by those that still cost something",
            "xp.maximum(xp.asarray(chosen).sum(), 1)", "active.sum()",
        ),
        Mistake(
            "you sum over the triplets: divide by how many were chosen",
            "xp.maximum(xp.asarray(chosen).sum(), 1)", "xp.ones(())",
        ),
        Mistake(
            "you divide by all N³ places: divide by how many triplets were chosen",
            "xp.maximum(xp.asarray(chosen).sum(), 1)", "xp.asarray(loss.size)",
        ),
        Mistake(
            "the gradient pulls at n and pushes p: sum over n for D_ap, over p for D_an",
            "active.sum(axis=2) - active.sum(axis=1)", "active.sum(axis=1) - active.sum(axis=2)",
        ),
        Mistake(
            "a distance that is in several triplets gets the gradient of each: count them",
            "(active.sum(axis=2) - active.sum(axis=1))",
            "(active.any(axis=2) * 1 - active.any(axis=1) * 1)",
        ),
        Mistake(
            "the gradient at D_an is missing: the unlike one has to be pushed, too",
            " - active.sum(axis=1)", "",
        ),
        Mistake(
            "the unlike one is compared with p; it should be farther from the anchor a",
            "D[:, None, :]", "D[None, :, :]",
        ),
        Mistake(
            "all triplets count, and only those chosen should",
            "xp.asarray(chosen) & (loss > 0)", "loss > 0",
        ),
        Mistake(
            "where none is chosen you divide by 0: by 1 at least",
            "xp.maximum(xp.asarray(chosen).sum(), 1)", "xp.asarray(chosen).sum()",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(D)
            a, p, n = xp.nonzero(xp.asarray(chosen))
            each = xp.maximum(D[a, p] - D[a, n] + margin, 0)
            count = max(len(a), 1)

            def back(g):
                at_D, costs = xp.zeros_like(D), each > 0
                xp.add.at(at_D, (a[costs], p[costs]), g / count)
                xp.add.at(at_D, (a[costs], n[costs]), -g / count)
                return at_D

            return each.sum() / D.dtype.type(count), back, None
            """,
        )
    ],
    needs=["contrastive_loss"],
)  # fmt: skip

BY_HAND = """
xp = array_module(P)
apart = y[:, None] - y
w = 1 / (1 + (apart * apart).sum(axis=2))
w = w * (1 - xp.eye(len(P), dtype=P.dtype))
Q = w / w.sum()
pull, push = exaggeration * P, Q
g = 4 * (((pull - push) * w)[..., None] * apart).sum(axis=1)
cross = -(P * xp.log(xp.where(Q > 0, Q, 1))).sum()
return negative_entropy(P) + float(cross), g
"""

NO_ENTROPY = (
    "Σ p log p is missing in KL, or has the wrong sign: it does not depend on y, but counts"
)

TSNE_GRADIENT = Exercise(
    name="tsne",
    function="minigrad.techniques.look.tsne:kl_and_gradient",
    tests=[
        f"{HAND}::test_two_places_are_where_they_should_be_at_any_distance",
        f"{HAND}::test_the_divergence_of_three_places_in_a_row",
        f"{HAND}::test_who_belongs_together_is_pulled_and_who_does_not_is_pushed",
        f"{HAND}::test_exaggeration_makes_the_pull_stronger_and_not_the_push",
        f"{TSNE}::test_the_engines_gradient_is_equation_5[1]",
        f"{TSNE}::test_the_engines_gradient_is_equation_5[4]",
        f"{TSNE}::test_a_map_that_is_like_the_codes_has_no_divergence_and_no_gradient",
        f"{TSNE}::test_the_gradient_is_that_of_central_differences",
        f"{TSNE}::test_float32_stays_float32",
    ],
    read=["minigrad/techniques/look/tsne.py", "minigrad/techniques/look/tsne.py:negative_entropy",
          "minigrad/techniques/look/codes.py:squared_distances"],
    hints=(
        "Two ways lead there: write the equation down with apart = y[:, None] − y, (N, N, 2), or "
        "let the engine take the gradient of pull_and_push, which the file has.",
        "By hand: w = 1 / (1 + Σ apart²), its diagonal 0, Q = w / w.sum() over all pairs.  By the "
        "engine: grad(exaggeration · pull + push, [Tensor(y)]).  KL itself is not exaggerated.",
        "g = 4 · (((exaggeration · P − Q) · w)[..., None] · apart).sum(axis=1), and "
        "negative_entropy(P) − Σ P log Q, where 0 log 0 = 0; or negative_entropy(P) + float(pull) "
        "+ float(push).",
    ),
    wrong=[
        Mistake(
            "the factor w_ij is missing: this is the gradient of SNE, whose curve has no long tail",
            BODY, BY_HAND.replace("((pull - push) * w)", "(pull - push)"),
        ),
        Mistake(
            "the factor is 4: every pair stands in the sum twice, and ‖·‖² brings a 2",
            BODY, BY_HAND.replace("g = 4 *", "g = 2 *"),
        ),
        Mistake(
            "the sign is turned: p − q, and y_i − y_j",
            BODY, BY_HAND.replace("g = 4 *", "g = -4 *"),
        ),
        Mistake(
            "Z is the sum over all pairs: each row of Q would have the sum 1 in yours",
            BODY, BY_HAND.replace("w / w.sum()", "w / w.sum(axis=1, keepdims=True)"),
        ),
        Mistake(
            "nobody is its own neighbour: w_ii is 0, and not in the sum Z",
            BODY, BY_HAND.replace("w = w * (1 - xp.eye(len(P), dtype=P.dtype))\n", ""),
        ),
        Mistake(
            "on the map nearness is 1 / (1 + ‖·‖²), Student's t; yours is a bell curve",
            BODY, BY_HAND.replace("1 / (1 + (apart * apart).sum(axis=2))",
                                  "xp.exp(-(apart * apart).sum(axis=2))"),
        ),
        Mistake(
            "nearness falls with the square of the distance, 1 / (1 + ‖·‖²)",
            BODY, BY_HAND.replace("(apart * apart).sum(axis=2)",
                                  "(apart * apart).sum(axis=2) ** 0.5"),
        ),
        Mistake(
            "only the pull is exaggerated, and you exaggerate the push, too",
            BODY, BY_HAND.replace("push = exaggeration * P, Q",
                                  "push = exaggeration * P, exaggeration * Q"),
        ),
        Mistake(
            "the exaggeration is missing in the pull",
            BODY, BY_HAND.replace("exaggeration * P, Q", "P, Q"),
        ),
        Mistake(
            "KL itself is not exaggerated: only the gradient is",
            BODY, BY_HAND.replace("-(P * xp.log", "-exaggeration * (P * xp.log"),
        ),
        Mistake(
            "KL itself is not exaggerated: only the gradient is",
            BODY, BY_HAND.replace("-(P * xp.log", "-exaggeration * (P * xp.log")
            .replace("negative_entropy(P)", "negative_entropy(exaggeration * P)"),
        ),
        Mistake(
            NO_ENTROPY,
            BODY, BY_HAND.replace("negative_entropy(P) + float", "float"),
        ),
        Mistake(
            NO_ENTROPY,
            BODY, BY_HAND.replace("negative_entropy(P) + float", "-negative_entropy(P) + float"),
        ),
    ],
    alternatives=[
        (BODY, BY_HAND),
        (
            BODY,
            """
            xp, t = array_module(P), Tensor(y)
            others = 1 - xp.eye(len(P), dtype=P.dtype)
            w = others / (1 + squared_distances(t, t))
            log_q = ops.log(w / w.sum() + (1 - others))
            near, far = (P * ops.log(w + 1 - others)).sum(), ops.log(w.sum())
            g, = grad(far - near * exaggeration, [t])
            return negative_entropy(P) - float((P * log_q).sum()), g
            """,
        ),
    ],
    needs=["walk"],
    picture=["codes"],
)  # fmt: skip

EXERCISES = [IOU, CONTRASTIVE, TRIPLET, TSNE_GRADIENT]
