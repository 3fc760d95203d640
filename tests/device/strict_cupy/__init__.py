"""CuPy 14 as NumPy plays it, strictly: what code for both would meet on a GPU, without a GPU.

    import strict_cupy
    cupy = strict_cupy.install()        # from now on `import cupy` gives this

What it offers is what the wheel of CuPy 14.2 offers, names and signatures (offered.py), and no
more.  As CuPy does, it

    refuses to become a NumPy array, and NumPy arrays among its own,
    gives arrays of no axes where NumPy gives scalars, and for x[i, j] a view,
    lays out what it computes in C order,
    has neither setflags nor flags.writeable.

Stricter than CuPy: fresh memory holds NaN; what CuPy leaves undefined raises `Undefined` (an index
out of range wraps there in silence, and of two numbers set in one place either may win); a NumPy
array that would slip through a function is refused.

`counts` tells how often the host waited for numbers ("wait"), sent some ("send") and started work
on the device ("launch", one for each call; CuPy starts some more within np.pad and its like), by
place in the code.  It knows nothing of time, rounding, races, memory and kernels.

Read next: arrays.py, ufuncs.py, functions.py, modules.py; offered.py is a list.
"""

from strict_cupy.arrays import ndarray
from strict_cupy.counts import Undefined, counts
from strict_cupy.modules import install

__all__ = ["Undefined", "counts", "install", "ndarray"]
