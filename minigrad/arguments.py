"""What an op and `grad` are given, made alike or refused: every sentence that the engine says.

An op's forward sees plain arrays, all of one float dtype and on one device, and its options.  This
file brings the arguments into that form:

    Tensor          its array
    number          stays a number beside an array (2 · x keeps x's dtype), is an array alone
    list            an array
    int, mask       in arithmetic an array of the other argument's dtype, as x · [x > 0] wants it

and whatever is left is refused, before it can become a wrong number.  Nothing here computes.

Read before: tensor.py, which calls these functions.  Read next: tape.py.
"""

import inspect
import numbers
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import Any, NamedTuple, get_args

import numpy as np

from minigrad.backend import Array, array_module, device_of, is_array


class Parameter(NamedTuple):
    """What an op's signature says of one argument: `x: Array`, `Array | None`, `list[Array]`."""

    is_array: bool
    is_list: bool
    may_be_none: bool


def parameters(forward: Callable) -> dict[str, Parameter]:
    """Read the signature of an op's forward, by argument; whatever is no `Array` is an option."""
    read = {}
    for name, parameter in inspect.signature(forward).parameters.items():
        kind = parameter.annotation
        inner = get_args(kind)
        read[name] = Parameter(
            is_array=Array in (kind, *inner),
            is_list=getattr(kind, "__origin__", None) is list,
            may_be_none=NoneType in inner,
        )
    return read


def one_by_one(given: Mapping[str, Any], known: Mapping[str, Parameter]) -> list[tuple[str, Any]]:
    """List (name, argument) of a call; a list of arrays counts as so many arguments."""
    return [
        (name, item)
        for name, value in given.items()
        for item in (value if known[name].is_list and isinstance(value, list | tuple) else [value])
    ]


def split(plain: list, known: Mapping[str, Parameter], count: int) -> tuple[list, dict[str, Any]]:
    """Tell an op's arrays, as many as it returned gradients, from its options by name."""
    arrays = []
    for value in plain:
        if count <= 0:
            break
        arrays.append(value)
        count -= len(value) if isinstance(value, list) else 1
    return arrays, dict(list(zip(known, plain, strict=True))[len(arrays) :])


def check_recordable(op: str, wrapped: list[str], known: Mapping[str, Parameter]):
    """Refuse a Tensor where an option belongs: no gradient could find its way to it."""
    if any(parameter.is_array for parameter in known.values()):
        for name in wrapped:
            if not known[name].is_array:
                without_gradient(op, name)


def made_alike(op: str, given: Mapping[str, Any], known: Mapping[str, Parameter], broadcasts: bool):
    """Return the arguments as the forward wants them, in order; a list of arrays stays a list.

    Args:
        op: its name, for the sentences.
        given: plain values by argument: Tensors are unwrapped already.
        known: what the signature says of them.
        broadcasts: the op is arithmetic, where whole numbers and masks count as floats.

    Raises:
        TypeError: no array where one belongs, integers, or arrays of unlike dtype or device.
    """
    _check_alike(op, given)
    given = given if _float_array(given) is not None else _with_one_array(op, given, known)
    like = _float_array(given)

    def made(name, value):
        if isinstance(value, np.generic) and (like is not None or not known[name].is_array):
            return value.item()  # np.sqrt(2) is a float64, and would make x one, too
        if not known[name].is_array or (value is None and known[name].may_be_none):
            return value
        if known[name].is_list and isinstance(value, list):
            return [_array(op, name, item, None, like, broadcasts) for item in value]
        return _array(op, name, value, like if broadcasts else None, like, broadcasts)

    return [made(name, value) for name, value in given.items()]


def _float_array(given):
    return next((a for a in _items(given.values()) if is_array(a) and _is_float(a)), None)


def _with_one_array(op, given, known):
    """Where all are numbers or lists, make one of them an array; NumPy's first, it has a dtype."""
    ours = [n for n, v in given.items() if known[n].is_array and not known[n].is_list]
    for name in sorted(ours, key=lambda name: not isinstance(given[name], np.generic)):
        if isinstance(given[name], float | np.floating | list | tuple):
            return {**given, name: _from_list(op, name, given[name], None)}
    return given


def _array(op, name, value, beside, like, broadcasts):
    """One array argument; a number may stay a number where it stands `beside` an array."""
    if beside is not None and isinstance(value, numbers.Real):
        return value
    if not is_array(value):
        if not isinstance(value, list | tuple | numbers.Real):
            raise TypeError(f"{op}: {name} is {_what(value)}, and an array belongs there")
        value = _from_list(op, name, value, like)
    if _is_float(value):
        return value
    if broadcasts and like is not None and value.dtype.kind in "iub":
        return value.astype(like.dtype)
    raise TypeError(
        f"{op}: {name} holds {value.dtype}, and gradients need floats: {name}.astype(np.float32)"
    )


