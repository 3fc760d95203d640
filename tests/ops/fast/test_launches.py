"""On a GPU a pass is few large pieces of work, and the host waits for none: counted, not timed.

The stand-in for CuPy counts the pieces.  It installs itself as `cupy`, so each count is taken in a
process of its own, with threads for 16 cores, which say nothing about a GPU.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parents[2]

COUNT = """
import json
import strict_cupy
cupy = strict_cupy.install()
import models
from minigrad import Tensor, grad, ops
from minigrad.ops.fast.ways import force

def counted(work):
    for _ in range(2):  # what is kept from the first pass is there in the second
        for counter in strict_cupy.counts.values():
            counter.clear()
        work()
    print(json.dumps({kind: counter.total() for kind, counter in strict_cupy.counts.items()}))

def ones(*shape):
    return cupy.ones(shape, "float32")
"""


def counts(code):
    """What one pass of `work`, defined by `code`, starts, sends and waits for."""
    if not (HERE / "device" / "strict_cupy").is_dir():
        pytest.skip("needs the stand-in for CuPy")
    path = os.pathsep.join([str(HERE / "device"), str(HERE.parent)])
    done = subprocess.run(
        [sys.executable, "-c", COUNT + code + "\ncounted(work)"],
        env=os.environ | {"PYTHONPATH": path, "MINIGRAD_THREADS": "16"},
        capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


VGG = """
net = models.table("vgg16", 1000)
net.device = "cuda"
net.params = {name: cupy.zeros(shape, "float32") for name, shape in net.shapes.items()}
pixels = ones(1, 3, 224, 224)
"""


def test_vgg16s_forward_and_gradient_are_at_most_500_launches():
    found = counts(VGG + """
def work():
    x = Tensor(pixels)
    grad(net(x, only=["fc8"])["fc8"].sum(), [x])
""")
    assert found["launch"] <= 500 and found["wait"] == 0 and found["send"] <= 2, found


def test_vgg16s_forward_of_arrays_is_at_most_200_launches():
    found = counts(VGG + """
def work():
    net(pixels, only=["fc8"])
""")
    assert found["launch"] <= 200 and found["wait"] == 0 and found["send"] <= 2, found


@pytest.mark.parametrize("way", ["definition", "columns", "winograd", "winograd2"])
def test_a_convolution_is_a_dozen_launches_each_way_and_sends_nothing(way):
    found = counts(f"""
x, weight, bias, g = ones(4, 64, 56, 56), ones(64, 64, 3, 3), ones(64), ones(4, 64, 56, 56)
def work():
    arrays = [Tensor(array) for array in (x, weight, bias)]
    with force({way!r}):
        y = ops.conv2d(*arrays, padding=1)
    grad(y, arrays, seed=g)
""")
    assert found["launch"] <= 48 and found["wait"] == 0 and found["send"] == 0, found


def test_groups_are_one_product():
    found = [counts(f"""
x, weight, g = ones(1, 64, 9, 9), ones(64, 64 // {groups}, 3, 3), ones(1, 64, 7, 7)
def work():
    arrays = Tensor(x), Tensor(weight)
    grad(ops.conv2d(*arrays, groups={groups}), arrays, seed=g)
""") for groups in (2, 16)]
    assert found[0] == found[1] and found[0]["wait"] == 0, found
