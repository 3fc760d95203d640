"""Which lecture an exercise belongs to: by the library's "file:function", its file or its folder.

CS7015 is Deep Learning of IIT Madras (Khapra), by lecture; Fleuret his Deep Learning Course, by
part; CS231n the notes of Stanford's course, by page.
"""

VECTORS = "CS231n, optimization 2 (backpropagation): gradients for vectorized operations"
VISUALIZING = "CS231n, understanding and visualizing convolutional networks"
LECTURES = {
    "minigrad/check.py": "CS231n, neural networks 3: gradient checks",
    "minigrad/tensor.py": "CS7015 4, backpropagation; Fleuret 3.6, back-propagation",
    "minigrad/ops/arithmetic.py": "CS231n, optimization 2 (backpropagation): patterns",
    "minigrad/ops/linear.py": VECTORS,
    "minigrad/ops/activation.py": "CS231n, neural networks 1: commonly used activation functions",
    "minigrad/ops/activation.py:softmax": "CS231n, linear classification: softmax classifier",
    "minigrad/ops/loss.py": "CS231n, linear classification: softmax classifier",
    "minigrad/ops/conv.py": "CS7015 11; Fleuret 4.4, convolutions; CS231n, convolutional networks",
    "minigrad/ops/conv.py:painted": "Fleuret 7.1, transposed convolutions",
    "minigrad/ops/pool.py": "CS7015 11; Fleuret 4.5, pooling",
    "minigrad/ops/norm.py": "CS7015 9; Fleuret 6.4, batch normalization",
    "minigrad/optim.py": "CS7015 5; CS231n, neural networks 3: parameter updates",
    "models/receptive_field.py": "CS7015 11; CS231n, convolutional networks: local connectivity",
    "minigrad/rules.py": "CS7015 13, guided backpropagation; Fleuret 9.3",
    "minigrad/techniques/look/tsne.py": VISUALIZING,
    "minigrad/techniques/look/gradient.py": f"CS7015 13; Fleuret 9.3; {VISUALIZING}",
    "minigrad/techniques/look/occlusion.py": f"CS7015 13; Fleuret 9.3; {VISUALIZING}",
    "minigrad/techniques/look/grad_cam.py": "Fleuret 9.3, visualizing the processing in the input",
    "minigrad/techniques/make": "CS7015 13, deep dream, deep art; Fleuret 9.4, optimizing inputs",
    "minigrad/techniques/fool": "CS7015 13, fooling networks; Fleuret 9.4, optimizing inputs",
    "minigrad/techniques/learn/segmentation.py": "Fleuret 8.4, networks for semantic segmentation",
}  # fmt: skip


def lecture(function: str) -> str | None:
    """The lecture of "module:function"; None where none is known."""
    module, name = function.split(":")
    file = module.replace(".", "/") + ".py"
    keys = [f"{file}:{name}", file, file.rpartition("/")[0]]
    return next((LECTURES[key] for key in keys if key in LECTURES), None)
