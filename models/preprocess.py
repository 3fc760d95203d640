r"""From pixels to what a network was trained on: its first step, not the user's business.

Everywhere in this project an image is RGB, 0–255.  Networks differ: some read BGR, some have the
mean colour subtracted, some are scaled to a deviation of 1.  In this order,

    z = (scale · pixels[channel_order] − mean) / std

with mean and std in the channel order of the network and in scaled units.  It is one multiplication
and one subtraction, z = a · pixels − b, made of ops, so that gradients arrive in grey levels.

The numbers belong to the weights, not to the architecture, and are kept in their file.

Read before: walk.py.  Read next: photo.py.
"""

import functools
import math
import warnings
from typing import NamedTuple

import numpy as np

from minigrad.backend import array_module, device_of
from minigrad.tensor import data_of

FILTERS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
LONGEST = 4096  # pixels: the edge of the largest image that is passed on


class Preprocessing(NamedTuple):
    """What a network's images went through when it was trained; its fields are a file's attributes.

    A photo's shorter side is resized to `resize` pixels with the filter that `interpolation` names,
    and crop × crop are cut from its middle.
    """

    channel_order: str = "RGB"
    scale: float = 1 / 255
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    std: tuple[float, ...] = (1.0, 1.0, 1.0)
    resize: int = 256
    crop: int = 224
    interpolation: str = "bilinear"

    def __call__(self, pixels):
        """z = a · pixels − b, for a Tensor or an array (N, 3, H, W), RGB, 0–255."""
        data = data_of(pixels)
        a, b = _constants(
            array_module(data), data.dtype, self.scale, tuple(self.mean), tuple(self.std)
        )
        z = pixels if self.channel_order == "RGB" else pixels[:, ::-1]
        z = z if a is None else a * z
        return z if b is None else z - b

    @property
    def mean_colour(self):
        """The colour that becomes zero, (3,) float64 RGB, in grey levels."""
        mean = np.array(self.mean, np.float64) / self.scale
        return mean if self.channel_order == "RGB" else mean[::-1].copy()

    @classmethod
    def of(cls, attributes, default: "Preprocessing") -> "Preprocessing":
        """Take what a file's attributes say, and the rest from `default`.

        Raises:
            ValueError: a value that makes no sense.
        """
        found = {}
        for name, usual in cls._field_defaults.items():
            value = attributes.get(name, getattr(default, name))
            try:
                found[name] = _like(usual, value)
            except (TypeError, ValueError, OverflowError):
                raise ValueError(f"{name} is {value!r}, and it should be like {usual!r}") from None
        self = cls(**found)
        self._check()
        return self

    def _check(self):
        if self.channel_order not in ("RGB", "BGR"):
            raise ValueError(f"channel_order is {self.channel_order!r}: there are RGB and BGR")
        if len(self.mean) != 3 or len(self.std) != 3 or min(self.std) <= 0 or self.scale <= 0:
            raise ValueError("mean and std hold three numbers each, std and scale above zero")
        if not 1 <= self.crop <= self.resize <= LONGEST:
            raise ValueError(
                f"crop {self.crop} cannot be cut from a side of {self.resize}: "
                f"1 ≤ crop ≤ resize ≤ {LONGEST} pixels"
            )
        if self.interpolation not in FILTERS:
            raise ValueError(f"interpolation is {self.interpolation!r}: there are {FILTERS}")
        if not all(1e-9 < self.scale / std < 1e9 for std in self.std):
            raise ValueError(f"scale {self.scale:g} / std {self.std} leaves nothing of a photo")
        if not all(-1 < mean / self.scale < 256 for mean in self.mean):
            raise ValueError(
                f"mean {self.mean} is no colour between 0 and 255, times the scale, {self.scale:g}"
            )


def _like(usual, value):
    """Read an attribute as what it usually is: a text, a whole number, a number, or three."""
    if isinstance(usual, str):
        return str(value)
    if isinstance(usual, tuple):
        return tuple(_like(1.0, number) for number in value)
    if isinstance(value, str) or not math.isfinite(value) or type(usual)(value) != value:
        raise ValueError
    return type(usual)(value)


@functools.lru_cache
def _constants(xp, dtype, scale, mean, std):
    """The a and b of z = a · pixels − b, (3, 1, 1), where the pixels are; None for 1 and for 0.

    Sent to a GPU once: asking it whether they are 1 and 0 would be to wait for it in every pass.
    """
    a = np.asarray(scale / np.array(std), dtype)[:, None, None]
    b = np.asarray(np.array(mean) / std, dtype)[:, None, None]
    a.flags.writeable = b.flags.writeable = False
    return xp.asarray(a) if (a != 1).any() else None, xp.asarray(b) if b.any() else None


TORCHVISION = Preprocessing(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def warn_if_scaled(pixels, network: str) -> None:
    """Warn of pixels that were divided by 255 or standardised, as other libraries want them.

    All of them lie within [−3, 3], and not all are whole: the darkest photo has the grey levels
    0, 1, 2 and 3, and a blank image one number everywhere.  The GPU's are not looked at, for that
    would wait for it in every pass.
    """
    if device_of(pixels) == "cuda" or pixels.size == 0 or not (high := pixels.max()) <= 3:
        return
    if -3 <= (low := pixels.min()) < high and (pixels != np.rint(pixels)).any():
        warnings.warn(
            f"{network} takes pixels from 0 to 255, and these lie between {low:.2g} and {high:.2g}:"
            " multiply by 255 what was divided by it, and subtract no mean, which is the network's "
            "own first step; net.pixels(photo) makes them right",
            stacklevel=4,
        )
