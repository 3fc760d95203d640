"""The contenders of the benchmark: the same tables of layers, walked with each library's own ops.

`benchmark.py` starts one process for each,

    python -m demos.shared.contenders NAME TASK    then, on its standard input: begin, run, …

and every line is answered with one of JSON.  A contender makes a task into a function without
arguments that does the work once; arrays are the same for all.
"""

import json
import sys
import time

import numpy as np

import models
from demos.shared.peak import forget_peak, memory
from models.layers import AdaptiveAvgPool, BatchNorm, Conv, Dropout, Linear, MaxPool, Relu

TASKS = {
    "iteration": "VGG16, one image at 224²: forward, and the gradient at the image, weights frozen",
    "forward": "VGG16, one image at 224²: forward only",
    "features": "VGG19's convolutional part, one image at 512²: forward, and the gradient there",
    "training": "MiniVGG with batch norm, 64 images at 64²: forward, and the weights' gradient",
}
LOOP = "MiniVGG, two classes at 128²: 20 steps of the image loop"
PACKAGES = {
    "minigrad": "minigrad",
    "PyTorch": "torch",
    "PyTorch channels_last": "torch",
    "JAX": "jax",
    "MyGrad": "mygrad",
}


def arrays(task: str):
    """Return the network, the layers to walk, pixels minus their mean, and labels."""
    name, batch, edge = {
        "iteration": ("vgg16", 1, 224),
        "forward": ("vgg16", 1, 224),
        "features": ("vgg19", 1, 512),
        "training": ("minivgg_bn", 64, 64),
    }[task]
    net = models.build(name, random_seed=0)
    rng = np.random.default_rng(0)
    pixels = 255 * rng.random((batch, 3, edge, edge), np.float32)
    until = "pool5" if task == "features" else "fc8"
    layers = [net.layers[n] for n in list(net.layers)[: list(net.layers).index(until) + 1]]
    return net, layers, pixels, rng.integers(0, net.class_count, batch)


def minigrad(task: str):
    """The library of this project, by its front door."""
    from minigrad import Tensor, grad, ops
    from minigrad.ops.fast.kept import freeze

    if task == "loop":
        return image_loop()
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


def pytorch(task: str, channels_last: bool = False):
    """PyTorch in eager mode, relus in place, weights frozen but for training."""
    import torch
    from torch.nn import functional as F

    from minigrad.ops.fast import threads

    torch.set_num_threads(threads.count())
    net, layers, pixels, labels = arrays(task)
    order = torch.channels_last if channels_last else torch.contiguous_format
    train = task == "training"
    params = {
        name: torch.from_numpy(array).clone(
            memory_format=order if array.ndim == 4 else torch.preserve_format
        )
        for name, array in net.params.items()
    }
    wanted = [params[n].requires_grad_(train) for n in net.learned]
    pixels = net.preprocessing(pixels)
    x = torch.from_numpy(pixels).contiguous(memory_format=order)
    labels = torch.from_numpy(labels)
    net.params.clear()

    def apply(layer, x):
        p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
        match layer:
            case Conv():
                return F.conv2d(x, p["weight"], p["bias"], padding=layer.padding)
            case BatchNorm():
                return F.batch_norm(x, None, None, p["weight"], p["bias"], training=True)
            case Relu():
                return F.relu(x, inplace=True)
            case MaxPool():
                return F.max_pool2d(x, *layer.window)
            case AdaptiveAvgPool():
                return F.adaptive_avg_pool2d(x, layer.size)
            case Dropout():
                return F.dropout(x, layer.p, training=train)
            case Linear():
                return F.linear(x.flatten(1), p["weight"], p["bias"])

    def walk(x):
        for layer in layers:
            x = apply(layer, x)
        return x

    def training():
        return torch.autograd.grad(F.cross_entropy(walk(x), labels), wanted)

    def forward():
        with torch.no_grad():
            return walk(x)

    def iteration():
        image = x.clone().requires_grad_()
        return torch.autograd.grad(walk(image).sum(), image)

    return {"training": training, "forward": forward}.get(task, iteration)


