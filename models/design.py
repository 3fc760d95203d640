"""What is known of a network before it has weights: its table, and how it was trained to see.

Read before: layers.py.  Read next: vgg.py, the first table.
"""

import dataclasses
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from minigrad.checked import whole
from models.layers import Layer, MaxPool
from models.preprocess import Preprocessing


class Design(NamedTuple):
    """A network but for its weights.

    Attributes:
        table: number of classes, and the settings by name → the layers, written out.
        default_layer: where one looks first.
        preprocessing: the first step, and a photo's size.
        classes: how many there are, unless a file or the caller says otherwise.
        settings: numbers that the table takes besides, and what they are unless a file or the
            caller says otherwise: U-Net's width and levels.
    """

    table: Callable[..., list[Layer]]
    default_layer: str
    preprocessing: Preprocessing
    classes: int = 1000
    settings: Mapping[str, int] = MappingProxyType({})

    def with_pool_rounding(self, rounding: str) -> "Design":
        """The same, with pooling windows counted "floor" or "ceil", as weights of other origin do.

        Raises:
            ValueError: it is neither of the two.
        """
        if rounding not in ("floor", "ceil"):
            raise ValueError(f"pool_rounding is {rounding!r}: there are floor and ceil")

        def table(classes, **settings):
            return [
                dataclasses.replace(layer, ceil_mode=rounding == "ceil")
                if isinstance(layer, MaxPool)
                else layer
                for layer in self.table(classes, **settings)
            ]

        return self._replace(table=table)

    def with_settings(self, attributes: Mapping[str, Any]) -> "Design":
        """The same, with what a file's attributes say of its settings.

        Raises:
            ValueError, TypeError: one is no whole number above zero.
        """
        return self._replace(settings={
            name: whole(name, attributes.get(name, usual), at_least=1)
            for name, usual in self.settings.items()
        })
