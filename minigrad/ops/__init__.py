"""The ops, each a forward with its gradients right below it, and Tensor's operators.

Reading order: activation, arithmetic, shape, linear, conv, pool, norm, resample,
unpool, roi, loss.
How convolution is made fast, afterwards: ways, blocks, channels, columns, winograd, kept.
"""

from numbers import Real

from minigrad.backend import is_array
from minigrad.ops.activation import (
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    tanh,
)
from minigrad.ops.arithmetic import (
    abs,
    add,
    clip,
    divide,
    exp,
    log,
    max,
    maximum,
    mean,
    min,
    minimum,
    multiply,
    negative,
    power,
    sqrt,
    subtract,
    sum,
    var,
    where,
)
from minigrad.ops.conv import conv2d, conv_transpose2d
from minigrad.ops.linear import linear, matmul
from minigrad.ops.loss import binary_cross_entropy, cross_entropy, mse
from minigrad.ops.norm import batch_norm, batch_statistics, dropout
from minigrad.ops.pool import adaptive_avg_pool2d, avg_pool2d, max_pool2d, max_pool_switches
from minigrad.ops.resample import upsample_bilinear, upsample_nearest
from minigrad.ops.roi import roi_align, roi_pool
from minigrad.ops.shape import (
    concatenate,
    flatten,
    getitem,
    pad,
    reshape,
    roll,
    stack,
    transpose,
)
from minigrad.ops.unpool import bed_of_nails, max_unpool2d
from minigrad.tensor import Tensor, data_of

__all__ = [
    "abs",
    "adaptive_avg_pool2d",
    "add",
    "avg_pool2d",
    "batch_norm",
    "batch_statistics",
    "bed_of_nails",
    "binary_cross_entropy",
    "clip",
    "concatenate",
    "conv2d",
    "conv_transpose2d",
    "cross_entropy",
    "divide",
    "dropout",
    "exp",
    "flatten",
    "getitem",
    "leaky_relu",
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "max_pool_switches",
    "max_unpool2d",
    "maximum",
    "mean",
    "min",
    "minimum",
    "mse",
    "multiply",
    "negative",
    "pad",
    "power",
    "relu",
    "reshape",
    "roi_align",
    "roi_pool",
    "roll",
    "sigmoid",
    "softmax",
    "sqrt",
    "stack",
    "subtract",
    "sum",
    "tanh",
    "transpose",
    "upsample_bilinear",
    "upsample_nearest",
    "var",
    "where",
]


Tensor.__add__ = add
Tensor.__radd__ = lambda self, other: add(other, self)
Tensor.__sub__ = subtract
Tensor.__rsub__ = lambda self, other: subtract(other, self)
Tensor.__mul__ = multiply
Tensor.__rmul__ = lambda self, other: multiply(other, self)
Tensor.__truediv__ = divide
Tensor.__rtruediv__ = lambda self, other: divide(other, self)
Tensor.__matmul__ = matmul
Tensor.__rmatmul__ = lambda self, other: matmul(other, self)
Tensor.__pow__ = power
Tensor.__rpow__ = lambda self, other: power(other, self)
Tensor.__neg__ = negative
Tensor.__abs__ = abs
Tensor.__getitem__ = getitem
Tensor.sum = sum
Tensor.mean = mean
Tensor.var = var
Tensor.max = max
Tensor.min = min
Tensor.reshape = lambda self, *shape: reshape(self, _one(shape))
Tensor.transpose = lambda self, *axes: transpose(self, _one(axes) if axes else None)
Tensor.T = property(transpose)

# Comparisons have no gradient: they give plain arrays of bools, and nothing is recorded.
Tensor.__lt__ = lambda self, other: self.data < _numbers(other)
Tensor.__le__ = lambda self, other: self.data <= _numbers(other)
Tensor.__gt__ = lambda self, other: self.data > _numbers(other)
Tensor.__ge__ = lambda self, other: self.data >= _numbers(other)
Tensor.__eq__ = lambda self, other: self.data == _numbers(other)
Tensor.__ne__ = lambda self, other: self.data != _numbers(other)


def _one(arguments: tuple):
    """x.reshape(2, 6) is x.reshape((2, 6))."""
    alone = len(arguments) == 1 and not isinstance(arguments[0], int)
    return arguments[0] if alone else arguments


def _numbers(other):
    """What a Tensor may be compared with: a Tensor's array, an array or a number."""
    if not isinstance(other, Tensor | Real | list) and not is_array(other):
        raise TypeError(f"a Tensor is compared with numbers, not with {other!r}: `is` tells who")
    return data_of(other)
