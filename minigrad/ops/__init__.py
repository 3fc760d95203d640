"""The ops, each a forward with its gradients right below it, and Tensor's operators.

Reading order: activation, arithmetic, shape, linear, conv, pool, norm, resample, loss.
How convolution is made fast, afterwards: ways, blocks, channels, columns, winograd, kept.
"""

from minigrad.ops.activation import log_softmax, relu, sigmoid, softmax, tanh
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
    multiply,
    negative,
    power,
    sqrt,
    subtract,
    sum,
)
from minigrad.ops.conv import conv2d, conv_transpose2d
from minigrad.ops.linear import linear, matmul
from minigrad.ops.loss import cross_entropy, mse
from minigrad.ops.norm import batch_norm, batch_statistics, dropout
from minigrad.ops.pool import adaptive_avg_pool2d, avg_pool2d, max_pool2d, max_pool_switches
from minigrad.ops.resample import upsample_nearest
from minigrad.ops.shape import concatenate, flatten, getitem, pad, reshape, roll, transpose
from minigrad.tensor import Tensor

__all__ = [
    "abs",
    "adaptive_avg_pool2d",
    "add",
    "avg_pool2d",
    "batch_norm",
    "batch_statistics",
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
    "linear",
    "log",
    "log_softmax",
    "matmul",
    "max",
    "max_pool2d",
    "max_pool_switches",
    "maximum",
    "mean",
    "mse",
    "multiply",
    "negative",
    "pad",
    "power",
    "relu",
    "reshape",
    "roll",
    "sigmoid",
    "softmax",
    "sqrt",
    "subtract",
    "sum",
    "tanh",
    "transpose",
    "upsample_nearest",
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
Tensor.__neg__ = negative
Tensor.__abs__ = abs
Tensor.__getitem__ = getitem
Tensor.sum = sum
Tensor.mean = mean
Tensor.max = max
Tensor.reshape = reshape
Tensor.transpose = transpose
Tensor.T = property(transpose)
