"""Layers of a network: max pooling, its switches, batch norm."""

from tests.exercises.exercise import BODY, Exercise, Mistake

LAYERS = "tests/ops/test_layers_by_hand.py"
GRADIENTS = "tests/ops/test_gradients.py"
DIFFERENCES = f"{GRADIENTS}::test_a_gradient_is_the_central_difference"
SINGLE = f"{GRADIENTS}::test_float32_stays_float32_and_nothing_that_was_given_is_written"

# The library's max pooling does this in parts that fit in the cache.
POOLED = """
xp = array_module(x)
window = Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
taps = xp.stack(list(window.taps(window.pad(x, -np.inf))))
y, won = taps.max(axis=0), taps.argmax(axis=0)

def back(g):
    total = xp.zeros(window.padded, x.dtype)
    for k, place in enumerate(window.taps(total)):
        place += g * (won == k)
    return window.crop(total)

return y, back
"""

MAX_POOL = Exercise(
    name="max_pool",
    function="minigrad.ops.pool:max_pool2d",
    tests=[
        f"{LAYERS}::test_of_each_window_the_largest_stays",
        f"{LAYERS}::test_the_gradient_goes_to_the_winner_whatever_its_sign",
        f"{LAYERS}::test_of_equals_the_first_gets_all",
        f"{LAYERS}::test_a_window_may_have_2_rows_and_1_column",
        f"{LAYERS}::test_who_wins_two_windows_gets_the_gradient_of_both",
        f"{LAYERS}::test_where_windows_leave_a_gap_nobody_sees_a_pixel",
        f"{LAYERS}::test_the_padding_never_wins_not_even_below_zero",
        f"{DIFFERENCES}[max_pool2d]",
        f"{DIFFERENCES}[max_pool2d, ceil]",
        f"{SINGLE}[max_pool2d]",
    ],
    read=["minigrad/ops/pool.py", "minigrad/ops/pool.py:Window", "minigrad/ops/pool.py:avg_pool2d"],
    hints=(
        "Write it for plain NumPy, like avg_pool2d, and leave the cache and the threads to the "
        "library.  window.taps(window.pad(x, …)) yields, for each place within the window, what "
        "all windows see there.",
        "The value is the largest of the taps, padding −∞.  For the gradient you need to know "
        "which tap has won each window, of equals the first: argmax over the stacked taps.",
        "taps = xp.stack(list(window.taps(…))); y = taps.max(axis=0), won = taps.argmax(axis=0).  "
        "Back: total = zeros of shape window.padded; for k, place in "
        "enumerate(window.taps(total)): place += g * (won == k); and window.crop(total).",
    ),
    wrong=[
        Mistake(
            "you compare values, so that all equals of a window get g: the first alone wins",
            BODY, POOLED.replace("g * (won == k)", "g * (taps[k] == y)"),
        ),
        Mistake(
            "of equals the last one wins here, and it should be the first",
            BODY, POOLED.replace(
                "taps.argmax(axis=0)", "len(taps) - 1 - taps[::-1].argmax(axis=0)"
            ),
        ),
        Mistake(
            "a negative g is lost: g goes to the winner whatever its sign",
            BODY, POOLED.replace("(won == k)", "(won == k) * (g > 0)"),
        ),
        Mistake(
            "g is shared out among all pixels of a window, as for the mean: the winner gets it all",
            BODY, POOLED.replace("g * (won == k)", "g / len(taps)"),
        ),
        Mistake(
            "g is multiplied by the maximum: the slope of the winner is 1",
            BODY, POOLED.replace("g * (won == k)", "g * y * (won == k)"),
        ),
        Mistake(
            "a pixel that wins two windows gets the gradient of both: add",
            BODY, POOLED.replace(
                "place += g * (won == k)", "place[won == k] = g[won == k]"
            ),
        ),
        Mistake(
            "the padding is 0 and wins where all pixels are below: it must be −∞",
            BODY, POOLED.replace("-np.inf", "0"),
        ),
        Mistake(
            "without a stride the windows lie side by side, and yours are one pixel apart",
            BODY, POOLED.replace("kernel_size, stride,", "kernel_size, stride or 1,"),
        ),
        Mistake(
            "the gradient has the size of the padded image: cut the padding off",
            BODY, POOLED.replace("window.crop(total)", "total"),
        ),
    ],
    alternatives=[
        (BODY, POOLED),
        (
            BODY,
            """
            from minigrad.ops.conv import overlap_add, windows
            if ceil_mode:
                window = Window("max_pool2d", x.shape, kernel_size, stride, padding, True)
            stride = kernel_size if stride is None else stride
            xp, (N, C, H, W) = array_module(x), x.shape
            (A, B), (s, t) = pair("k", kernel_size, 1), pair("s", stride, 1)
            (p, q), (below, right) = pair("p", padding, 0), (0, 0)
            if ceil_mode:
                below, right = window.padded[2] - H - 2 * p, window.padded[3] - W - 2 * q
            more = [(0, 0), (0, 0), (p, p + below), (q, q + right)]
            seen = windows(xp.pad(x, more, constant_values=-np.inf), (A, B), (s, t))
            flat = seen.reshape(*seen.shape[:4], A * B)
            won = flat.argmax(axis=4)[..., None]

            def back(g):
                given = xp.zeros_like(flat)
                xp.put_along_axis(given, won, g[..., None], axis=4)
                size = N, C, H + 2 * p + below, W + 2 * q + right
                return overlap_add(given.reshape(seen.shape), size, (s, t))[:, :, p:p+H, q:q+W]

            return xp.take_along_axis(flat, won, axis=4)[..., 0], back
            """,
        ),
    ],
    needs=["overlap_add"],
    picture=["rules"],
)  # fmt: skip

