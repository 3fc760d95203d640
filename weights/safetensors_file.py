"""Safetensors: a JSON of names, shapes and places, then the numbers; its own package reads it.

Read before: keras_file.py; torch_file.py, whose names for the tensors this format inherits.
Read next: deep_compression.py.
"""

import json

import numpy as np


def is_safetensors(head: bytes) -> bool:
    """Tell by the length of the JSON, eight bytes, and the brace behind it."""
    return len(head) > 9 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 2**30


def read(path) -> dict[str, np.ndarray]:
    """Return the tensors by name.

    Raises:
        ValueError: damaged, cut off, or the package is not installed.
    """
    try:
        from safetensors import SafetensorError
        from safetensors.numpy import load_file
    except ImportError:
        raise ValueError("reading safetensors needs pip install -e '.[convert]'") from None
    try:
        return load_file(path)
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"it is damaged or cut off ({error})") from None
