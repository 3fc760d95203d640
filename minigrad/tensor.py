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

Read next: arguments.py, what an op may be given; tape.py, which prints the record.
"""

import functools
import inspect
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from minigrad import arguments
from minigrad.arguments import UnusedRule

__all__ = ["Step", "Tensor", "UnusedRule", "ancestors", "data_of", "grad", "op", "ways_back"]

_births = itertools.count()


class Tensor:
    """An array whose use is recorded, so that `grad` can walk back to it.

    Everything that is not wrapped stays a plain array and costs nothing.  The array is not copied
    and must not be changed while the Tensor is in use: make a new one instead.  Tensors are told
    apart by identity; `a == b`, `a < b` compare their numbers and give plain arrays of bools.

    Args:
        data: a float array, NumPy's or CuPy's (a number or a list becomes a NumPy array).
        name: what `tape` calls it; networks name their activations by layer.

    Raises:
        TypeError: data holds integers, which have no gradient.
    """

    __slots__ = ("data", "name", "step", "birth", "__weakref__")
    __hash__ = object.__hash__
    __array_ufunc__ = None  # array * tensor asks the tensor, not NumPy …
    __array_priority__ = 1000  # … nor CuPy

    def __init__(self, data, name: str | None = None):
        if isinstance(data, Tensor):
            raise TypeError("this is a Tensor already: wrap its .data for an independent one")
        self.data = arguments.checked_floats(data)
        self.name = name
        self.step: Step | None = None  # None: nobody computed it, it is where the tape begins
        self.birth = next(_births)

    shape = property(lambda self: self.data.shape)
    dtype = property(lambda self: self.data.dtype)
    ndim = property(lambda self: self.data.ndim)
    size = property(lambda self: self.data.size)

    def __len__(self):
        return len(self.data)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def item(self) -> float:
        """The number of a Tensor of one number, as Python's float."""
        return self.data.item()

    def __float__(self):
        return float(self.data)

    def __format__(self, spec):
        return format(self.item(), spec) if spec else str(self)

    def __repr__(self):
        named = f", name={self.name!r}" if self.name else ""
        return f"Tensor({self.data!r}{named})"

    def __bool__(self):
        raise TypeError("a Tensor is neither true nor false: ask its .data")

    def __array__(self, *_, **__):
        raise TypeError("NumPy wants an array, and this is a Tensor: take its .data")

    def __array_function__(self, function, *_):
        raise TypeError(f"np.{function.__name__} wants arrays: take .data, or an op of minigrad")

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


