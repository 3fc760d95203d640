r"""Fine-tuning: begin with what a network has learned from other photos, and only learn the rest.

The first layers of all such networks see edges and colours, the next ones textures and parts, and
only the last layer names classes.  So for classes of one's own the last layer, the head, is made
anew, and all before it, the body, is kept: thirty photos of a class are then enough, where training
from nothing needs hundreds (Yosinski et al. 2014, "How transferable are features in deep neural
networks?").

The body already is nearly where it should be.  It takes a share r of each step, and none, r = 0,
where it is frozen:

    x ← x + r (x′ − x)              x′, where the optimiser would go

Read before: recipe.py.  Read next: evaluation.py.
"""

from typing import Any

FROZEN = ("", "conv", "body")


def head(net) -> str:
    """The last layer that has parameters: its scores are the classes'."""
    return [name for name, layer in net.layers.items() if layer.shapes][-1]


def transferred(net, source) -> dict[str, Any]:
    """Parameters for a network, the body's from a source, which is one of the same name.

    The head is the source's, too, where both have the same classes by name and in order; otherwise
    it stays as it is in `net`.
    """
    own = () if source.classes == net.classes else (f"{head(net)}/",)
    return {
        name: net.params[name] if name.startswith(own) else source.params[name]
        for name in net.shapes
    }


def rates(net, freeze: str = "", body_rate: float = 1.0) -> dict[str, float]:
    """The share r of each step that a parameter takes, by name; what is left out takes it whole.

    Args:
        net: a network.
        freeze: "conv", all convolutions and the batch norms behind them; "body", all but the head;
            "" nothing.
        body_rate: r of the body, as far as it is not frozen.

    Raises:
        ValueError: there is nothing of that name to freeze.
    """
    if freeze not in FROZEN:
        raise ValueError(f"freeze is {freeze!r}: give conv or body")
    shares, convolutions = {}, set()
    for name, layer in net.layers.items():
        if len(layer.shapes.get("weight", ())) == 4:
            convolutions.add(name)
        elif "running_mean" in layer.shapes and convolutions.intersection(net.inputs[name]):
            convolutions.add(name)
        frozen = freeze == "body" or (freeze == "conv" and name in convolutions)
        if name != head(net):
            shares |= {f"{name}/{own}": 0.0 if frozen else body_rate for own in layer.shapes}
    return {name: share for name, share in shares.items() if share != 1}
