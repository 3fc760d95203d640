"""The contenders of the benchmark: each makes a task into a function that does the work once.

`benchmark.py` starts one process for each,

    python -m demos.shared.contenders NAME TASK    then, on its standard input: begin, run, …

and every line is answered with one of JSON.

Read before: tasks.py.  Read next: peers.py.
"""

import json
import sys
import time

import numpy as np

import models
from demos.shared import image_tasks, look_tasks, peers, segment_tasks
from demos.shared.peak import forget_peak, memory
from demos.shared.tasks import arrays

PACKAGES = {
    "minigrad": "minigrad",
    "PyTorch": "torch",
    "PyTorch channels_last": "torch",
    "Captum": "captum",
    "JAX": "jax",
    "MyGrad": "mygrad",
}


def minigrad(task: str):
    """The library of this project, by its front door."""
    from minigrad import Tensor, grad, ops
    from minigrad.ops.fast.kept import freeze

    if task == "loop":
        return image_loop()
    if task in look_tasks.TASKS:
        return look_tasks.minigrad(task)
    if task in segment_tasks.TASKS:
        return segmentation_step()
    if task in image_tasks.MINIGRAD:
        return image_tasks.MINIGRAD[task]()
    net, layers, pixels, labels = arrays(task)
    if task != "training":  # loaded filters are frozen
        net.params |= {name: freeze(a) for name, a in net.params.items() if a.ndim == 4}

    def training():
        weights = {n: Tensor(net.params[n]) for n in net.learned}
        rng = np.random.default_rng(0)
        scores = net(pixels, params=net.params | weights, training=rng)["fc8"]
        return grad(ops.cross_entropy(scores, labels), list(weights.values()))

    def forward():
        return net(pixels, only=["fc8"])["fc8"]

    def iteration():
        x = Tensor(pixels)
        return grad(net(x, only=[layers[-1].name])[layers[-1].name].sum(), [x])

    return {"training": training, "forward": forward}.get(task, iteration)


def segmentation_step():
    """The loss of U-Net's pixels, and its gradient at all weights."""
    from minigrad import Tensor, grad, ops

    net, pixels, labels, w = segment_tasks.arrays()

    def step():
        weights = {n: Tensor(net.params[n]) for n in net.learned}
        rng = np.random.default_rng(0)
        scores = net(pixels, params=net.params | weights, training=rng).scores
        loss = ops.cross_entropy(scores, labels, ignore_index=segment_tasks.VOID, weight=w)
        return grad(loss, list(weights.values()))

    return step


def image_loop(steps: int = 20):
    """The steps of `demos maximize` on two images at once, at the last of its sizes."""
    from minigrad.techniques import objectives
    from minigrad.techniques.make.excite import excite
    from minigrad.techniques.make.presets import preset_for
    from minigrad.techniques.make.starts import noise

    net = models.load("minivgg")
    preset = preset_for(net)
    start = noise(net, preset.sizes[-1], 2, preset.noise, np.random.default_rng(0))
    both = objectives.each([objectives.class_score(0), objectives.class_score(1)])

    def loop():
        rng = np.random.default_rng(0)
        return [progress.value for progress in excite(net, start, both, steps=steps, rng=rng)]

    return loop


CONTENDERS = {
    "minigrad": minigrad,
    "PyTorch": peers.pytorch,
    "PyTorch channels_last": lambda task: peers.pytorch(task, channels_last=True),
    "Captum": look_tasks.captum,
    "JAX": peers.jax,
    "MyGrad": peers.mygrad,
}


def can(name: str, task: str) -> bool:
    """Whether a contender is asked for a task at all: Captum makes maps, and nobody else does."""
    return name == "minigrad" or (name == "Captum") == (task in look_tasks.TASKS)


def serve(name: str, task: str) -> None:
    """Answer `begin` with the memory that the task takes, and `run` with its time."""
    from minigrad.ops.fast import winograd

    run = None
    for question in sys.stdin:
        if question.strip() == "begin":
            run = CONTENDERS[name](task) if can(name, task) else None
            if run is None:
                answer = {"missing": True}
            else:
                forget_peak()
                before = memory("VmRSS")
                run(), run()
                kept = winograd.filters.bytes
                answer = {"peak": memory("VmHWM") - before - kept, "kept": kept}
        else:
            run()  # after a pause the cores sleep: work comes in rows, and so it is timed
            start = time.perf_counter()
            run(), run()
            answer = {"seconds": (time.perf_counter() - start) / 2}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    serve(*sys.argv[1:])
