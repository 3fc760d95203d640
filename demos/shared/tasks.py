"""What the benchmark times, and the arrays that it is timed with: the same for every contender.

Read next: look_tasks.py, image_tasks.py, segment_tasks.py, contenders.py.
"""

import numpy as np

import models
from demos.shared import image_tasks, look_tasks, segment_tasks

TASKS = {
    "iteration": "VGG16, one image at 224²: forward, and the gradient at the image, weights frozen",
    "forward": "VGG16, one image at 224²: forward only",
    "features": "VGG19's convolutional part, one image at 512²: forward, and the gradient there",
    "training": "MiniVGG with batch norm, 64 images at 64²: forward, and the weights' gradient",
    **look_tasks.TASKS,
    **image_tasks.TASKS,
    **segment_tasks.TASKS,
}
GROUPS = {"looking": list(look_tasks.TASKS), "images": list(image_tasks.TASKS)}
LOOP = "MiniVGG, two classes at 128²: 20 steps of the image loop"


def arrays(task: str):
    """Return the network, the layers to walk, pixels (N, 3, H, W), 0–255, and labels (N,)."""
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
