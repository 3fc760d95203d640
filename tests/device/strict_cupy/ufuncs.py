"""Functions that work element by element, and the operators, which are such functions.

Read before: methods.py.  Read next: functions.py.
"""

import numpy as np

from strict_cupy.arrays import COMPARISONS, cupy, give, ndarray, wrap
from strict_cupy.counts import launched
from strict_cupy.methods import in_range, index_of

AT = {  # the dtypes for which CuPy can do f.at
    "add": "ilqefdILQ", "subtract": "iI", "maximum": "ilqfdILQ", "minimum": "ilqfdILQ",
    "bitwise_and": "ilqILQ", "bitwise_or": "ilqILQ", "bitwise_xor": "ilqILQ",
}  # fmt: skip


def operand(x):
    if isinstance(x, ndarray):
        return x._a
    if isinstance(x, bool | int | float | complex | np.generic):
        return x
    raise TypeError(f"Unsupported type {type(x)}")


class ufunc:  # noqa: N801, CuPy's name
    def __init__(self, name):
        self.__name__, self.name, self._f = name, f"cupy_{name}", getattr(np, name)
        self.nin, self.nout = getattr(self._f, "nin", 1), getattr(self._f, "nout", 1)

    def __repr__(self):
        return f"<ufunc '{self.name}'>"

    def __call__(self, *args, out=None, dtype=None, casting="same_kind", **wrong):
        if wrong:
            raise TypeError(f"Wrong arguments {wrong}")
        if not self.nin <= len(args) <= self.nin + self.nout:
            raise TypeError(f"Wrong number of arguments for {self.name!r}")
        outs = args[self.nin :] or (out if isinstance(out, tuple) else (out,))
        outs = [o for o in outs if o is not None]
        inputs = [operand(x) for x in args[: self.nin]]
        self._check_out(inputs, outs)
        more = {"casting": casting} | ({} if dtype is None else {"dtype": dtype})
        with np.errstate(all="ignore"):
            result = self._f(*inputs, **(more if isinstance(self._f, np.ufunc) else {}))
        if not outs:
            return give(result)
        launched()
        for o, value in zip(outs, result if self.nout > 1 else [result], strict=True):
            _put(np.asarray(value), o, casting)
        return outs[0] if self.nout == 1 else outs

    def _check_out(self, inputs, outs):
        for o in outs:
            if not isinstance(o, ndarray):
                raise TypeError(f"Unsupported type {type(o)}")
        shapes = [np.shape(x) for x in inputs]
        if outs and np.broadcast_shapes(*shapes, outs[0].shape) != outs[0].shape:
            raise ValueError("Out shape is mismatched")

    def at(self, a, indices, b=None):
        if self.__name__ not in AT:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        index, advanced = index_of(indices)
        b = b._a if isinstance(b, ndarray) else np.asarray(b)
        if advanced and a.dtype.char not in AT[self.__name__]:
            raise TypeError(f"cupy.{self.__name__}.at does not support {a.dtype}")
        launched()
        in_range(advanced, lambda: self._f.at(a._a, index, b.astype(a.dtype)))

    def outer(self, a, b, **more):
        return give(self._f.outer(a._a, b._a))

    def reduce(self, array, axis=0, dtype=None, out=None, keepdims=False):
        names = {"add": "sum", "multiply": "prod"}
        return self._method("reduce", names, array)(axis, dtype, out, keepdims)

    def accumulate(self, array, axis=0, dtype=None, out=None):
        names = {"add": "cumsum", "multiply": "cumprod"}
        return self._method("accumulate", names, array)(axis, dtype, out)

    def _method(self, what, names, array):
        if self.__name__ not in names:
            raise NotImplementedError(f"`{self.name}.{what}` is not supported yet")
        return getattr(array, names[self.__name__])


def _put(value, out, casting):
    if not np.can_cast(value.dtype, out.dtype, casting):
        raise TypeError(
            f"Cannot cast output operand from {value.dtype!r} to {out.dtype!r} "
            f"according to the rule {casting!r}"
        )
    out._a[...] = value


# ── Operators ───────────────────────────────────────────────────────────────────────────────────

COMPARED = dict(
    lt="less", le="less_equal", eq="equal", ne="not_equal", gt="greater", ge="greater_equal"
)
SIGNS = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide",
    "floordiv": "floor_divide", "mod": "remainder", "pow": "power", "lshift": "left_shift",
    "rshift": "right_shift", "divmod": "divmod", "and": "bitwise_and", "or": "bitwise_or",
    "xor": "bitwise_xor", "matmul": "matmul",
}  # fmt: skip
ALONE = dict(neg="negative", pos="positive", abs="absolute", invert="invert")


def _gives_way(x, y):
    """Whether the other operand has the word: CuPy's _should_use_rop."""
    if hasattr(y, "__array_ufunc__"):
        return y.__array_ufunc__ is None
    return x.__array_priority__ < getattr(y, "__array_priority__", 0)


def _operators(symbol, name):
    """x + y, y + x and x += y, for a sign."""

    def forward(self, other):
        if not isinstance(other, ndarray) and _gives_way(self, other):
            return NotImplemented
        if symbol in ("eq", "ne") and (other is None or type(other).__eq__ is object.__eq__):
            return wrap(np.full(self.shape, symbol == "ne"))
        if name in COMPARISONS and isinstance(other, np.ndarray) and other.ndim == 0:
            other = other.item()
        return getattr(cupy(), name)(self, other)

    def backward(self, other):
        return getattr(cupy(), name)(other, self)

    def inplace(self, other):
        return getattr(cupy(), name)(self, other, out=self)

    return forward, backward, inplace


def put_operators():
    """Give the array its operators."""
    for symbol, name in {**COMPARED, **SIGNS}.items():
        forward, backward, inplace = _operators(symbol, name)
        setattr(ndarray, f"__{symbol}__", forward)
        if symbol in SIGNS:
            setattr(ndarray, f"__r{symbol}__", backward)
        if symbol in SIGNS and symbol not in ("divmod", "matmul"):
            setattr(ndarray, f"__i{symbol}__", inplace)
    for symbol, name in ALONE.items():
        setattr(ndarray, f"__{symbol}__", lambda self, name=name: getattr(cupy(), name)(self))