SWITCHED = """
if not is_array(x):
    raise TypeError("max_pool_switches takes a plain array")
window = Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
taps = array_module(x).stack(list(window.taps(window.pad(x, -np.inf))))
k = taps.argmax(axis=0)
return k
"""

SWITCHES = Exercise(
    name="switches",
    function="minigrad.ops.pool:max_pool_switches",
    tests=[
        f"{LAYERS}::test_the_switch_of_a_window_is_row_times_width_plus_column",
        f"{LAYERS}::test_every_window_counts_from_its_own_corner",
        f"{LAYERS}::test_of_equals_the_first_is_the_switch",
        f"{LAYERS}::test_every_image_and_channel_has_switches_of_its_own",
        f"{LAYERS}::test_windows_may_overlap_and_each_has_its_own_switch",
        f"{LAYERS}::test_a_window_that_begins_on_the_padding_counts_from_there",
        f"{LAYERS}::test_a_window_that_reaches_beyond_the_end_counts_with_ceil_mode",
        f"{LAYERS}::test_switches_are_those_of_a_plain_array",
        "tests/ops/test_unpool.py::test_max_unpooling_puts_each_maximum_back_where_it_was",
    ],
    read=["minigrad/ops/pool.py", "minigrad/ops/pool.py:Window",
          "minigrad/ops/unpool.py:max_unpool2d"],
    hints=(
        "window.taps(window.pad(x, −∞)) yields the taps in the order of their numbers, a·B + b.",
        "So the number of the tap that won is the place, among the taps, of the first largest one.",
        "xp.stack(list(window.taps(window.pad(x, -np.inf)))).argmax(axis=0).  A Tensor is refused "
        "with a TypeError before.",
    ),
    wrong=[
        Mistake(
            "you give the pixel's number in the image (as PyTorch's return_indices does); here it "
            "counts from the corner of its own window",
            BODY, SWITCHED.replace(
                "return k",
                "(s, t), (p, q), (m, n) = window.stride, window.start, window.size\n"
                "i, j = np.arange(m)[:, None], np.arange(n)\n"
                "return (i * s + k // window.B - p) * x.shape[3] + j * t + k % window.B - q",
            ),
        ),
        Mistake(
            "you count down the columns first, b·A + a: it is a·B + b",
            BODY, SWITCHED.replace("return k", "return k % window.B * window.A + k // window.B"),
        ),
        Mistake(
            "a row of the window has B numbers, so that row a begins at a·B, not at a·A",
            BODY, SWITCHED.replace("return k", "return k // window.B * window.A + k % window.B"),
        ),
        Mistake(
            "of equals the last is taken: it should be the first",
            BODY, SWITCHED.replace(
                "k = taps.argmax(axis=0)", "k = len(taps) - 1 - taps[::-1].argmax(axis=0)"
            ),
        ),
        Mistake(
            "these are the largest values: asked for is where they stand",
            BODY, SWITCHED.replace("taps.argmax(axis=0)", "taps.max(axis=0)"),
        ),
        Mistake(
            "the padding is 0 and wins where all pixels are below: it must be −∞",
            BODY, SWITCHED.replace("-np.inf", "0"),
        ),
        Mistake(
            "the windows at the border count without the padding: they begin on it",
            BODY, SWITCHED.replace(
                "return k",
                "(p, q), (m, n) = window.start, window.size\n"
                "return k - q * (np.arange(n) == 0) - window.B * p * (np.arange(m) == 0)[:, None]",
            ),
        ),
        Mistake(
            "ceil_mode adds a window at the end, and you leave it out",
            BODY, SWITCHED.replace("padding, ceil_mode", "padding, False"),
        ),
    ],
    alternatives=[
        (BODY, SWITCHED),
        (
            BODY,
            """
            if not is_array(x):
                raise TypeError("max_pool_switches takes a plain array")
            window = Window("max_pool2d", x.shape, kernel_size, stride, padding, ceil_mode)
            best, k = None, 0
            for number, tap in enumerate(window.taps(window.pad(x, -np.inf))):
                if best is None:
                    best, k = tap.copy(), np.zeros(tap.shape, int)
                k = np.where(tap > best, number, k)
                best = np.maximum(tap, best)
            return k
            """,
        ),
    ],
    needs=["max_pool"],
)  # fmt: skip

