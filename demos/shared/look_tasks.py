"""The benchmark's tasks that look at photos: each by its technique here, and by Captum on PyTorch.

Both have the same network, photos, class, settings and batch; what each needs beforehand, as the
weights in its own arrays, is not timed.

Used by: contenders.py and tasks.py.
"""

import numpy as np

import models
from models.layers import AdaptiveAvgPool, Conv, Dropout, Linear, MaxPool, Relu

TASKS = {
    "occlusion": "MiniVGG, one photo at 128²: hidden at 81 positions, 16 at once",
    "integrated": "MiniVGG, one photo at 128²: integrated gradients of 32 steps, 16 at once",
    "grad-cam": "MiniVGG, 16 photos at 128²: Grad-CAM at relu5_2",
}
CLASS, BATCH = 3, 16
WINDOW, STRIDE, STEPS, LAYER = 32, 12, 32, "relu5_2"


def photos(count: int):
    """Pixels (N, 3, 128, 128) that both contenders see: speed does not depend on what they show."""
    return np.random.default_rng(0).uniform(0, 255, (count, 3, 128, 128)).astype(np.float32)


def minigrad(task: str):
    """The techniques of this project."""
    from minigrad.techniques import class_score, grad_cam, integrated_gradients, occlusion

    net, S, one, many = models.load("minivgg"), class_score(CLASS), photos(1), photos(BATCH)
    return {
        "occlusion": lambda: occlusion(net, one, S, window=WINDOW, stride=STRIDE, batch=BATCH),
        "integrated": lambda: integrated_gradients(net, one, S, steps=STEPS, batch=BATCH),
        "grad-cam": lambda: grad_cam(net, many, S, layer=LAYER),
    }[task]


def captum(task: str):
    """Captum's, on the same layers in PyTorch."""
    import torch
    from captum import attr

    from minigrad.ops.fast import threads

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    modules = {name: torch_module(layer) for name, layer in net.layers.items()}
    walk = torch.nn.Sequential(*modules.values()).eval().requires_grad_(False)
    for name, array in net.params.items():
        layer, short = name.split("/")
        getattr(modules[layer], short).copy_(torch.from_numpy(array.copy()))
    one, many = (torch.from_numpy(net.preprocessing(photos(n))) for n in (1, BATCH))
    cam = attr.LayerGradCam(walk, modules[LAYER])

    def grad_cam():
        map = cam.attribute(many, CLASS, relu_attributions=True)
        return attr.LayerAttribution.interpolate(map, (128, 128), "bilinear")

    return {
        "occlusion": lambda: attr.Occlusion(walk).attribute(
            one, (3, WINDOW, WINDOW), (3, STRIDE, STRIDE), target=CLASS,
            perturbations_per_eval=BATCH,
        ),
        "integrated": lambda: attr.IntegratedGradients(walk).attribute(
            one, target=CLASS, n_steps=STEPS, method="riemann_middle", internal_batch_size=BATCH,
        ),
        "grad-cam": grad_cam,
    }[task]


def torch_module(layer):
    """One layer as a module, which Captum can hook."""
    from torch import nn

    match layer:
        case Conv():
            out, channels, *kernel = layer.shapes["weight"]
            return nn.Conv2d(channels, out, kernel, padding=layer.padding)
        case Relu():
            return nn.ReLU(inplace=layer.name != LAYER)
        case MaxPool():
            return nn.MaxPool2d(*layer.window)
        case AdaptiveAvgPool():
            return nn.Sequential(nn.AdaptiveAvgPool2d(layer.size), nn.Flatten())
        case Dropout():
            return nn.Dropout(layer.p)
        case Linear():
            return nn.Linear(*reversed(layer.shapes["weight"]))
