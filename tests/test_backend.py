"""NumPy or CuPy, by the same lines; CuPy only where it is asked for."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from minigrad import Tensor, backend, grad, ops


def gpu():
    if importlib.util.find_spec("cupy") is None:
        return False
    import cupy

    try:
        return cupy.cuda.runtime.getDeviceCount() > 0
    except cupy.cuda.runtime.CUDARuntimeError:
        return False


def test_arrays_of_numpy_are_on_the_cpu():
    a = np.ones(3)
    assert backend.array_module(a) is np and backend.device_of(a) == "cpu"
    assert backend.to_device(a, "cpu") is a and backend.to_numpy(a) is a


def test_an_unknown_device_is_said():
    with pytest.raises(ValueError, match="only 'cpu' and 'cuda'"):
        backend.to_device(np.ones(3), "tpu")


@pytest.mark.skipif(gpu(), reason="there is a GPU")
def test_cuda_without_a_gpu_says_what_to_do():
    with pytest.raises(ValueError, match=r"pip install -e '.\[cuda13\]'"):
        backend.to_device(np.ones(3), "cuda")


def test_importing_the_engine_imports_nothing_that_it_may_not_need():
    code = "import sys, minigrad; print([m for m in ('cupy', 'h5py', 'PIL') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert found.stdout.strip() == "[]"


@pytest.mark.skipif(not gpu(), reason="needs CuPy and an NVIDIA GPU")
def test_a_gpu_gives_the_same_numbers(rng):
    x, w = rng.normal(size=(2, 8, 9, 9)), rng.normal(size=(8, 8, 3, 3))

    def run(device):
        t = Tensor(backend.to_device(x, device))
        y = ops.conv2d(t, backend.to_device(w, device), padding=1)
        y = ops.max_pool2d(ops.relu(y), 2, ceil_mode=True).sum()
        return backend.to_numpy(y.data), backend.to_numpy(grad(y, [t])[0])

    for a, b in zip(run("cpu"), run("cuda"), strict=True):
        assert np.allclose(a, b, rtol=1e-9)
