"""Networks: windows and convolution, pooling, normalisation, optimisers, what a unit sees."""

from tests.exercises.exercise import BODY, Exercise, Mistake
from tests.exercises.layers import BATCH_NORM, MAX_POOL, SWITCHES
from tests.exercises.optimisers import ADAM, SGD
from tests.exercises.receptive import RECEPTIVE_FIELD

LAYERS = "tests/ops/test_layers_by_hand.py"
GRADIENTS = "tests/ops/test_gradients.py"
DIFFERENCES = f"{GRADIENTS}::test_a_gradient_is_the_central_difference"
ADJOINT = f"{GRADIENTS}::test_the_gradient_of_a_linear_op_is_its_adjoint"
SINGLE = f"{GRADIENTS}::test_float32_stays_float32_and_nothing_that_was_given_is_written"

WINDOWS = Exercise(
    name="windows",
    function="minigrad.ops.conv:windows",
    tests=[
        f"{LAYERS}::test_windows_of_2_slide_along_a_row",
        f"{LAYERS}::test_windows_slide_along_rows_and_columns",
        f"{LAYERS}::test_a_stride_of_2_leaves_every_other_window_out",
        f"{LAYERS}::test_the_last_pixel_is_seen_by_nobody_where_the_stride_does_not_come_out_even",
        f"{LAYERS}::test_beyond_the_border_windows_see_the_padding",
        f"{LAYERS}::test_a_dilation_of_2_skips_a_pixel_between_two_taps",
        f"{LAYERS}::test_a_window_as_large_as_the_image_fits_and_a_larger_one_does_not",
        f"{LAYERS}::test_windows_are_cut_out_of_a_batch_of_images_alone",
        f"{LAYERS}::test_a_window_a_stride_and_a_dilation_are_1_at_least",
        f"{GRADIENTS}::test_a_window_is_what_an_output_sees",
        f"{GRADIENTS}::test_overlap_add_is_the_adjoint_of_windows",
    ],
    read=["minigrad/ops/conv.py", "minigrad/ops/sizes.py:pair"],
    hints=(
        "First pad the image with `value` (xp.pad).  A window reaches over (A − 1)·d + 1 rows, so "
        "there are ⌊(H − reach) / s⌋ + 1 places for it.",
        "Six axes: (N, C, H', W', A, B).  One tap (a, b) of all windows is the slice "
        "x[:, :, a·d : … : s, b·e : … : t] of the padded image.",
        "Either fill xp.empty((N, C, H', W', A, B), x.dtype) tap by tap, or say how far each axis "
        "steps in memory: (n, c, i, j) = x.strides, and view(x, shape, (n, c, s*i, t*j, d*i, e*j)) "
        "copies nothing.",
    ),
    wrong=[
        Mistake(
            "the places (H', W') come before the window's own axes (A, B)",
            "return view(x, (*x.shape[:2], *places, A, B), (n, c, s * i, t * j, d * i, e * j))",
            "return view(x, (*x.shape[:2], A, B, *places), (n, c, d * i, e * j, s * i, t * j))",
        ),
        Mistake(
            "rows and columns within a window are exchanged",
            "return view(x, (*x.shape[:2], *places, A, B), (n, c, s * i, t * j, d * i, e * j))",
            "seen = view(x, (*x.shape[:2], *places, A, B), (n, c, s * i, t * j, d * i, e * j))\n"
            "    return seen.swapaxes(4, 5)",
        ),
        Mistake(
            "neighbouring windows begin one pixel apart, and should begin `stride` apart",
            "s * i, t * j, d * i", "i, j, d * i",
        ),
        Mistake(
            "the taps of a window are one pixel apart, and should be `dilation` apart",
            "d * i, e * j", "i, j",
        ),
        Mistake(
            "the last window is missing: n − reach steps of one pixel make n − reach + 1 places",
            "(x.shape[2] - reach[0]) // s + 1, (x.shape[3] - reach[1]) // t + 1",
            "(x.shape[2] - reach[0]) // s, (x.shape[3] - reach[1]) // t",
        ),
        Mistake(
            "the padding has the value `value`, which need not be 0",
            "constant_values=value", "constant_values=0",
        ),
        Mistake(
            "padding is (rows, columns), and you have put the columns above and below",
            "(p, p), (q, q)", "(q, q), (p, p)",
        ),
        Mistake(
            "of both sides of the image only one is padded",
            "(p, p), (q, q)", "(p, 0), (q, 0)",
        ),
        Mistake(
            "refuse a window that does not fit, with a ValueError: there is no place for it",
            "if reach[0] > x.shape[2] or reach[1] > x.shape[3]:", "if False:",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(x)
            if not is_array(x) or x.ndim != 4:
                raise ValueError("x is (N, C, H, W)")
            (A, B), (s, t) = pair("kernel_size", kernel_size, 1), pair("stride", stride, 1)
            (p, q), (d, e) = pair("padding", padding, 0), pair("dilation", dilation, 1)
            x = xp.pad(x, [(0, 0), (0, 0), (p, p), (q, q)], constant_values=value)
            N, C, H, W = x.shape
            rows, columns = (H - (A - 1) * d - 1) // s + 1, (W - (B - 1) * e - 1) // t + 1
            if rows < 1 or columns < 1:
                raise ValueError("the window does not fit")
            seen = xp.empty((N, C, rows, columns, A, B), x.dtype)
            for a in range(A):
                for b in range(B):
                    seen[..., a, b] = x[:, :, a * d :: s, b * e :: t][:, :, :rows, :columns]
            return seen
            """,
        ),
        (
            "return view(x, (*x.shape[:2], *places, A, B), (n, c, s * i, t * j, d * i, e * j))",
            "return xp.lib.stride_tricks.sliding_window_view(x, reach, axis=(2, 3))"
            "[:, :, ::s, ::t, ::d, ::e]",
        ),
    ],
    needs=["matmul"],
)  # fmt: skip

CONVOLUTION = Exercise(
    name="convolution",
    function="minigrad.ops.conv:correlate",
    tests=[
        f"{LAYERS}::test_each_tap_of_the_filter_lies_on_the_pixel_at_its_own_place",
        f"{LAYERS}::test_each_output_has_the_place_of_its_window",
        f"{LAYERS}::test_all_channels_are_added_up_by_a_filter",
        f"{LAYERS}::test_every_filter_makes_a_channel_of_its_own",
        f"{LAYERS}::test_every_image_of_a_batch_is_seen_on_its_own",
        f"{LAYERS}::test_in_groups_a_filter_sees_the_channels_of_its_group",
        f"{DIFFERENCES}[conv2d, groups]",
        f"{SINGLE}[conv2d, groups]",
    ],
    read=["minigrad/ops/conv.py:conv2d", "minigrad/ops/conv.py:definition",
          "minigrad/ops/conv.py:paint"],
    hints=(
        "Forget the groups first (G is 1 in most networks).  An output is the product of a window, "
        "flattened to C·A·B numbers, with a filter, flattened likewise: all windows as the rows of "
        "a matrix and all filters as the columns of another make one product.",
        "Bring the axes that are summed, C, A and B, to the end of `seen`, in the filters' order, "
        "before you flatten: transpose first, reshape then.  The product is (G, N·H'·W', O), and "
        "its axes have to be put back in the order (N, G, O, H', W').",
        "seen.transpose(1, 0, 3, 4, 2, 5, 6).reshape(G, N*H'*W', C*A*B) @ "
        "filters.reshape(G, O, C*A*B).swapaxes(1, 2), then reshape(G, N, H', W', O) and "
        "transpose(1, 0, 4, 2, 3).  xp.einsum says it in one line, and more slowly.",
    ),
    wrong=[
        Mistake(
            "the filter is turned round: this is what mathematics calls convolution; here tap "
            "(a, b) lies on pixel (a, b) of the window",
            "filters.reshape(G, outputs, C * A * B)",
            "filters[..., ::-1, ::-1].reshape(G, outputs, C * A * B)",
        ),
        Mistake(
            "rows and columns of the filter are exchanged",
            "filters.reshape(G, outputs, C * A * B)",
            "filters.swapaxes(3, 4).reshape(G, outputs, C * A * B)",
        ),
        Mistake(
            "you flatten the windows before C stands beside A and B: transpose first, or numbers "
            "of several windows stand in one row",
            "seen = seen.transpose(1, 0, 3, 4, 2, 5, 6)", "seen = seen.swapaxes(0, 1)",
        ),
        Mistake(
            "the product has its outputs last: they must be transposed to axis 1, and a reshape "
            "alone puts the numbers of one place into several channels",
            "y = y.reshape(G, N, rows, columns, outputs).transpose(1, 0, 4, 2, 3)",
            "y = y.reshape(G, N, outputs, rows, columns).swapaxes(0, 1)",
        ),
        Mistake(
            "an output sums over all taps and channels, and you take their mean",
            BODY,
            """
            N, G, C, rows, columns, A, B = seen.shape
            y = array_module(seen).einsum("ngcijab,gocab->ngoij", seen, filters) / (C * A * B)
            return y.reshape(N, -1, rows, columns)
            """,
        ),
        Mistake(
            "the sum over the channels is missing, or takes one of them alone",
            BODY,
            """
            N, G, C, rows, columns, A, B = seen.shape
            xp = array_module(seen)
            y = xp.einsum("ngijab,goab->ngoij", seen[:, :, 0], filters[:, :, 0])
            return y.reshape(N, -1, rows, columns)
            """,
        ),
        Mistake(
            "of several groups each filter sees its own alone: the group is an axis of the result, "
            "and nothing is summed over it",
            BODY,
            """
            N, G, C, rows, columns, A, B = seen.shape
            y = array_module(seen).einsum("ngcijab,hocab->nhoij", seen, filters)
            return y.reshape(N, -1, rows, columns)
            """,
        ),
        Mistake(
            "the outputs are numbered group by group, g·O + o, and yours filter by filter",
            "transpose(1, 0, 4, 2, 3)", "transpose(1, 4, 0, 2, 3)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            y = array_module(seen).einsum("ngcijab,gocab->ngoij", seen, filters)
            return y.reshape(len(y), -1, *y.shape[3:])
            """,
        ),
        (
            BODY,
            """
            y = 0
            for a in range(seen.shape[5]):
                for b in range(seen.shape[6]):
                    pixels = seen[..., a, b][:, :, None]
                    taps = filters[..., a, b][..., None, None]
                    y = y + (pixels * taps).sum(axis=3)
            return y.reshape(len(y), -1, *y.shape[3:])
            """,
        ),
    ],
    needs=["windows"],
)  # fmt: skip

