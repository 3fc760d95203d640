r"""The whole engine: wrap an array, record what is done to it, walk back.

The idea (reverse mode; Linnainmaa 1970, Griewank and Walther 2008, chapter 3).  Let y be computed
from x in steps.  Each step knows how to turn the gradient at its output into the gradient at each
of its inputs,

    ∂y/∂input = Σ over the steps that used it  (∂output/∂input)ᵀ · ∂y/∂output

so one walk from y back to x, newest step first, gives ∂y/∂x.  Three names do all of it:

    Tensor   an array whose use is recorded
    op       makes a function on plain arrays into one that records
    grad     the walk

Nothing is stored between two walks: gradients live in a dictionary inside `grad`.

Read next: tape.py, which prints the record; ops/activation.py for the smallest ops; then
ops/conv.py; then rules.py.
"""

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad.backend import array_module, device_of, is_array

_births = itertools.count()


class Tensor:
    """An array whose use is recorded, so that `grad` can walk back to it.

    Everything that is not wrapped stays a plain array and costs nothing.  The array is not copied
    and must not be changed while the Tensor is in use: make a new one instead.

    Args:
        data: a float array, NumPy's or CuPy's (a number or a list becomes a NumPy array).
        name: what `tape` calls it; networks name their activations by layer.

    Raises:
        TypeError: data holds integers, which have no gradient.
    """

    __slots__ = ("data", "name", "step", "birth", "__weakref__")
    __array_ufunc__ = None  # array * tensor asks the tensor, not NumPy …
    __array_priority__ = 1000  # … nor CuPy

    def __init__(self, data, name: str | None = None):
        if isinstance(data, Tensor):
            raise TypeError("this is a Tensor already: wrap its .data for an independent one")
        self.data = data if is_array(data) else np.asarray(data)
        if self.data.dtype.kind != "f":
            raise TypeError(
                f"a Tensor holds floats, and this array holds {self.data.dtype}: "
                "wrap array.astype(np.float32)"
            )
        self.name = name
        self.step: Step | None = None  # None: nobody computed it, it is where the tape begins
        self.birth = next(_births)

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)

    def __len__(self):
        return len(self.data)

    def __float__(self):
        return float(self.data)

    def __repr__(self):
        named = f", name={self.name!r}" if self.name else ""
        return f"Tensor({self.data!r}{named})"

    def __bool__(self):
        raise TypeError("a Tensor is neither true nor false: ask its .data")

    # The operators, indexing and methods such as x.sum() are ops: minigrad/ops adds them here.


class Step(NamedTuple):
    """One line of the tape: which op made a Tensor, from what, and the way back.

    `back[i]` turns the gradient at the output into the one at `parents[i]`.  `arrays` and
    `options` are what the op got: a rule may need them.
    """

    op: Callable
    arrays: Sequence[Any]
    options: dict[str, Any]
    parents: Sequence[Tensor]
    back: Sequence[Callable]
    first: bool  # parents[0] is the op's first argument, the one that a rule is about


class UnusedRule(ValueError):
    """A rule was handed to `grad`, and there was no step that it could act on."""


