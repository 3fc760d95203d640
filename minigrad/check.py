r"""Is this gradient right?  Three questions that need no other framework.

1. Central differences, for any function and every element,

       ∂f/∂x_i ≈ (f(x + ε e_i) − f(x − ε e_i)) / 2ε

   whose error is ε²·f‴/6 from Taylor's series, and about 10⁻¹⁶·|f|/ε from rounding in float64.  The
   two meet at ε ≈ 10⁻⁵, where some ten digits of the derivative are right; a difference to one side
   alone would have an error of ε, and float32 leaves three digits at best.

2. The adjoint test, for a linear op A: its gradient function must be Aᵀ, and that is so when
   ⟨A x, v⟩ = ⟨x, Aᵀ v⟩ for random x and v.  It is exact, one product of each.

3. A random direction, for a whole network, where to move every pixel would take days: the slope
   along d is ⟨∂f/∂x, d⟩, one number, from two forward passes.

Read before: tensor.py.  The tests of this project are made of these three.
Read next: line_search.py, optim.py.
"""

from collections.abc import Callable

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.tensor import Tensor, grad


def numerical_gradient(f: Callable, x, eps: float = 1e-5):
    """Central differences of a function that returns one number, element by element.

    Args:
        f: array → number.
        x: float64, any shape, NumPy's or CuPy's; f gets copies of it.
        eps: ε, in the units of x.

    Returns:
        ∂f/∂x, of x's shape.

    Raises:
        TypeError: x is not float64, and the difference would be rounding.
    """
    if x.dtype != np.float64:
        raise TypeError(f"differences need float64, {x.dtype} would leave three digits of them")
    x = x.copy()
    slope = array_module(x).empty_like(x)
    for i in np.ndindex(x.shape):
        here = float(x[i])  # a number: x[i] of CuPy is a view, and would change with x
        x[i] = here + eps
        above = float(f(x))
        x[i] = here - eps
        below = float(f(x))
        x[i] = here
        slope[i] = (above - below) / (2 * eps)
    return slope


def check_gradients(op: Callable, *arrays, rtol: float = 1e-6, seed: int = 0, **options) -> None:
    """Compare every gradient of an op with central differences.

    The op's output is weighed with random numbers and summed, so that no two elements of it can
    stand in for each other.

    Args:
        op: `op(*arrays, **options)`.
        arrays: float64 for those to differentiate; labels and the like stay as they are.
        rtol: how far apart, relative to the largest slope.
        seed: of the random weights.
        options: the op's.

    Raises:
        AssertionError: a gradient is wrong; says of which argument and by how much.
    """
    y = op(*arrays, **options)
    v = _like(y, np.random.default_rng(seed))
    to_check = [i for i, a in enumerate(arrays) if getattr(a, "dtype", None) == np.float64]
    wrapped = [Tensor(a) if i in to_check else a for i, a in enumerate(arrays)]
    found = grad(op(*wrapped, **options), [wrapped[i] for i in to_check], seed=v)
    for i, gradient in zip(to_check, found, strict=True):

        def weighed(x, i=i):
            return (op(*arrays[:i], x, *arrays[i + 1 :], **options) * v).sum()

        slope = numerical_gradient(weighed, arrays[i])
        error = np.abs(to_numpy(gradient - slope)).max(initial=0)
        if not error <= rtol * max(1, np.abs(to_numpy(slope)).max(initial=0)):
            raise AssertionError(
                f"{op.__name__}: gradient of argument {i} is off by {error:.1e}: "
                f"{_furthest(to_numpy(gradient), to_numpy(slope))}"
            )


def check_adjoint(op: Callable, x, rtol: float = 1e-12, seed: int = 0, **options):
    """Compare ⟨A x, v⟩ with ⟨x, Aᵀ v⟩, for an op that is linear in x.

    Args:
        op: `op(x, **options)`.
        x: float64.
        rtol: how far apart, relative to ‖A x‖·‖v‖.
        seed: of v.
        options: the op's.

    Raises:
        AssertionError: the gradient is not the adjoint.
    """
    t = Tensor(x)
    y = op(t, **options)
    v = _like(y.data, np.random.default_rng(seed))
    (back,) = grad(y, [t], seed=v)
    apart = abs(float((y.data * v).sum() - (x * back).sum()))
    if not apart <= rtol * _norm(y.data) * _norm(v):
        raise AssertionError(f"{op.__name__}: ⟨A x, v⟩ and ⟨x, Aᵀ v⟩ are {apart:.1e} apart")


def slope_along(f: Callable, x, direction, eps: float = 1e-5) -> float:
    """Central difference of a function along a direction: to be compared with ⟨∂f/∂x, d⟩.

    Args:
        f: array → number, a whole network for instance.
        x: float64.
        direction: of x's shape.
        eps: how far, in units of the direction.
    """
    return (float(f(x + eps * direction)) - float(f(x - eps * direction))) / (2 * eps)


def _furthest(gradient, slope) -> str:
    """Where two arrays are furthest apart, and what they say there; NaN is further than any."""
    at = np.unravel_index(np.argmax(np.abs(gradient - slope)), slope.shape)
    return f"at {[*map(int, at)]} it is {gradient[at]:g}, and the slope is {slope[at]:g}"


def _like(array, rng: np.random.Generator):
    """Random numbers of an array's shape, where the array is."""
    return array_module(array).asarray(rng.normal(size=array.shape))


def _norm(array) -> float:
    return float(np.linalg.norm(to_numpy(array)))
