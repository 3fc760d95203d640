"""What a unit sees of the image."""

from tests.exercises.exercise import BODY, Exercise, Mistake

FIELDS = "tests/models/test_receptive_field.py"

RECEPTIVE_FIELD = Exercise(
    name="receptive_field",
    function="models.receptive_field:_through",
    tests=[
        f"{FIELDS}::test_a_3x3_window_sees_3_pixels_the_first_beyond_the_border",
        f"{FIELDS}::test_two_3x3_windows_see_5_pixels_and_three_see_7",
        f"{FIELDS}::test_after_a_stride_of_2_neighbours_are_2_pixels_apart",
        f"{FIELDS}::test_a_window_upon_units_2_apart_reaches_twice_as_far",
        f"{FIELDS}::test_strides_multiply",
        f"{FIELDS}::test_padding_counts_in_units_of_the_layer_below",
        f"{FIELDS}::test_what_reads_everything_sees_everything_and_so_does_what_follows",
        f"{FIELDS}::test_sizes_are_the_published_ones[alexnet-sizes0]",
        f"{FIELDS}::test_sizes_are_the_published_ones[vgg16-sizes1]",
    ],
    read=["models/receptive_field.py:ReceptiveField", "models/receptive_field.py:trace"],
    hints=(
        "Draw it: units of the layer below, `stride` pixels apart, each seeing `size` pixels.  A "
        "window of k of them in a row: how far is it from the first one's first pixel to the last "
        "one's last?",
        "From the first unit to the last are k − 1 steps of `stride` pixels each.  One place "
        "further on the window moves s units, each `stride` pixels.  And p units of padding stand "
        "before the first, each `stride` pixels wide.",
        "size + (k − 1)·stride, s·stride, start − p·stride: all three with the stride of the layer "
        "below, not with s.  WHOLE if window is None or field.size is None.",
    ),
    wrong=[
        Mistake(
            "from the first unit of the window to its last there are k − 1 steps, not k",
            "(k - 1) * stride", "k * stride",
        ),
        Mistake(
            "the units of the window are the stride of the layer below apart, not s",
            "(k - 1) * stride", "(k - 1) * s",
        ),
        Mistake(
            "the size grows by the stride before this layer; you take the one after it",
            "(k - 1) * stride", "(k - 1) * s * stride",
        ),
        Mistake(
            "the units of the window are not neighbouring pixels: they are `stride` pixels apart",
            "size + (k - 1) * stride", "size + k - 1",
        ),
        Mistake(
            "strides multiply: s units of `stride` pixels each",
            "stride=s * stride", "stride=s + stride - 1",
        ),
        Mistake(
            "strides multiply: this layer's own is only the last factor",
            "stride=s * stride", "stride=s",
        ),
        Mistake(
            "p counts units of the layer below, each `stride` pixels apart",
            "start - p * stride", "start - p",
        ),
        Mistake(
            "p counts units of the layer below, whose stride is `stride`, without s",
            "start - p * stride", "start - p * s * stride",
        ),
        Mistake(
            "padding stands before the first unit: it is subtracted from start",
            "start - p * stride", "start + p * stride",
        ),
        Mistake(
            "what the layer below begins with is lost: start − p · stride",
            "start - p * stride", "-p * stride",
        ),
    ],
    alternatives=[
        (
            BODY,
            """
            if window is None or field == WHOLE:
                return WHOLE
            k, s, p = window
            first = field.start + (0 - p) * field.stride
            last = field.start + (k - 1 - p) * field.stride
            return ReceptiveField(last + field.size - first, field.stride * s, first)
            """,
        )
    ],
    needs=["windows"],
    picture=["patches"],
)  # fmt: skip
