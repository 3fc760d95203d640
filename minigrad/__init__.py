"""minigrad: every gradient is visible code.

    Tensor, grad, op, tape     the engine (tensor.py, tape.py)
    minigrad.ops               relu, conv2d, max_pool2d, …: each forward with its gradients
    minigrad.rules             deconvnet, guided: what relu's gradient may be replaced by

Read tensor.py first.
"""

from minigrad import memory, ops
from minigrad.tape import tape
from minigrad.tensor import Tensor, grad, op

__version__ = "0.1.0"

memory.keep_what_is_freed()

__all__ = ["Tensor", "grad", "op", "ops", "tape"]