OVERLAP_ADD = Exercise(
    name="overlap_add",
    function="minigrad.ops.conv:overlap_add",
    tests=[
        f"{LAYERS}::test_where_two_windows_meet_they_add_up",
        f"{LAYERS}::test_windows_over_each_other_add_up_likewise",
        f"{LAYERS}::test_the_middle_of_four_windows_is_in_all_of_them",
        f"{LAYERS}::test_at_stride_2_windows_lie_side_by_side_and_the_last_pixel_gets_nothing",
        f"{LAYERS}::test_what_windows_saw_of_the_padding_is_cut_off",
        f"{LAYERS}::test_dilated_windows_are_added_where_their_taps_lay",
        f"{GRADIENTS}::test_overlap_add_is_the_adjoint_of_windows",
        f"{DIFFERENCES}[conv2d, groups]",
        f"{SINGLE}[conv2d, groups]",
    ],
    read=["minigrad/ops/conv.py:windows", "minigrad/ops/conv.py:definition",
          "minigrad/check.py:check_adjoint"],
    hints=(
        "Begin with zeros as large as the padded image, and cut the padding off at the end.",
        "Add tap by tap: seen[..., a, b] is one number of every window, and belongs to the rows "
        "a·d, a·d + s, a·d + 2s, …, as many as there are windows; likewise the columns.",
        "x[:, :, a*d : a*d + (H' − 1)*s + 1 : s, …] += seen[..., a, b], in two loops over a and b; "
        "then return x[:, :, p : p + H, q : q + W].",
    ),
    wrong=[
        Mistake(
            "where windows meet you keep the last one: add them up",
            "x[:, :, i, j] += seen", "x[:, :, i, j] = seen",
        ),
        Mistake(
            "where windows meet you take the mean: the gradient is their sum",
            "    return x[:, :, p : p + H, q : q + W]\n",
            """    counts = xp.zeros(x.shape[2:], x.dtype)
    for a in range(A):
        for b in range(B):
            i = slice(a * d, a * d + (rows - 1) * s + 1, s)
            j = slice(b * e, b * e + (columns - 1) * t + 1, t)
            counts[i, j] += 1
    x = x / xp.maximum(counts, 1)
    return x[:, :, p : p + H, q : q + W]
""",
        ),
        Mistake(
            "each window is turned round: its number (a, b) goes back to where tap (a, b) lay",
            "seen[..., a, b]", "seen[..., A - 1 - a, B - 1 - b]",
        ),
        Mistake(
            "windows are put back one pixel apart, and were cut `stride` apart",
            """            i = slice(a * d, a * d + (rows - 1) * s + 1, s)
            j = slice(b * e, b * e + (columns - 1) * t + 1, t)
""",
            """            i = slice(a * d, a * d + rows)
            j = slice(b * e, b * e + columns)
""",
        ),
        Mistake(
            "the taps are put back one pixel apart, and lay `dilation` apart",
            """            i = slice(a * d, a * d + (rows - 1) * s + 1, s)
            j = slice(b * e, b * e + (columns - 1) * t + 1, t)
""",
            """            i = slice(a, a + (rows - 1) * s + 1, s)
            j = slice(b, b + (columns - 1) * t + 1, t)
""",
        ),
        Mistake(
            "the result is as large as the padded image: cut the padding off on all sides",
            "return x[:, :, p : p + H, q : q + W]", "return x",
        ),
        Mistake(
            "you cut the padding off at the end alone: p rows and q columns stand before the image",
            "return x[:, :, p : p + H, q : q + W]", "return x[:, :, :H, :W]",
        ),
        Mistake(
            "stride is (rows, columns), and you use one of them for both",
            "(columns - 1) * t + 1, t)", "(columns - 1) * s + 1, s)",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            xp = array_module(seen)
            (s, t), (d, e) = pair("stride", stride, 1), pair("dilation", dilation, 1)
            p, q = pair("padding", padding, 0)
            N, C, rows, columns, A, B = seen.shape
            x = xp.zeros((N, C, shape[2] + 2 * p, shape[3] + 2 * q), seen.dtype)
            for i in range(rows):
                for j in range(columns):
                    down = slice(i * s, i * s + (A - 1) * d + 1, d)
                    right = slice(j * t, j * t + (B - 1) * e + 1, e)
                    x[:, :, down, right] += seen[:, :, i, j]
            return x[:, :, p : x.shape[2] - p, q : x.shape[3] - q]
            """,
        )
    ],
    needs=["convolution"],
)  # fmt: skip

PAINT = "overlap_add(paint(by_group(x, groups, axis=1), filters), shape, *geometry)"
TRANSPOSED = Exercise(
    name="transposed_convolution",
    function="minigrad.ops.conv:painted",
    tests=[
        f"{LAYERS}::test_a_pixel_paints_the_filter_times_itself[definition]",
        f"{LAYERS}::test_where_two_pixels_paint_both_are_added[definition]",
        f"{LAYERS}::test_a_stride_of_2_is_how_far_apart_two_pixels_paint[definition]",
        f"{LAYERS}::test_what_is_painted_on_the_padding_is_cut_off[definition]",
        f"{LAYERS}::test_nobody_paints_what_output_padding_adds[definition]",
        f"{LAYERS}::test_a_dilated_brush_has_gaps[definition]",
        f"{LAYERS}::test_every_channel_paints_with_filters_of_its_own[definition]",
        f"{LAYERS}::test_a_stride_of_2_is_how_far_apart_two_pixels_paint[columns]",
        f"{LAYERS}::test_every_channel_paints_with_filters_of_its_own[columns]",
        f"{LAYERS}::test_transposed_convolution_is_the_gradient_of_convolution",
        f"{DIFFERENCES}[conv_transpose2d]",
        f"{SINGLE}[conv_transpose2d]",
    ],
    read=["minigrad/ops/conv.py:conv_transpose2d", "minigrad/ops/conv.py:definition",
          "minigrad/ops/conv.py:paint"],
    hints=(
        "It is what convolution's gradient at the image does with g: you have written the half of "
        "it already, overlap_add.",
        "Each pixel makes a window, the filters times itself, summed over the channels of its "
        "group; the windows are then added where they belong.  paint makes the windows.  (The "
        "library also has a faster way for one group, columns.handed_back; you need not.)",
        "filters = by_group(weight, groups, axis=0), windows = paint(by_group(x, groups, axis=1), "
        "filters), and overlap_add them into `shape`.",
    ),
    wrong=[
        Mistake(
            "the filter is turned round: tap (a, b) paints a rows and b columns further on",
            PAINT, PAINT.replace("filters)", "filters[..., ::-1, ::-1])"),
        ),
        Mistake(
            "two neighbouring pixels paint one pixel apart, and should be `stride` apart",
            PAINT, PAINT.replace("*geometry", "1, padding, dilation"),
        ),
        Mistake(
            "the padding is not cut off at the start: what is kept begins p rows further on",
            PAINT, PAINT.replace("*geometry", "stride, 0, dilation"),
        ),
        Mistake(
            "the taps are painted one pixel apart, and should be `dilation` apart",
            PAINT, PAINT.replace("*geometry", "stride, padding"),
        ),
        Mistake(
            "weight is (C, O, A, B) here: its first axis is the channel that paints, the second "
            "the channel that is painted on",
            PAINT, PAINT.replace("filters)", "filters.swapaxes(1, 2))"),
        ),
        Mistake(
            "where two pixels paint you keep the last one: add both",
            BODY,
            """
            (s, t), (p, q), (d, e) = stride, padding, dilation
            seen = paint(by_group(x, groups, axis=1), by_group(weight, groups, axis=0))
            rows, columns, A, B = seen.shape[2:]
            N, C, H, W = shape
            y = array_module(x).zeros((N, C, H + 2 * p, W + 2 * q), x.dtype)
            for a in range(A):
                for b in range(B):
                    i = slice(a * d, a * d + (rows - 1) * s + 1, s)
                    j = slice(b * e, b * e + (columns - 1) * t + 1, t)
                    y[:, :, i, j] = seen[..., a, b]
            return y[:, :, p : p + H, q : q + W]
            """,
        ),
        Mistake(
            "this is conv2d's value, where each output collects a window; here each pixel paints "
            "one",
            BODY,
            "return definition(x, weight.swapaxes(0, 1), None, stride, padding, dilation, 1)[0]",
        ),
        Mistake(
            "this is conv2d's value, where each output collects a window; here each pixel paints "
            "one",
            BODY,
            """
            more = [(0, 0), (0, 0), *((0, k - 1) for k in weight.shape[2:])]
            x = array_module(x).pad(x, more)
            return definition(x, weight.swapaxes(0, 1), None, stride, padding, dilation, 1)[0]
            """,
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            filters = by_group(weight, groups, axis=0)
            seen = paint(by_group(x, groups, axis=1), filters)
            return overlap_add(seen, shape, stride, padding, dilation)
            """,
        ),
        (
            BODY,
            """
            (s, t), (p, q), (d, e) = stride, padding, dilation
            (N, C, rows, columns), (O, A, B) = x.shape, weight.shape[1:]
            H, W = shape[2:]
            reach = [(rows - 1) * s + (A - 1) * d + 1, (columns - 1) * t + (B - 1) * e + 1]
            size = max(reach[0], H + 2 * p), max(reach[1], W + 2 * q)
            y = array_module(x).zeros((*shape[:2], *size), x.dtype)
            for c in range(C):
                group = c // (C // groups)
                own = slice(group * O, (group + 1) * O)
                for i in range(rows):
                    for j in range(columns):
                        down = slice(i * s, i * s + (A - 1) * d + 1, d)
                        right = slice(j * t, j * t + (B - 1) * e + 1, e)
                        y[:, own, down, right] += weight[c] * x[:, c, i, j, None, None, None]
            return y[:, :, p : p + H, q : q + W]
            """,
        ),
    ],
    needs=["overlap_add"],
    picture=["checkerboard"],
)  # fmt: skip

EXERCISES = [
    WINDOWS, CONVOLUTION, OVERLAP_ADD, MAX_POOL, SWITCHES, BATCH_NORM, TRANSPOSED, SGD, ADAM,
    RECEPTIVE_FIELD,
]  # fmt: skip
