"""Where minigrad means something else than PyTorch: all of it, and the fuzz leaves out no more.

Whoever draws or compares a case that a convention is about names it (`differs`), and a test asks
that each of them is named.  What is the same as PyTorch's, though it could have been otherwise:

    gradient                                    among equals, at a bound, at zero
    max, min over axes; maximum, minimum        equal shares among ties
    max_pool2d                                  to the first of equal pixels, row by row
    relu, leaky_relu at 0                       0, and the slope of the negative side
    abs at 0                                    0
    clip at its bounds                          g
    x ** 0 everywhere                           0
    sqrt at 0                                   ∞ · g

Read before: fuzz_draw.py.
"""

CONVENTIONS = {
    "a choice at NaN": (
        "relu, leaky_relu, abs, clip, maximum, minimum, max and min choose with > and =, and NaN "
        "is neither: what their gradient is where the result is NaN is promised by nobody"
    ),
    "a window with NaN": (
        "max_pool2d gives NaN for a window that holds one, as PyTorch does, but hands nothing "
        "back to that window; PyTorch hands g to its last NaN"
    ),
    "masks in a subtraction": "x − mask takes the mask for 0 and 1, as NumPy does; PyTorch refuses",
    "nothing is no result": (
        "an image of no rows or columns, a maximum or softmax along an axis of none, and a loss "
        "of no example are refused; PyTorch answers some of them, with nothing or NaN"
    ),
    "infinities in a tile": (
        "Winograd's transforms add a pixel to its neighbours and take it away again, so that an "
        "infinite pixel makes NaN of its whole tile; force(\"columns\") keeps it in the windows "
        "that see it"
    ),
    "an ignored example": (
        "cross_entropy gives an example that does not count the gradient 0, whatever its scores; "
        "PyTorch's is NaN for some that are not finite"
    ),
    "what 1 − σ loses": (
        "sigmoid's gradient is g · σ(x) · σ(−x), which keeps its digits for large x; PyTorch's "
        "g · σ · (1 − σ) is 0 there, and NaN for an infinite g"
    ),
    "a pixel of weight 0": (
        "upsample_bilinear adds 0 times the neighbour that a place on a pixel does not look at, so "
        "an infinite neighbour makes NaN; PyTorch does so for some sizes"
    ),
    "an infinite score": (
        "binary_cross_entropy of a score of −∞ is ∞ where the target is not 0, as its equation "
        "says; PyTorch's is NaN"
    ),
}

named = set()  # the conventions that a case has named


def differs(name: str) -> str:
    """Name a convention.

    Raises:
        KeyError: it is not listed.
    """
    CONVENTIONS[name]
    named.add(name)
    return name
