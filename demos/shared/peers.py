"""The peers of the benchmark: the same tables of layers, walked with each library's own ops.

Each is a function of the task that returns a function without arguments, which does the work once,
or None where the library cannot do it.  A library is imported where it is used: none need be here.

Read before: contenders.py, which starts them.
"""

from demos.shared import image_tasks, segment_tasks
from demos.shared.tasks import arrays
from models.layers import AdaptiveAvgPool, BatchNorm, Conv, Dropout, Linear, MaxPool, Relu


def pytorch(task: str, channels_last: bool = False):
    """PyTorch in eager mode, relus in place, weights frozen but for training."""
    if task in image_tasks.PYTORCH:
        return image_tasks.PYTORCH[task](channels_last)
    if task in segment_tasks.TASKS:
        return segment_tasks.pytorch(channels_last)
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

    def walk(x):
        for layer in layers:
            p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
            x = torch_layer(layer, x, p, train)
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


def torch_layer(layer, x, p, train: bool):
    """One layer, with its parameters p by their short names."""
    from torch.nn import functional as F

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


def jax(task: str):
    """JAX, compiled."""
    if task in image_tasks.TASKS or task in segment_tasks.TASKS:
        return None
    import jax
    from jax import numpy as jnp

    net, layers, pixels, labels = arrays(task)
    pixels = jnp.asarray(net.preprocessing(pixels))
    params = {name: jnp.asarray(array) for name, array in net.params.items()}
    net.params.clear()

    def walk(x, params):
        for layer in layers:
            p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
            x = jax_layer(layer, x, p, task == "training")
        return x

    def loss(params, x):
        scores = walk(x, params)
        return -jax.nn.log_softmax(scores)[jnp.arange(len(labels)), labels].mean()

    compute = jax.jit({
        "training": jax.grad(loss),
        "forward": lambda params, x: walk(x, params),
    }.get(task, lambda params, x: jax.grad(lambda x: walk(x, params).sum())(x)))
    return lambda: jax.block_until_ready(compute(params, pixels))


def jax_layer(layer, x, p, train: bool):
    """One layer, with its parameters p by their short names."""
    import jax
    from jax import lax
    from jax import numpy as jnp

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
        case Dropout(p=share) if train:
            return x * (jax.random.uniform(jax.random.key(0), x.shape) >= share) / (1 - share)
        case Dropout():
            return x
        case Linear():
            return x.reshape(len(x), -1) @ p["weight"].T + p["bias"]


def mygrad(task: str):
    """MyGrad, which has convolution and pooling but no batch norm: no training here."""
    import mygrad as mg

    if task == "training" or task in image_tasks.TASKS or task in segment_tasks.TASKS:
        return None
    net, layers, pixels, _ = arrays(task)
    pixels = net.preprocessing(pixels)
    params = net.params

    def walk(x):
        for layer in layers:
            p = {short: params[f"{layer.name}/{short}"] for short in layer.shapes}
            x = mygrad_layer(layer, x, p)
        return x

    def forward():
        with mg.no_autodiff:
            return walk(mg.tensor(pixels))

    def iteration():
        x = mg.tensor(pixels)
        walk(x).sum().backward()
        return x.grad

    return {"forward": forward}.get(task, iteration)


def mygrad_layer(layer, x, p):
    """One layer, with its parameters p by their short names."""
    import mygrad as mg
    from mygrad.nnet.layers import conv_nd, max_pool

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
