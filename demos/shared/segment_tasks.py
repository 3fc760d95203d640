"""The benchmark's task that labels pixels: a training step of U-Net, here and in PyTorch.

Both walk the same table with the same weights, pixels, labels, void and class weights; batch norm
by the batch.

Used by: contenders.py, peers.py and tasks.py.
"""

import numpy as np

import models
from models.layers import BatchNorm, Concat, Conv, MaxPool, Relu
from models.layers_up import ConvTranspose

TASKS = {
    "segmentation": "U-Net, width 16, five levels, 8 images at 120×160: forward, and the weights' "
                    "gradient",
}  # fmt: skip
CLASSES, VOID, BATCH, IMAGE = 11, 255, 8, (120, 160)


def arrays():
    """The network; pixels (8, 3, 120, 160), labels (8, 120, 160), the classes' weights (11,)."""
    net = models.build("unet", classes=CLASSES, attributes={"width": 16, "levels": 5})
    rng = np.random.default_rng(0)
    labels = rng.integers(0, CLASSES, (BATCH, *IMAGE))
    labels[:, :2] = VOID
    pixels = rng.uniform(0, 255, (BATCH, 3, *IMAGE)).astype(np.float32)
    return net, pixels, labels, rng.uniform(0.5, 2, CLASSES).astype(np.float32)


def pytorch(channels_last: bool = False):
    """The same in PyTorch, relus in place."""
    import torch
    from torch.nn import functional as F

    from minigrad.ops.fast import threads

    torch.set_num_threads(threads.count())
    net, pixels, labels, w = arrays()
    order = torch.channels_last if channels_last else torch.contiguous_format
    params = {
        name: torch.from_numpy(array).clone(
            memory_format=order if array.ndim == 4 else torch.preserve_format
        )
        for name, array in net.params.items()
    }
    wanted = [params[n].requires_grad_() for n in net.learned]
    x = torch.from_numpy(net.preprocessing(pixels)).contiguous(memory_format=order)
    labels, w = torch.from_numpy(labels), torch.from_numpy(w)
    net.params.clear()

    def step():
        scores = torch_walk(net, params, x)
        loss = F.cross_entropy(scores, labels, ignore_index=VOID, weight=w)
        return torch.autograd.grad(loss, wanted)

    return step


def torch_walk(net, params, x):
    """Walk a table with branches: preprocessed pixels (N, 3, H, W) → scores (N, K, H, W)."""
    acts = {}
    for name, layer in net.layers.items():
        above = [acts[source] for source in net.inputs[name]] or [x]
        own = {short: params[f"{name}/{short}"] for short in layer.shapes}
        acts[name] = torch_layer(layer, above, own)
    return acts[net.score_layer]


def torch_layer(layer, above, p):
    """One layer, with what it reads and its parameters p by their short names."""
    import torch
    from torch.nn import functional as F

    x = above[0]
    match layer:
        case Conv():
            return F.conv2d(x, p["weight"], p.get("bias"), layer.stride, layer.padding,
                            layer.dilation)
        case BatchNorm():
            return F.batch_norm(x, None, None, p["weight"], p["bias"], True, eps=layer.eps)
        case Relu():
            return F.relu(x, inplace=True)
        case MaxPool():
            return F.max_pool2d(x, *layer.window, ceil_mode=layer.ceil_mode)
        case ConvTranspose():
            y = F.conv_transpose2d(x, p["weight"], p["bias"], layer.stride, layer.padding)
            return y[:, :, : above[1].shape[2], : above[1].shape[3]]
        case Concat():
            return torch.cat(above, dim=1)
