"""How a command ends: what a user can mend is one sentence and status 2."""

import os
import pathlib
import subprocess
import sys
import types

import pytest

from minigrad.command import run

ROOT = pathlib.Path(__file__).parent.parent


@pytest.mark.parametrize("error", [ValueError("a is b"), FileNotFoundError("a is b")])
def test_bad_input_is_one_sentence_and_status_2(error, capsys):
    def main(argv):
        raise error

    assert run(main, [], "demos") == 2
    assert capsys.readouterr().err == "demos: a is b\n"


def test_memory_that_is_gone_without_a_word_is_a_sentence(capsys):
    def main(argv):
        raise MemoryError

    assert run(main, [], "weights") == 2
    assert capsys.readouterr().err.startswith("weights: out of memory")


def test_a_name_out_of_a_hostile_file_stays_on_its_line(capsys):
    def main(argv):
        raise ValueError("no layer o\n\x1b[31m×")

    assert run(main, [], "weights") == 2
    assert capsys.readouterr().err == "weights: no layer o??[31m×\n"


@pytest.mark.parametrize("says", [[], ["the same command goes on from here"]])
def test_ctrl_c_is_status_130_and_may_say_how_to_go_on(says, capsys):
    def main(argv):
        raise KeyboardInterrupt(*says)

    assert run(main, [], "weights") == 130
    assert capsys.readouterr().err == "\n" + "; ".join(["stopped", *says]) + "\n"


@pytest.mark.parametrize("program", ["minigrad", "models", "weights list", "demos"])
@pytest.mark.parametrize("unread", [0, 1])
def test_a_reader_who_has_read_enough_is_no_mistake(program, unread):
    """As in `| head`: the pipe is closed before the output, or after its first byte."""
    command = [sys.executable, "-m", *program.split()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        done.stdout.read(unread)
        done.stdout.close()
        assert done.stderr.read() == b""
        assert done.wait(60) == 0


@pytest.mark.skipif(os.name != "posix", reason="needs a shell as POSIX has it")
def test_an_output_that_is_closed_is_no_mistake():
    command = f"{sys.executable} -m models >&-"
    done = subprocess.run(command, shell=True, stderr=subprocess.PIPE, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, b"")


def test_memory_that_is_gone_has_a_way_out_whatever_numpy_says(capsys):
    def main(argv):
        raise MemoryError("Unable to allocate 3.2 TiB for an array")

    assert run(main, [], "demos") == 2
    said = capsys.readouterr().err
    assert said == (
        "demos: out of memory (Unable to allocate 3.2 TiB for an array): take a smaller --size, "
        "or close other programs\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", "utf-8"])
@pytest.mark.parametrize("program", [
    "minigrad", "models vgg16", "demos", "demos maximize --help", "demos rules --help",
    "demos classes cup", "weights list", "models nix",
])
def test_a_terminal_of_few_letters_is_written_to_in_those(program, encoding):
    command = [sys.executable, "-m", *program.split()]
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=60, cwd=ROOT)
    assert done.returncode == (2 if "nix" in program else 0)
    assert b"Error" not in done.stderr and (done.stdout or done.stderr).decode(encoding)


def test_a_formula_stays_one_where_its_letters_are_missing():
    def sheet(encoding):
        done = subprocess.run(
            [sys.executable, "-m", "minigrad"], capture_output=True, timeout=60, cwd=ROOT,
            env=os.environ | {"PYTHONIOENCODING": encoding}, check=True,
        )
        return done.stdout.decode(encoding)

    assert "y = weight * (x - mu) / sqrt(sigma^2 + epsilon) + bias" in sheet("ascii")
    assert "-1/2 (sigma^2 + epsilon)^-3/2" in sheet("ascii")
    assert sheet("ascii").count("?") == sheet("utf-8").count("?")


def test_what_nobody_foresaw_is_a_traceback():
    def main(argv):
        raise RuntimeError("a mistake of ours")

    with pytest.raises(RuntimeError, match="of ours"):
        run(main, [], "demos")


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
    assert run(main, ["--device", "cuda"], "demos") == 2
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
    assert run(module.load, [], "demos") == 2
    assert "RuntimeError: CuPy failed to load libnvrtc.so;" in capsys.readouterr().err
