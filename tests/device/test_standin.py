"""The stand-in refuses what CuPy refuses; else this folder would prove little."""

import cupy
import numpy as np
import pytest
from alike import REAL

if REAL:
    pytest.skip("about the stand-in", allow_module_level=True)

from strict_cupy import Undefined, counts  # noqa: E402

x = cupy.asarray(np.arange(6.0).reshape(2, 3))


REFUSED = {
    "to become a NumPy array": (TypeError, lambda: np.asarray(x)),
    "a NumPy array as an operand": (TypeError, lambda: x + np.ones(3)),
    "a NumPy array on the left": (TypeError, lambda: np.ones(3) * x),
    "a NumPy array in a product": (TypeError, lambda: x @ np.ones((3, 2))),
    "a NumPy array in a function": (TypeError, lambda: cupy.concatenate([x, np.ones((1, 3))])),
    "a NumPy array to be set": (ValueError, lambda: x.__setitem__(0, np.ones(3))),
    "a list as an operand": (TypeError, lambda: x + [1.0, 2.0, 3.0]),
    "out of NumPy": (TypeError, lambda: cupy.maximum(x, 0, out=np.empty((2, 3)))),
    "names that it has not": (AttributeError, lambda: cupy.nested_iters),
    "methods that it has not": (AttributeError, lambda: x.setflags(write=False)),
    "flags that it has not": (AttributeError, lambda: x.flags.writeable),
    "options that it has not": (TypeError, lambda: cupy.sum(x, where=True)),
    "kernels": (NotImplementedError, lambda: cupy.ElementwiseKernel),
    "strings": (ValueError, lambda: cupy.asarray(["text"])),
    "normal numbers of a generator": (AttributeError, lambda: cupy.random.default_rng(0).normal),
    "an index out of range": (Undefined, lambda: x[cupy.asarray([5])]),
    "two numbers in one place": (
        Undefined, lambda: x.copy().__setitem__([0, 0], cupy.asarray([[1.0], [2.0]])),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what):
    kind, act = REFUSED[what]
    with pytest.raises(kind):
        act()


def test_memory_that_nobody_has_written_holds_nan():
    assert cupy.isnan(cupy.empty((2, 2))).all() and cupy.isnan(cupy.empty_like(x)).all()


def test_one_element_is_a_view_and_no_number():
    a = cupy.zeros((2, 2))
    one = a[0, 1]
    a[0, 1] = 7.0
    assert isinstance(one, cupy.ndarray) and one.shape == () and float(one) == 7.0


def test_what_is_computed_lies_in_c_order():
    turned = cupy.asarray(np.ones((3, 2))).T
    assert not turned.flags.c_contiguous and (turned + 1).flags.c_contiguous


def test_it_counts_launches_waits_and_sends():
    for counter in counts.values():
        counter.clear()
    y = cupy.maximum(x * 2, 0)[0]
    cupy.asarray([1.0])
    float(y.sum())
    assert {kind: counter.total() for kind, counter in counts.items()} == {
        "launch": 3, "send": 1, "wait": 1,
    }  # fmt: skip
    assert all(__file__ in place for counter in counts.values() for place in counter)
