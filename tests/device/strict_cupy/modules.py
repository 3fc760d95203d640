"""CuPy's modules: each name is made when it is asked for, and no other name is there.

Read before: functions.py.  Read next: offered.py, the names.
"""

import re
import sys
import types

import numpy as np

from strict_cupy.arrays import give, ndarray, plain
from strict_cupy.counts import waited
from strict_cupy.functions import SPECIAL, function, method
from strict_cupy.offered import CONSTANTS, GENERATOR, KERNELS, OFFERED, UFUNCS
from strict_cupy.ufuncs import put_operators, ufunc


def table(text):
    """{name: signature} of a text such as "sum(a,axis=None) copy(a)"."""
    text = re.sub(r"\s*\n\s*", " ", text)
    found = re.finditer(r"([A-Za-z_]\w*)(\((?:[^()]|\([^()]*\))*\))", text)
    return {match[1]: match[2] for match in found}


class Module(types.ModuleType):
    """A module of CuPy's, "" or one below it."""

    def __init__(self, path):
        super().__init__(f"cupy.{path}" if path else "cupy")
        self.__path__, self._path, self._names = [], path, table(OFFERED.get(path, ""))

    def __dir__(self):
        ufuncs = () if self._path else UFUNCS.split()
        return sorted({*self.__dict__, *self._names, *ufuncs})

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        made = self._made(name)
        setattr(self, name, made)
        return made

    def _made(self, name):
        top = not self._path
        if name in SPECIAL.get(self._path, {}):
            return SPECIAL[self._path][name]
        if top and name in UFUNCS.split():
            return ufunc(name)
        if top and name in KERNELS.split():
            raise NotImplementedError(f"CuPy has {name}, and strict_cupy does not play kernels")
        if name in self._names:
            return function(self._path, name, self._names[name])
        if top and name in CONSTANTS.split():
            return getattr(np, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class Generator:
    """cupy.random.Generator: no normal, no permutation, no choice."""

    def __init__(self, seed=None):
        self._generator = np.random.default_rng(seed)

    def __getattr__(self, name):
        if name not in GENERATOR.split():
            raise AttributeError(f"'Generator' object has no attribute {name!r}")
        draw = getattr(self._generator, name)
        return lambda *args, **kwargs: give(draw(*map(plain, args), **kwargs))


class Pool:
    """A memory pool that holds nothing."""

    def used_bytes(self):
        return 0

    total_bytes = n_free_blocks = used_bytes

    def free_all_blocks(self, stream=None):
        pass

    def set_limit(self, size=None, fraction=None):
        pass


class CUDARuntimeError(RuntimeError):
    __module__ = "cupy_backends.cuda.api.runtime"


class OutOfMemoryError(MemoryError):
    __module__ = "cupy.cuda.memory"


class Device:
    compute_capability, mem_info = "90", (2**33, 2**34)

    def __init__(self, device=0):
        self.id = int(device)

    def __enter__(self):
        return self

    def __exit__(self, *args):
        pass

    def use(self):
        pass

    def synchronize(self):
        waited()


class Stream(Device):
    null = ptds = None
    ptr = 0

    def __init__(self, null=False, non_blocking=False, ptds=False, priority=None):
        pass


def _cuda():
    cuda, runtime, memory = Module("cuda"), Module("cuda.runtime"), Module("cuda.memory")
    runtime.__dict__.update(
        CUDARuntimeError=CUDARuntimeError, getDeviceCount=lambda: 1, getDevice=lambda: 0,
        setDevice=lambda i: None, deviceSynchronize=waited, memGetInfo=lambda: (2**33, 2**34),
        runtimeGetVersion=lambda: 13000, is_hip=False,
    )  # fmt: skip
    memory.OutOfMemoryError = OutOfMemoryError
    Stream.null = Stream.ptds = Stream()
    cuda.__dict__.update(
        runtime=runtime, memory=memory, Device=Device, Stream=Stream, MemoryPool=Pool,
        get_device_id=lambda: 0, get_current_stream=lambda: Stream.null,
        is_available=lambda: True, set_allocator=lambda allocator=None: None,
    )  # fmt: skip
    return cuda


def install():
    """Put it in the place of CuPy, and return it."""
    paths = ["", "lib", "lib.stride_tricks", "fft", "linalg", "random"]
    modules = {path: Module(path) for path in paths}
    cuda = _cuda()
    modules |= {"cuda": cuda, "cuda.runtime": cuda.runtime, "cuda.memory": cuda.memory}
    for path, module in modules.items():
        if path:
            above, _, name = path.rpartition(".")
            setattr(modules[above], name, module)
        sys.modules[module.__name__] = module

    cupy = modules[""]
    cupy.ndarray, cupy.ufunc, cupy.__version__ = ndarray, ufunc, "14.2.0"
    cupy.linalg.LinAlgError = np.linalg.LinAlgError
    cupy.random.Generator = cupy.random.default_rng = Generator
    cupy.get_default_memory_pool = cupy.get_default_pinned_memory_pool = Pool
    errors = np.exceptions
    cupy.exceptions = types.SimpleNamespace(
        AxisError=errors.AxisError, ComplexWarning=errors.ComplexWarning
    )
    put_operators()
    for name, text in table(OFFERED["ndarray"]).items():
        if not hasattr(ndarray, name):
            setattr(ndarray, name, method(name, text))
    return cupy
