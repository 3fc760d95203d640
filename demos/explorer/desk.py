"""What all work shares: the network, the photos as it sees them, what was made before.

What is remembered is put there whole and never changed, so that two threads may look at it.

Read before: server.py.  Read next: look.py.
"""

import base64
import io
import threading
from collections import OrderedDict
from typing import Any

from PIL import Image

from demos.explorer.photos import Photo, Photos, opened
from demos.explorer.question import Question, Recipe, Request
from demos.shared.command import top
from models.classes import class_name
from models.description import rows

REMEMBERED, LAYERS = 64, 4      # photos and pictures, and photos with activations


class Remembered(OrderedDict):
    """The last so many things that were made, by what they are of."""

    def __init__(self, most: int = REMEMBERED):
        super().__init__()
        self._most, self._lock = most, threading.Lock()

    def put(self, key, value):
        """Remember it, and forget the oldest where there are too many."""
        with self._lock:
            self[key] = value
            self.move_to_end(key)
            while len(self) > self._most:
                self.popitem(last=False)
        return value


class Desk:
    """The network, its photos, and what is remembered.

    Attributes:
        net: the network.
        recipe: how commands and Python name it.
        device: where it computes.
        photos: those one may look at.
        made: pictures that took long, by what they are of.
        found: by layer, where its channels fire most among the photos of the clone.
        seen: by photo, the scores and the activations of the layer that was looked at last.
    """

    def __init__(self, net, recipe: Recipe, device: str = "cpu"):
        self.net, self.recipe, self.device = net, recipe, device
        self.photos, self.made, self.found = Photos(), Remembered(), Remembered()
        self.seen, self._pixels = Remembered(LAYERS), Remembered()

    def asked(self, request: Request) -> tuple[Photo, Any, Question]:
        """The photo of a request, as it is and as pixels (1, 3, H, W), and its question."""
        photo = self.photos[request.text("photo", "face")]
        x = self._pixels.get(photo.key)
        if x is None:
            x = self._pixels.put(photo.key, self.net.pixels(photo.source()))
        return photo, x, Question.of(request)

    def take(self, name: str, data: bytes) -> Photo:
        """Keep a file that was dropped, if it is a photo from its first byte to its last."""
        x = self.net.pixels(opened(data, name))
        photo = self.photos.add(name, data)
        self._pixels.put(photo.key, x)
        return photo

    def layer(self, request: Request) -> str:
        """The layer of a request, or the network's default."""
        return request.one_of("layer", self.net.layers, self.net.default_layer)

    def says(self, scores) -> list[dict]:
        """The five likeliest classes: scores (1, K)."""
        return [{"name": name, "p": round(p, 4)} for name, p in top(self.net, scores)]

    def hello(self) -> dict:
        """What a page needs to know of the network and of the photos."""
        net = self.net
        return {
            "network": repr(net)[1:-1],
            "edge": net.input_size,
            "layer": net.default_layer,
            "scores": net.score_layer,
            "layers": [
                {"name": row.layer, "output": row.output, "parameters": row.parameters,
                 "size": row.field.size, "stride": row.field.stride, "start": row.field.start}
                for row in rows(net)
            ],
            "classes": [class_name(net, k) for k in range(net.class_count)],
            "photos": [{"key": photo.key, "title": photo.title} for photo in self.photos.listed()],
        }


def png(picture: Image.Image) -> str:
    """A picture as an address that holds it whole, without loss."""
    return _held(picture, "PNG", compress_level=1)


def jpeg(picture: Image.Image) -> str:
    """The same, small and soon: for what moves."""
    return _held(picture, "JPEG", quality=85)


def _held(picture: Image.Image, kind: str, **settings) -> str:
    file = io.BytesIO()
    picture.save(file, kind, **settings)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(file.getvalue()).decode()}"