def op(forward: Callable | None = None, *, broadcasts: bool = False) -> Callable:
    """Make a function on plain arrays into one that records what it does to Tensors.

    The function returns its value and then one gradient function for each leading array argument,
    None for one without gradient (labels, an index); a sequence of arrays counts as that many.
    With no Tensor among the arguments it is an ordinary function: arrays in, array out.  What is
    annotated `Array` is made an array of floats before the function sees it (arguments.py).

    Args:
        forward: `f(*arrays, **options) -> (value, *gradients)`.
        broadcasts: the arrays may have unlike shapes, as in x + 1; the engine then sums each
            gradient over the axes along which its array was repeated.

    Raises:
        TypeError: Tensors and arrays of unlike dtype or device in one call, a Tensor for which
            there is no gradient, or a wrong shape or dtype of a gradient (a mistake in the op).
    """
    if forward is None:
        return functools.partial(op, broadcasts=broadcasts)
    signature, known = inspect.signature(forward), arguments.parameters(forward)

    @functools.wraps(forward)
    def call(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        one_by_one = arguments.one_by_one(given.arguments, known)   # [(its name, argument), …]
        wrapped = [i for i, (_, a) in enumerate(one_by_one) if isinstance(a, Tensor)]
        arguments.check_recordable(call.__name__, [one_by_one[i][0] for i in wrapped], known)
        unwrapped = {n: _unwrapped(a, known[n].is_list) for n, a in given.arguments.items()}
        plain = arguments.made_alike(call.__name__, unwrapped, known, broadcasts)
        value, *gradients = forward(*plain)
        if not wrapped:
            return value

        for i in wrapped:
            if gradients[i : i + 1] in ([], [None]):
                arguments.without_gradient(call.__name__, one_by_one[i][0])
        y = Tensor(value)
        arrays, options = arguments.split(plain, known, len(gradients))
        y.step = Step(
            op=call,
            arrays=arrays,
            options=options,
            parents=[one_by_one[i][1] for i in wrapped],
            back=[gradients[i] for i in wrapped],
            first=wrapped[0] == 0,
        )
        return y

    call.broadcasts = broadcasts
    return call


def _unwrapped(value, is_list=False):
    """The array of a Tensor, or of each in a list of them; anything else as it is."""
    if is_list and isinstance(value, list | tuple):
        return [_unwrapped(item) for item in value]
    return data_of(value)


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
    if isinstance(inputs, Tensor):
        raise TypeError("inputs is a list of Tensors: write grad(y, [x])")
    for thing, what in [(y, "y"), *((x, f"inputs[{i}]") for i, x in enumerate(inputs))]:
        if not isinstance(thing, Tensor):
            arguments.not_a_tensor(what, thing)
    rules, wanted = dict(rules or {}), set(inputs)
    gradients = {y: arguments.checked_seed(seed, y.data)}
    path = _path(y, wanted)
    applied = _walk(path, gradients, wanted, rules)
    for key in rules:
        if key not in applied:
            arguments.unused_rule(key, sorted({t.step.op.__name__ for t in path if t.step}))
    return arguments.apart([gradients[x] for x in inputs], seed)


def _walk(path: set[Tensor], gradients: dict, wanted: set[Tensor], rules) -> set:
    """Walk the path back, newest first, and add up in `gradients` what arrives at each tensor:

        ∂y/∂parent = Σ over the steps that used it  back(∂y/∂output)

    The path is a set of tensors, from the wanted to y; other parents get nothing.  A step is newer
    than its arguments, always.  `gradients` begins as {y: seed}, and ends with the wanted alone.
    Returns the keys of the rules applied.
    """
    applied = set()
    for tensor in sorted(path, key=lambda t: t.birth, reverse=True):
        g = gradients[tensor] if tensor in wanted else gradients.pop(tensor)
        if tensor.step is None:
            continue
        for parent, back, key in ways_back(tensor, rules):
            if parent not in path:
                continue
            applied.add(key)
            arriving = _fit(back(g), parent, tensor.step.op)
            gradients[parent] = gradients[parent] + arriving if parent in gradients else arriving
    return applied


def _path(y: Tensor, wanted: set[Tensor]) -> set[Tensor]:
    """The tensors that lie between y and the wanted ones: the rest need no gradient."""
    path = set()
    for tensor in sorted(ancestors(y), key=lambda t: t.birth):
        parents = tensor.step.parents if tensor.step else ()
        if tensor in wanted or any(parent in path for parent in parents):
            path.add(tensor)
    for index, x in enumerate(sorted(wanted - path, key=lambda t: t.birth)):
        arguments.no_path(arguments.called(x, index))
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
    if made_by.broadcasts and gradient.ndim >= parent.ndim and gradient.shape != parent.shape:
        gradient = _unbroadcast(gradient, parent.shape)
    if gradient.shape != parent.shape or gradient.dtype != parent.dtype:
        arguments.wrong_gradient(made_by.__name__, gradient, parent)
    return gradient


def _unbroadcast(gradient, shape: tuple[int, ...]):
    """Sum over the axes along which an array of this shape was repeated: the adjoint of repeating.

    (2, 3, 4) → (3, 1): sum over axis 0, which was put in front, and over axis 2, which was 1.
    """
    in_front = gradient.ndim - len(shape)
    stretched = [in_front + i for i, n in enumerate(shape) if n == 1]
    summed = gradient.sum(axis=(*range(in_front), *stretched), keepdims=True)
    return summed.reshape(shape)


def data_of(value):
    """The array of a Tensor; anything else as it is."""
    return value.data if isinstance(value, Tensor) else value