# The library's batch norm does this in passes over parts that fit in the cache.
STATISTICS = "mean, var = x.mean(axis=axes), x.var(axis=axes)"
NORMED = f"""
_check(x, weight, bias, mean, var, eps)
xp, axes = array_module(x), (0, *range(2, x.ndim))
of_batch = mean is None

def wide(v):
    return v.reshape(1, -1, *[1] * (x.ndim - 2)) if v.ndim == 1 else v[None]

if of_batch:
    {STATISTICS}
inverse = wide(1 / xp.sqrt(var + eps))
x_hat = (x - wide(mean)) * inverse
y = wide(weight) * x_hat + wide(bias)

def back_x(g):
    if of_batch:
        mean_g = g.mean(axis=axes, keepdims=True)
        along = (g * x_hat).mean(axis=axes, keepdims=True)
        g = g - mean_g - x_hat * along
    return wide(weight) * inverse * g

def back_weight(g):
    return (g * x_hat).sum(axis=axes)

def back_bias(g):
    return g.sum(axis=axes)

if of_batch:
    return y, back_x, back_weight, back_bias, None, None

def back_mean(g):
    return -(wide(weight) * inverse * g).sum(axis=axes)

def back_var(g):
    return -(wide(weight) * inverse**2 * x_hat * g).sum(axis=axes) / 2

return y, back_x, back_weight, back_bias, back_mean, back_var
"""

