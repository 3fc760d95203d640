r"""Deep Compression's SqueezeNet (.net): 1.2 million weights in 660 KB.

Han, Mao and Dally 2016: most weights are zero (pruned), the others are one of 256 values (a
codebook), and what is stored is which of the values, and how many zeros lie before it.  For each of
the 26 convolutions, little-endian, no names and no magic number:

    26 × uint32                         how many entries n each convolution has
    then for each convolution
        256 × float32                   codebook; entry 0 is 0.0
        O × float32                     bias
        n × uint8                       codes
        ⌈n/2⌉ bytes                     gaps, four bits each, the lower half first

    position_j = Σ_{i ≤ j} (gap_i + 1) − 1,   weight[position_j] = codebook[code_j],   the rest is 0

A run of more than 15 zeros takes a filler, an entry with code 0.

Read before: safetensors_file.py.  Read next: formats.py.
"""

import numpy as np

import models

MODEL = "squeezenet1_0_caffe"


def is_deep_compression(head: bytes) -> bool:
    """Tell by the counts at the beginning: no convolution has more entries than weights."""
    if len(head) < 26 * 4:
        return False
    shapes = _weights().values()
    counts = np.frombuffer(head, "<u4", 26)
    return all(0 < n <= np.prod(shape) for n, shape in zip(counts, shapes, strict=True))


def read(path) -> dict[str, np.ndarray]:
    """Return weights and biases under this project's own names.

    Raises:
        ValueError: cut off, too long, or a position beyond its filter.
    """
    with open(path, "rb") as file:
        data = file.read()
    arrays, at = {}, 26 * 4
    counts = np.frombuffer(data, "<u4", 26).tolist()
    for n, (name, shape) in zip(counts, _weights().items(), strict=True):
        if at + 1024 + 4 * shape[0] + n + (n + 1) // 2 > len(data):
            raise ValueError(f"it is cut off in {name}: download it again")
        codebook = np.frombuffer(data, "<f4", 256, at)
        if codebook[0] != 0:
            raise ValueError(f"the first value of {name} is for the gaps, and no zero")
        bias = np.frombuffer(data, "<f4", shape[0], at + 1024)
        at += 1024 + 4 * shape[0]
        codes = np.frombuffer(data, np.uint8, n, at)
        pairs = np.frombuffer(data, np.uint8, (n + 1) // 2, at + n)
        at += n + len(pairs)
        gaps = np.stack([pairs & 15, pairs >> 4], axis=1).ravel()[:n]           # (n,)
        positions = np.cumsum(gaps.astype(np.int64) + 1) - 1
        if positions[-1] >= np.prod(shape):
            raise ValueError(f"the weights of {name} reach beyond its filters")
        flat = np.zeros(np.prod(shape), np.float32)
        flat[positions] = codebook[codes]
        arrays[f"{name}/weight"], arrays[f"{name}/bias"] = flat.reshape(shape), bias
    if at != len(data):
        raise ValueError(f"it is {len(data) - at} bytes longer than its counts say")
    return arrays


def _weights() -> dict[str, tuple[int, ...]]:
    shapes = models.table(MODEL).shapes
    return {n.removesuffix("/weight"): s for n, s in shapes.items() if n.endswith("/weight")}
