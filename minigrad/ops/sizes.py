"""The sizes of windows, and what is said of those that make no convolution or pooling.

A number that nobody checks is worse here than an exception: a dilation of −1 reads memory in front
of the image, and gives a picture of it.

Read before: ops/conv.py, which uses it, as pool.py and resample.py do.
"""

from minigrad.checked import whole


def pair(name, value, at_least) -> tuple[int, int]:
    """One whole number for rows and columns alike, or one of each.

    Raises:
        TypeError: it is no whole number, and no tuple or list.
        ValueError: it is below `at_least`, or there are not two.
    """
    if not isinstance(value, tuple | list):
        return (whole(name, value, at_least),) * 2
    if len(value) != 2:
        raise ValueError(f"{name} is {value!r}: give a number, or one for rows and one for columns")
    return whole(name, value[0], at_least), whole(name, value[1], at_least)


def margins(padding, kernel_size, stride, dilation):
    """Zeros on each side, and those that the end has more than the start, for rows and columns."""
    if padding == "valid":
        return (0, 0), (0, 0)
    if padding != "same":
        return pair("padding", padding, 0), (0, 0)
    if stride != (1, 1):
        raise ValueError(f'padding "same" is for stride 1, where it keeps the size, not {stride}')
    zeros = [d * (k - 1) for d, k in zip(dilation, kernel_size, strict=True)]
    return tuple(n // 2 for n in zeros), tuple(n % 2 for n in zeros)


def check_images(name, shape):
    """Raise one sentence where a shape is no batch of images; a batch of none is a batch."""
    if len(shape) != 4 or 0 in shape[1:]:
        raise ValueError(f"{name} takes x (N, C, H, W), C, H, W ≥ 1, but x has shape {shape}")


def check_axes(name, x, weight):
    """Raise one sentence where x and weight are no batch of images and no bank of filters."""
    if x.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            f"{name} of x {x.shape} with weight {weight.shape}: "
            "x (N, C, H, W) and weight must both have four axes"
        )


def check_shapes(name, x, weight, bias, groups, channels, outputs):
    """Raise one sentence where the shapes and groups do not make a convolution."""
    if 0 in weight.shape:
        wrong = "there is nothing in such a filter"
    elif 0 in x.shape[1:]:
        wrong = "x has no pixels; only its batch may be empty"
    elif x.shape[1] != channels:
        wrong = f"this weight is for {channels} channels (groups {groups}), x has {x.shape[1]}"
    elif channels % groups or outputs % groups:
        wrong = f"{groups} groups do not divide {channels} channels in and {outputs} out"
    elif bias is not None and bias.shape != (outputs,):
        wrong = f"bias has shape {bias.shape}, but there are {outputs} channels out"
    else:
        return
    raise ValueError(f"{name} of x {x.shape} with weight {weight.shape}: {wrong}")