BATCH_NORM = Exercise(
    name="batch_norm",
    function="minigrad.ops.norm:batch_norm",
    tests=[
        f"{LAYERS}::test_1_and_3_are_1_below_and_above_their_mean",
        f"{LAYERS}::test_weight_and_bias_give_a_channel_another_deviation_and_mean",
        f"{LAYERS}::test_epsilon_is_added_to_the_variance_under_the_root",
        f"{LAYERS}::test_every_channel_has_its_own_statistics",
        f"{LAYERS}::test_of_images_all_pixels_of_a_channel_are_one_sample",
        f"{LAYERS}::test_statistics_that_are_given_are_taken",
        f"{LAYERS}::test_bias_collects_g_and_weight_collects_g_times_what_it_was_multiplied_by",
        f"{LAYERS}::test_to_push_all_numbers_of_a_channel_alike_moves_nothing",
        f"{LAYERS}::test_to_stretch_a_channel_moves_nothing",
        f"{LAYERS}::test_one_output_pulls_at_all_numbers_of_its_channel",
        f"{LAYERS}::test_with_given_statistics_batch_norm_is_a_line",
        f"{LAYERS}::test_mean_and_var_come_together",
        f"{DIFFERENCES}[batch_norm]",
        f"{DIFFERENCES}[batch_norm, given]",
        f"{SINGLE}[batch_norm]",
    ],
    read=["minigrad/ops/norm.py", "minigrad/ops/norm.py:_check", "minigrad/tensor.py:op"],
    hints=(
        "Return y and five functions of g: at x, weight, bias, mean and var; the last two are None "
        "where mean and var were not given.  A channel's mean and variance are taken over all "
        "axes but axis 1, and stand beside x as (1, C, 1, 1).  _check refuses what cannot be.",
        "With x̂ = (x − μ) / √(σ² + ε): bias gets Σ g and weight gets Σ g · x̂, over all axes but "
        "1.  x moves μ and σ² as well, so at x you take out of g its mean, and its part along x̂: "
        "what is left is multiplied by weight / √(σ² + ε).",
        "∂L/∂x = weight / √(σ² + ε) · (g − mean(g) − x̂ · mean(g · x̂)).  With given statistics it "
        "is weight / √(σ² + ε) · g alone; then ∂L/∂μ = −Σ weight / √(σ² + ε) · g and "
        "∂L/∂σ² = −½ Σ weight / (σ² + ε) · x̂ · g.",
    ),
    wrong=[
        Mistake(
            "the variance is divided by n − 1: batch norm divides by n",
            BODY, NORMED.replace("x.var(axis=axes)", "x.var(axis=axes, ddof=1)"),
        ),
        Mistake(
            "you divide by the variance: it is its root, √(σ² + ε)",
            BODY, NORMED.replace("1 / xp.sqrt(var + eps)", "1 / (var + eps)"),
        ),
        Mistake(
            "ε is added behind the root: it stands under it, √(σ² + ε)",
            BODY, NORMED.replace("xp.sqrt(var + eps)", "(xp.sqrt(var) + eps)"),
        ),
        Mistake(
            "one mean and variance are taken of all channels together: each has its own",
            BODY, NORMED.replace(STATISTICS, "mean, var = (xp.full_like(weight, n) for n in "
                                             "(x.mean(), x.var()))"),
        ),
        Mistake(
            "each place of an image has statistics of its own: they are taken over N, H and W",
            BODY, NORMED.replace(STATISTICS, "mean, var = x.mean(axis=0), x.var(axis=0)"),
        ),
        Mistake(
            "each image has statistics of its own: they are taken over N, H and W",
            BODY, NORMED.replace(
                STATISTICS,
                "mean, var = (f(x, axis=axes[x.ndim // 4 :], keepdims=True) "
                "for f in (xp.mean, xp.var))",
            ).replace("else v[None]", "else v"),
        ),
        Mistake(
            "you normalise each place over its channels; it is each channel over all places",
            BODY, NORMED.replace(
                STATISTICS, "mean, var = (f(x, axis=1, keepdims=True) for f in (xp.mean, xp.var))"
            ).replace("else v[None]", "else v"),
        ),
        Mistake(
            "mean and var were given, and you take the batch's own",
            BODY, NORMED.replace("of_batch = mean is None", "of_batch = True"),
        ),
        Mistake(
            "weight was multiplied by x̂, not by x: that is what it collects with g",
            BODY, NORMED.replace("return (g * x_hat).sum", "return (g * x).sum"),
        ),
        Mistake(
            "weight and bias get the mean over the batch: they collect the sum",
            BODY, NORMED.replace("return (g * x_hat).sum", "return (g * x_hat).mean")
            .replace("return g.sum", "return g.mean"),
        ),
        Mistake(
            "at x you hold μ and σ² still: they move with x, and the gradient goes through both",
            BODY, NORMED.replace(
                "    if of_batch:\n        mean_g", "    if False:\n        mean_g"
            ),
        ),
        Mistake(
            "at x you let μ move and hold σ² still: the part along x̂ has to go, too",
            BODY, NORMED.replace(" - x_hat * along", ""),
        ),
        Mistake(
            "at x you let σ² move and hold μ still: the mean of g has to go, too",
            BODY, NORMED.replace("g - mean_g - x_hat", "g - x_hat"),
        ),
        Mistake(
            "at x the factor 1 / √(σ² + ε) is missing",
            BODY, NORMED.replace("return wide(weight) * inverse * g", "return wide(weight) * g"),
        ),
        Mistake(
            "at x the factor weight is missing",
            BODY, NORMED.replace("return wide(weight) * inverse * g", "return inverse * g"),
        ),
    ],
    alternatives=[(BODY, NORMED)],
    needs=["multiply", "unbroadcast"],
)  # fmt: skip
