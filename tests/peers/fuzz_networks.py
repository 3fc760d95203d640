"""Whole networks with random weights at odd sizes: the scores, and the gradient at the pixels.

Read before: fuzz_graphs.py.  Read next: fuzz_nonsense.py.
"""

import functools

import numpy as np
import pytest
from fuzz_draw import Case, Draw

import models

torch = pytest.importorskip("torch")
from torch_networks import alexnet, by_our_names, googlenet, lend, nn, squeezenet, vgg  # noqa: E402

CLASSES = 7
STAGES = [32, 32, "M", 64, 64, "M", 128, 128, "M", 256, 256, "M", 256, 256, "M"]


def minivgg():
    return [
        *vgg(STAGES, norm=False)[:-9], nn.AdaptiveAvgPool2d(4), nn.Flatten(),
        nn.Linear(4096, 512), nn.ReLU(), nn.Dropout(),
        nn.Linear(512, 512), nn.ReLU(), nn.Dropout(), nn.Linear(512, CLASSES),
    ]  # fmt: skip


CHAINS = {"minivgg": minivgg, "alexnet": alexnet}
BRANCHES = {
    "squeezenet1_1": lambda: squeezenet(nn.Conv2d(3, 64, 3, 2), (3, 5)),
    "squeezenet1_0_caffe": lambda: squeezenet(nn.Conv2d(3, 96, 7, 2), (4, 8), 1),
    "googlenet": googlenet,
}
SIZES = {  # the smallest side, and the largest
    "minivgg": (32, 75), "alexnet": (63, 130), "squeezenet1_1": (33, 80),
    "squeezenet1_0_caffe": (35, 80), "googlenet": (29, 80),
}  # fmt: skip


@functools.lru_cache(maxsize=1)
def _nets(name):
    """The network in both dtypes, with the same weights, and PyTorch's in both."""
    ours, theirs = {}, {}
    rng = np.random.default_rng(0)
    params = models.build(name, classes=CLASSES).params
    for array in params.values():
        if array.ndim == 1:  # biases and norms that are not 0 and 1, where mistakes would hide
            array += rng.uniform(0, 0.2, array.shape).astype(array.dtype)
    for dtype in ("float32", "float64"):
        net = ours[dtype] = models.table(name, classes=CLASSES)
        net.dtype = dtype
        net.params.update({key: array.astype(dtype) for key, array in params.items()})
        whole, modules = _in_pytorch(name, net)
        lend(net, modules)
        theirs[dtype] = whole.eval()
    return ours, theirs


def _in_pytorch(name, net):
    """PyTorch's network without memory, and its modules by our layers' names."""
    with torch.device("meta"):
        if name in CHAINS:
            whole = nn.Sequential(*CHAINS[name]())
            layers = (module for module in whole if not isinstance(module, nn.Flatten))
            return whole, dict(zip(net.layers, layers, strict=True))
        layers = BRANCHES[name]()
        return nn.Sequential(*layers.values()), by_our_names(layers)


def network(draw: Draw, name: str) -> Case:
    """A batch of one to three, or none, of odd size; what is differentiated are the pixels."""
    ours, theirs = _nets(name)
    low, high = SIZES[name]
    shape = draw.one_of(0, 1, 1, 2, 3), 3, draw.int(low, high), draw.int(low, high)
    pixels = draw.laid_out(draw.rng.uniform(0, 255, shape).astype(draw.dtype))

    def ours_of(x):
        net = ours[str(x.dtype)]
        return list(net(x).values())[-1]

    def theirs_of(x):
        dtype = str(x.dtype).removeprefix("torch.")
        steps = ours[dtype].preprocessing
        mean, std = (torch.tensor(v, dtype=x.dtype)[:, None, None] for v in steps[2:4])
        x = x if steps.channel_order == "RGB" else x.flip(1)
        return theirs[dtype]((steps.scale * x - mean) / std)

    return Case(ours_of, theirs_of, [pixels], f"{name} of {pixels.shape}", depth=30)
