"""What the mistakes are made on: a network, a photo, a painting, other photos, and batch norm.

Used by: ../mistakes.py.
"""

import numpy as np

import models
from demos.shared.album import CALTECH, of_known_classes
from demos.shared.asking import score_of
from demos.shared.command import PHOTOS
from minigrad import ops
from minigrad.techniques.mistakes import Shown
from models.layers import BatchNorm

PAINTING = PHOTOS / "paintings" / "the_scream.jpg"
OTHERS = 80         # photos
LARGER = 1.75       # times the network's own size, for a dream


def shown_for(net, photo, objective=None) -> Shown:
    """Gather all of it for a photo; the class is by default the likeliest."""
    x = net.pixels(photo)
    try:
        known = of_known_classes(net, str(CALTECH))
    except ValueError:      # it was trained on other things
        known = [(file, None) for file in sorted(CALTECH.glob("*/*.jpg"))]
    files = known[:: max(1, len(known) // OTHERS)]
    photos = np.concatenate([net.pixels(file) for file, _ in files])
    return Shown(
        net, x, objective or score_of(net, int(net.scores(x)[0].argmax())),
        large=net.pixels(photo, size=round(LARGER * net.input_size)),
        painting=net.pixels(PAINTING, size=2 * net.input_size), photos=photos,
        labels=None if files[0][1] is None else np.array([k for _, k in files]),
        normed=with_batch_norm(net, photos),
    )


def with_batch_norm(net, photos):
    """The same function with batch norm behind its layers; None for a network without such a table.

    What folding took together (models/fold.py) is put apart again: with μ and σ² of a layer's
    numbers on these photos, γ = √(σ² + ε) and β = μ, the norm takes out what it puts back.
    """
    if f"{net.name}_bn" not in models.names():
        return None
    normed = models.build(f"{net.name}_bn", classes=net.classes or net.class_count)
    params = {name: net.params[name] for name in normed.shapes if name in net.params}
    norms = {name: normed.inputs[name][0] for name, layer in normed.layers.items()
             if isinstance(layer, BatchNorm)}
    acts = net(photos, only=list(norms.values()))
    for name, before in norms.items():
        mean, var = ops.batch_statistics(acts[before])
        moved = 0 if f"{before}/bias" in params else net.params[f"{before}/bias"]
        deviation = np.sqrt(var + normed.layers[name].eps)
        own = (deviation, mean, mean - moved, var)
        params |= {f"{name}/{short}": array.astype(net.dtype)
                   for short, array in zip(normed.layers[name].shapes, own, strict=True)}
    normed.params = params
    return normed
