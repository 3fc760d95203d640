"""What the command lines share: one sentence for a mistake, classes by name, the list of demos."""

import subprocess
import sys
import types
from types import SimpleNamespace

import pytest

from demos.__main__ import demos
from demos.shared.command import find_class, run


@pytest.fixture
def net():
    classes = ["tench", "golf ball", "great white shark", "white wolf", "wolf"]
    return SimpleNamespace(name="some net", classes=classes, class_count=5)


def test_a_class_is_found_by_number_name_or_part_of_its_name(net):
    assert find_class(net, "3") == 3
    assert find_class(net, "Golf_Ball") == 1
    assert find_class(net, "shark") == 2


def test_a_whole_name_goes_before_a_part(net):
    assert find_class(net, "wolf") == 4


def test_an_ambiguous_part_lists_the_candidates(net):
    with pytest.raises(ValueError, match=r"great white shark \(2\), white wolf \(3\)"):
        find_class(net, "white")


def test_a_class_that_is_none_is_said(net):
    with pytest.raises(ValueError, match="knows no class 'zebra'"):
        find_class(net, "zebra")
    with pytest.raises(ValueError, match="classes 0 … 4, not 7"):
        find_class(net, "7")


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


def test_every_demo_has_a_line_in_the_list():
    assert {"rules", "classes"} <= set(demos())
    assert all(line.endswith(".") or len(line) > 20 for line in demos().values())


def test_the_list_and_a_wrong_name_from_the_command_line():
    def call(*argv):
        return subprocess.run(
            [sys.executable, "-m", "demos", *argv], capture_output=True, text=True, timeout=60
        )

    assert "rules" in call().stdout
    wrong = call("rulez")
    assert wrong.returncode == 2 and "did you mean rules?" in wrong.stderr
    assert "Traceback" not in wrong.stderr
