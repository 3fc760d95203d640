"""What the command lines share: one sentence for a mistake."""

import sys
import types

import pytest

from demos.shared.command import run


@pytest.mark.parametrize("error", [ValueError("a is b"), FileNotFoundError("a is b")])
def test_bad_input_is_one_sentence_and_status_2(error, capsys):
    def main(argv):
        raise error

    assert run(main, []) == 2
    assert capsys.readouterr().err == "demos: a is b\n"


def test_what_nobody_foresaw_is_a_traceback():
    def main(argv):
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="of ours"):
        run(main, [])


@pytest.fixture
def cupy():
    """Error classes where CuPy 14 has them; nothing of that name is imported."""
    def kind(module, name, base):
        return type(name, (base,), {"__module__": module})

    return {
        "memory": kind("cupy.cuda.memory", "OutOfMemoryError", MemoryError),
        "runtime": kind("cupy_backends.cuda.api.runtime", "CUDARuntimeError", RuntimeError),
        "driver": kind("cupy_backends.cuda.api.driver", "CUDADriverError", RuntimeError),
        "compiler": kind("cupy.cuda.compiler", "CompileException", Exception),
        "cublas": kind("cupy_backends.cuda.libs.cublas", "CUBLASError", RuntimeError),
    }


@pytest.mark.parametrize("name", ["memory", "runtime", "driver", "compiler", "cublas"])
def test_what_the_gpu_says_is_one_sentence_and_status_2(cupy, name, capsys):
    def main(argv):
        raise cupy[name]("too much of it\nand 900 lines of a kernel")

    before = set(sys.modules)
    assert run(main, ["--device", "cuda"]) == 2
    assert set(sys.modules) == before
    said = capsys.readouterr().err
    assert said == (
        f"demos: the GPU gave up, {cupy[name].__name__}: too much of it; "
        "try a smaller --size or --device cpu\n"
    )


def test_a_library_that_cupy_misses_is_a_sentence_too(capsys):
    """It raises Python's own RuntimeError, from one of its modules."""
    module = types.ModuleType("cupy_backends.cuda.libs.nvrtc")
    exec("def load(argv): raise RuntimeError('CuPy failed to load libnvrtc.so')", module.__dict__)
    assert run(module.load, []) == 2
    assert "RuntimeError: CuPy failed to load libnvrtc.so;" in capsys.readouterr().err