def op(forward: Callable | None = None, *, broadcasts: bool = False) -> Callable:
    """Make a function on plain arrays into one that records what it does to Tensors.

    The function returns its value and then one gradient function for each leading array argument,
    None for one without gradient (labels, an index); a sequence of arrays counts as that many.
    With no Tensor among the arguments it is an ordinary function: arrays in, array out.

    Args:
        forward: `f(*arrays, **options) -> (value, *gradients)`.
        broadcasts: the arrays may have unlike shapes, as in x + 1; the engine then sums each
            gradient over the axes along which its array was repeated.

    Raises:
        TypeError: Tensors and arrays of unlike dtype or device in one call, or a wrong shape
            or dtype of a gradient (a mistake in the op).
    """
    if forward is None:
        return functools.partial(op, broadcasts=broadcasts)
    signature = inspect.signature(forward)

    @functools.wraps(forward)
    def call(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        tensors = _flat(given.arguments.values())
        plain = [_plain(value) for value in given.arguments.values()]
        wrapped = [t for t in tensors if isinstance(t, Tensor)]
        if wrapped:
            _check_alike(call.__name__, given.arguments, wrapped[0].dtype)
        value, *gradients = forward(*plain)
        if not wrapped:
            return value

        y = Tensor(value)
        tensors = tensors[: len(gradients)]
        kept = [i for i, t in enumerate(tensors) if isinstance(t, Tensor) and gradients[i]]
        if not kept:
            return y
        y.step = Step(
            op=call,
            arrays=_leading(plain, len(gradients)),
            options=_options(signature, plain, len(gradients)),
            parents=[tensors[i] for i in kept],
            back=[gradients[i] for i in kept],
            first=kept[0] == 0,
        )
        return y

    call.broadcasts = broadcasts
    return call


def grad(
    y: Tensor,
    inputs: Sequence[Tensor],
    seed: Any = None,
    rules: Mapping[Any, Callable] | None = None,
) -> list[Any]:
    r"""Return ∂y/∂x for every x in `inputs`, as plain arrays of the shapes of the inputs.

    Only steps on the way from y to the inputs are computed.  The tape stays as it was: walk it as
    often as you like.

    Args:
        y: the Tensor to differentiate; one number, or give a seed.
        inputs: Tensors that y was computed from, any activation among them.
        seed: the gradient handed in at y, an array of y's shape: the result is Σ seed · ∂y/∂x.
        rules: `{op: rule}` or `{tensor: rule}`; `rule(g, *arrays, **options)` replaces the gradient
            at the first argument of that op, or of the one step that made that tensor, in this
            call alone.  The tensor's rule goes before its op's.

    Raises:
        TypeError: y or an input is not a Tensor.
        ValueError: y is not one number and there is no seed, or an input has no part in y.
        UnusedRule: a rule was never applied (a ValueError, too).
    """
    _check_request(y, inputs)
    rules = dict(rules or {})
    gradients = {y: _seed(y, seed)}
    wanted = set(inputs)
    path = _path(y, wanted)
    applied = set()

    for tensor in sorted(path, key=lambda t: t.birth, reverse=True):  # a step is newer than its
        g = gradients[tensor] if tensor in wanted else gradients.pop(tensor)  # arguments, always
        if tensor.step is None:
            continue
        for parent, back, key in ways_back(tensor, rules):
            if parent not in path:
                continue
            applied.add(key)
            arriving = _fit(back(g), parent, tensor.step.op)
            gradients[parent] = gradients[parent] + arriving if parent in gradients else arriving

    _check_applied(rules, applied, path)
    return [gradients[x] for x in inputs]


def _path(y: Tensor, wanted: set[Tensor]) -> set[Tensor]:
    """The tensors that lie between y and the wanted ones: the rest need no gradient."""
    path = set()
    for tensor in sorted(ancestors(y), key=lambda t: t.birth):
        parents = tensor.step.parents if tensor.step else ()
        if tensor in wanted or any(parent in path for parent in parents):
            path.add(tensor)
    for index, x in enumerate(sorted(wanted - path, key=lambda t: t.birth)):
        raise ValueError(
            f"y does not depend on {_called(x, index)}, so there is no gradient to give: "
            "compute y from that very Tensor, not from its .data or from a copy"
        )
    return path


def ancestors(y: Tensor) -> set[Tensor]:
    """Everything that y was computed from, and y; a list in place of recursion, for long tapes."""
    seen, waiting = {y}, [y]
    while waiting:
        tensor = waiting.pop()
        for parent in tensor.step.parents if tensor.step else ():
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def ways_back(tensor: Tensor, rules: Mapping[Any, Callable]):
    """Yield (parent, gradient function, the key of the rule it came from, or None)."""
    step = tensor.step
    key = next((k for k in (tensor, step.op) if k in rules), None)
    for index, (parent, back) in enumerate(zip(step.parents, step.back, strict=True)):
        if key is not None and index == 0 and step.first:
            yield parent, functools.partial(_apply_rule, rules[key], step), key
        else:
            yield parent, back, None


def _apply_rule(rule: Callable, step: Step, g):
    return rule(g, *step.arrays, **step.options)


def _fit(gradient, parent: Tensor, made_by: Callable):
    """Bring a gradient to its argument's shape: un-broadcast where that is the op's right."""
    gradient = np.asarray(gradient) if isinstance(gradient, np.generic) else gradient
    if made_by.broadcasts and gradient.shape != parent.shape:
        gradient = _unbroadcast(gradient, parent.shape)
    if gradient.shape != parent.shape or gradient.dtype != parent.dtype:
        raise TypeError(
            f"the gradient of {made_by.__name__} (or its rule) gives {gradient.dtype} "
            f"{gradient.shape} where its argument is {parent.dtype} {parent.shape}"
        )
    return gradient


def _unbroadcast(gradient, shape: tuple[int, ...]):
    """Sum over the axes along which an array of this shape was repeated: the adjoint of repeating.

    (2, 3, 4) → (3, 1): sum over axis 0, which was put in front, and over axis 2, which was 1.
    """
    in_front = gradient.ndim - len(shape)
    stretched = [in_front + i for i, n in enumerate(shape) if n == 1]
    summed = gradient.sum(axis=(*range(in_front), *stretched), keepdims=True)
    return summed.reshape(shape)


# ── What may be asked, and what is said when it may not ──────────────────────────────────────────


def _check_request(y, inputs):
    if isinstance(inputs, Tensor):
        raise TypeError("inputs is a list of Tensors: write grad(y, [x])")
    for thing, what in [(y, "y"), *((x, f"inputs[{i}]") for i, x in enumerate(inputs))]:
        if not isinstance(thing, Tensor):
            raise TypeError(
                f"{what} is a plain {type(thing).__name__}: wrap the array that you want to "
                "differentiate, Tensor(array), before you compute with it"
            )


def _seed(y: Tensor, seed):
    if seed is None:
        if y.size != 1:
            raise ValueError(
                f"y has shape {y.shape}, which is not one number: pick or sum one, "
                "or hand in a seed of that shape"
            )
        return array_module(y.data).ones_like(y.data)
    seed = seed if is_array(seed) else array_module(y.data).asarray(seed)
    if seed.shape != y.shape:
        raise ValueError(f"the seed has shape {seed.shape}, but y has {y.shape}")
    return seed.astype(y.dtype, copy=False)


def _check_applied(rules: Mapping[Any, Callable], applied: set, path: set[Tensor]):
    for key in rules:
        if key in applied:
            continue
        ops = sorted({t.step.op.__name__ for t in path if t.step})
        name = _called(key, 0) if isinstance(key, Tensor) else getattr(key, "__name__", repr(key))
        raise UnusedRule(
            f"the rule for {name} was never applied: between y and the inputs the tape holds "
            f"{', '.join(ops) or 'no op at all'}"
        )


def _check_alike(name: str, arguments: Mapping[str, Any], dtype):
    """Refuse two devices or two float dtypes in one call, and say which argument is which."""
    found = {}
    for argument, value in arguments.items():
        for item in _flat([value]):
            data = item.data if isinstance(item, Tensor) else item
            if is_array(data) and (data.dtype.kind == "f" or device_of(data) == "cuda"):
                kind = data.dtype if data.dtype.kind == "f" else dtype  # labels have no say
                found.setdefault((device_of(data), str(kind)), argument)
    if len(found) > 1:
        where = ", ".join(f"{arg} is {kind} on {device}" for (device, kind), arg in found.items())
        raise TypeError(f"{name}: {where}; bring them to one device and dtype")


def _called(tensor: Tensor, index: int) -> str:
    named = f"{tensor.name!r}" if tensor.name else f"inputs[{index}]"
    return f"{named} (shape {tensor.shape})"


# ── The arguments of an op ───────────────────────────────────────────────────────────────────────


def _flat(values) -> list:
    """List the arguments one by one, a sequence of arrays as its items."""
    flat = []
    for value in values:
        flat.extend(value if _is_sequence(value) else [value])
    return flat


def _is_sequence(value) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(v, Tensor) for v in value)


def _plain(value):
    """What the forward gets: arrays for Tensors, Python numbers for NumPy's.

    np.sqrt(2) is a float64 that would turn float32 arrays into float64; the Python number 2.0
    takes the array's dtype.
    """
    if isinstance(value, Tensor):
        return value.data
    if _is_sequence(value):
        return [_plain(v) for v in value]
    return value.item() if isinstance(value, np.generic) else value


def _leading(plain: list, count: int) -> list:
    """The array arguments: as many as there are gradient functions."""
    arrays = []
    for value in plain:
        if len(arrays) >= count:
            break
        arrays.append(value)
        count -= len(value) - 1 if isinstance(value, list) else 0
    return arrays


def _options(signature, plain: list, count: int) -> dict[str, Any]:
    """Everything behind the array arguments, by name."""
    skip = len(_leading(plain, count))
    return dict(list(zip(signature.parameters, plain, strict=True))[skip:])