def _from_list(op, name, value, like):
    try:
        made = np.asarray(value)
    except ValueError:  # rows of unlike length
        made = np.asarray(None)
    if made.dtype.kind not in "fiub":
        raise TypeError(f"{op}: {name} is {_what(value)}, and an array belongs there")
    if like is None:
        return made
    kind = like.dtype if made.dtype.kind == "f" else made.dtype
    return array_module(like).asarray(made, kind)


def _what(value) -> str:
    return repr(value) if value is None or isinstance(value, str) else f"a {type(value).__name__}"


def _check_alike(op: str, given: Mapping[str, Any]):
    """Refuse two devices or two float dtypes in one call, and say which argument is which."""
    found = {}
    arrays = [(name, a) for name, value in given.items() for a in _items([value]) if is_array(a)]
    floats = {a.dtype for _, a in arrays if _is_float(a)}
    for name, array in arrays:
        if _is_float(array) or device_of(array) == "cuda":  # labels may lie on either device, …
            kinds = {array.dtype} if _is_float(array) else floats  # … and have no say in the dtype
            for kind in kinds:
                found.setdefault((device_of(array), str(kind)), name)
    if len(found) > 1:
        where = ", ".join(f"{name} is {kind} on {device}" for (device, kind), name in found.items())
        raise TypeError(f"{op}: {where}; bring them to one device and dtype")


def _items(values):
    """The arguments one by one, a sequence as its items."""
    for value in values:
        if isinstance(value, list | tuple):
            yield from value
        else:
            yield value


def _is_float(array) -> bool:
    return array.dtype.kind == "f"


# ── What else is refused ─────────────────────────────────────────────────────────────────────────


def checked_floats(data):
    """An array of floats for a Tensor to hold, or a TypeError."""
    data = data if is_array(data) else np.asarray(data)
    if data.dtype.kind != "f":
        raise TypeError(
            f"a Tensor holds floats, and this array holds {data.dtype}: "
            "wrap array.astype(np.float32)"
        )
    return data


def without_gradient(op: str, argument: str):
    """A Tensor was given where the op knows no gradient: to go on would lose its share."""
    raise TypeError(
        f"{op}: {argument} is a Tensor, and {op} has no gradient for it: hand in {argument}.data"
    )


def not_a_tensor(what: str, thing):
    """`grad` was asked about a plain array."""
    raise TypeError(
        f"{what} is a plain {type(thing).__name__}: wrap the array that you want to "
        "differentiate, Tensor(array), before you compute with it"
    )


def checked_seed(seed, data):
    """The gradient handed in at y, an array like y's data; 1 where y is one number."""
    xp = array_module(data)
    if seed is None:
        if data.size != 1:
            raise ValueError(
                f"y has shape {data.shape}, which is not one number: pick or sum one, "
                "or hand in a seed of that shape"
            )
        return xp.ones_like(data)
    seed = xp.asarray(seed)
    if seed.shape != data.shape:
        raise ValueError(f"the seed has shape {seed.shape}, but y has {data.shape}")
    return seed.astype(data.dtype, copy=False)[...]  # a view: an array of this walk alone


def apart(gradients: list, seed) -> list:
    """Copy what lies in the seed's memory or in an earlier gradient's: each may be written."""
    taken, apart = {id(_owner(seed))}, []
    for g in gradients:
        g = g.copy() if id(_owner(g)) in taken else g
        taken.add(id(_owner(g)))
        apart.append(g)
    return apart


def _owner(array):
    """The array whose memory a view looks at."""
    while is_array(getattr(array, "base", None)):
        array = array.base
    return array


def called(tensor, index: int) -> str:
    """How a sentence names a Tensor."""
    named = f"{tensor.name!r}" if tensor.name else f"inputs[{index}]"
    return f"{named} (shape {tensor.shape})"


def no_path(called: str):
    """An input of `grad` has no part in y."""
    raise ValueError(
        f"y does not depend on {called}, so there is no gradient to give: "
        "compute y from that very Tensor, not from its .data or from a copy"
    )


def wrong_gradient(op: str, gradient, parent):
    """A gradient function (or a rule) returned another shape or dtype than its argument's."""
    hint = ": end it with .astype(g.dtype)" if gradient.shape == parent.shape else ""
    raise TypeError(
        f"the gradient of {op} (or its rule) gives {gradient.dtype} "
        f"{gradient.shape} where its argument is {parent.dtype} {parent.shape}{hint}"
    )


class UnusedRule(ValueError):
    """A rule was handed to `grad`, and there was no step that it could act on."""


def unused_rule(key, ops: Sequence[str]):
    """A rule, for an op or for a tensor, did nothing: better no picture than one without it."""
    name = called(key, 0) if hasattr(key, "birth") else getattr(key, "__name__", key)
    raise UnusedRule(
        f"the rule for {name} was never applied: between y and the inputs the tape holds "
        f"{', '.join(ops) or 'no op at all'}"
    )