def jax(task: str):
    """JAX, compiled."""
    import jax
    from jax import lax
    from jax import numpy as jnp

    net, layers, pixels, labels = arrays(task)
    pixels = jnp.asarray(net.preprocessing(pixels))
    params = {name: jnp.asarray(array) for name, array in net.params.items()}
    net.params.clear()

    def apply(layer, x, params, key):
        p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
        match layer:
            case Conv(padding=n):
                numbers = "NCHW", "OIHW", "NCHW"
                y = lax.conv_general_dilated(
                    x, p["weight"], (1, 1), ((n, n), (n, n)), dimension_numbers=numbers
                )
                return y + p["bias"][:, None, None]
            case BatchNorm():
                places = x.reshape(*x.shape[:2], -1)                    # (N, C, H·W or 1)
                mean, var = places.mean((0, 2)), places.var((0, 2))
                scale = p["weight"] / jnp.sqrt(var + layer.eps)
                y = (places - mean[:, None]) * scale[:, None] + p["bias"][:, None]
                return y.reshape(x.shape)
            case Relu():
                return jnp.maximum(x, 0)
            case MaxPool(kernel_size=k, stride=s):
                return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, k, k), (1, 1, s, s), "VALID")
            case AdaptiveAvgPool(size=size):
                n = x.shape[2]  # 7 → 7 in VGG, 2 → 4 in MiniVGG: nothing, or a repetition
                return x if n == size else x.repeat(size // n, 2).repeat(size // n, 3)
            case Dropout(p=share) if task == "training":
                return x * (jax.random.uniform(key, x.shape) >= share) / (1 - share)
            case Dropout():
                return x
            case Linear():
                return x.reshape(len(x), -1) @ p["weight"].T + p["bias"]

    def walk(x, params):
        for layer in layers:
            x = apply(layer, x, params, jax.random.key(0))
        return x

    def loss(params, x):
        scores = walk(x, params)
        return -jax.nn.log_softmax(scores)[jnp.arange(len(labels)), labels].mean()

    compute = jax.jit({
        "training": jax.grad(loss),
        "forward": lambda params, x: walk(x, params),
    }.get(task, lambda params, x: jax.grad(lambda x: walk(x, params).sum())(x)))
    return lambda: jax.block_until_ready(compute(params, pixels))


def mygrad(task: str):
    """MyGrad, which has convolution and pooling but no batch norm: no training here."""
    import mygrad as mg
    from mygrad.nnet.layers import conv_nd, max_pool

    if task == "training":
        return None
    net, layers, pixels, _ = arrays(task)
    pixels = net.preprocessing(pixels)
    params = net.params

    def apply(layer, x):
        p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
        match layer:
            case Conv():
                y = conv_nd(x, p["weight"], stride=1, padding=layer.padding, constant=None)
                return y + p["bias"][:, None, None]
            case Relu():
                return mg.nnet.activations.relu(x)
            case MaxPool():
                return max_pool(x, (layer.kernel_size,) * 2, layer.stride)
            case Linear():
                return mg.matmul(x.reshape(len(x), -1), p["weight"].T) + p["bias"]
        return x

    def walk(x):
        for layer in layers:
            x = apply(layer, x)
        return x

    def forward():
        with mg.no_autodiff:
            return walk(mg.tensor(pixels))

    def iteration():
        x = mg.tensor(pixels)
        walk(x).sum().backward()
        return x.grad

    return {"forward": forward}.get(task, iteration)


CONTENDERS = {
    "minigrad": minigrad,
    "PyTorch": pytorch,
    "PyTorch channels_last": lambda task: pytorch(task, channels_last=True),
    "JAX": jax,
    "MyGrad": mygrad,
}


def serve(name: str, task: str) -> None:
    """Answer `begin` with the memory that the task takes, and `run` with its time."""
    from minigrad.ops.fast import winograd

    run = None
    for question in sys.stdin:
        if question.strip() == "begin":
            run = CONTENDERS[name](task)
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
