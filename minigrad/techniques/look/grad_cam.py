r"""Which part of the photo speaks for a class: the last feature maps, weighted by their gradients.

A unit of a late layer knows what it sees, and still where.  Let A^k be channel k of such a layer
and S the score.  How much the channel counts is its mean gradient,

    α_k = 1/(h·w) Σ_ij ∂S/∂A^k_ij                   (Selvaraju et al. 2017, eq. 1)
    L   = relu(Σ_k α_k A^k)                         (eq. 2)

and L, enlarged to the photo, is the map.  Relu keeps what speaks for S and drops what speaks for
other classes.  Where the layer's mean goes straight into a linear layer, α_k is that layer's weight
and L the class activation map of Zhou et al. 2016, divided by h·w.

    grad_cam               the map above: where, at the layer's resolution
    grad_cam_plus_plus     a channel's gradients weighted place by place: several objects of a class
    guided_grad_cam        guided backpropagation, kept where the map is: where, in fine detail

Read before: gradient.py and integrated.py.  Read next: masks.py.
"""

from dataclasses import replace

from minigrad import ops
from minigrad.backend import array_module
from minigrad.checked import nearest
from minigrad.rules import guided
from minigrad.techniques.look.gradient import gradient
from minigrad.techniques.objectives import SCORES, Objective, activations
from minigrad.tensor import Tensor, UnusedRule, grad

ALONE = (1, 1, 0)  # the window of a layer whose unit reads one place: relu, batch norm, 1×1 filters


def grad_cam(net, pixels, objective: Objective, *, rules=None, layer: str | None = None):
    """relu(Σ_k α_k A^k), enlarged to the photo.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        objective: S.
        rules: {op or Tensor: rule}, on the way from S back to the layer.
        layer: whose A it is; by default `cam_layer(net, objective)`.

    Returns:
        (N, H, W), 0 or more, in score: zero everywhere for an image where nothing speaks for S.

    Raises:
        ValueError: the layer is none, has no space, or S does not depend on it.
    """
    A, g = at_layer(net, pixels, objective, layer, rules)
    return enlarged(coarse(A, mean_gradient(A, g)), pixels.shape[2:])


def grad_cam_plus_plus(net, pixels, objective: Objective, *, rules=None, layer: str | None = None):
    """relu(Σ_k w_k A^k) with the weights of Grad-CAM++, enlarged to the photo.

    Arguments, what is returned and errors are those of `grad_cam`.

    Raises:
        ValueError: also where activations are negative: the weights are derived for a relu's.
    """
    A, g = at_layer(net, pixels, objective, layer, rules)
    if A.size and A.min() < 0:
        raise ValueError("Grad-CAM++ wants activations of 0 or more, which those of this layer are "
                         "not: give a relu's")
    return enlarged(coarse(A, weighted_gradient(A, g)), pixels.shape[2:])


def guided_grad_cam(net, pixels, objective: Objective, *, layer: str | None = None):
    """Guided backpropagation · the map of Grad-CAM, pixel by pixel (Selvaraju et al., section 3.2).

    Arguments and errors are those of `grad_cam`.

    Returns:
        (N, 3, H, W), in score squared per grey level: for looking at, its size means nothing.
    """
    fine = gradient(net, pixels, objective, rules={ops.relu: guided})           # (N, 3, H, W)
    return fine * grad_cam(net, pixels, objective, layer=layer)[:, None]


# ── The parts ───────────────────────────────────────────────────────────────────────────────────


def at_layer(net, pixels, objective: Objective, layer: str | None, rules):
    """A and ∂S/∂A at a layer, two arrays (N, K, h, w).

    Raises:
        ValueError: the layer is none, has no space, or S does not depend on it.
    """
    layer = layer or cam_layer(net, objective, pixels.shape[2:])
    if layer not in net.layers:
        raise ValueError(f"{net.name} has no layer {layer!r}; {nearest(layer, net.layers)}")
    acts = activations(net, Tensor(pixels), replace(objective, layers=(*objective.layers, layer)))
    A = acts[layer]
    if A.ndim != 4 or min(A.shape[2:]) < 2:
        raise ValueError(
            f"a unit of {layer} sees the whole photo and has no place in it, so its activations "
            f"({', '.join(map(str, A.shape[1:]))}) make no map: give a layer with rows and columns"
        )
    try:
        return A.data, grad(objective(acts), [A], rules=rules)[0]
    except UnusedRule:
        raise
    except ValueError:
        raise ValueError(
            f"{objective.name} does not depend on {layer}: give a layer that lies below it"
        ) from None


def mean_gradient(A, g):
    """α_k = 1/(h·w) Σ_ij g_ij: one weight for each channel of Grad-CAM, (N, K, 1, 1)."""
    return g.mean(axis=(2, 3), keepdims=True)


def weighted_gradient(A, g):
    r"""w_k = Σ_ij α_ij · relu(g_ij): those of Grad-CAM++, (N, K, 1, 1).

    α_ij = g²_ij / (2 g²_ij + Σ_ab A_ab · g³_ij)       (Chattopadhay et al. 2018, eq. 19)

    The paper takes S' = exp(S), whose first, second and third derivatives are S' times g, g² and g³
    where S is linear in A; S' drops out of α, and out of w as one factor for the whole map.  Where
    Σ A · g is far below 2, α_ij is ½ everywhere: Grad-CAM of what speaks for S alone, which is why
    the map is on in most of the photo.
    """
    xp = array_module(A)
    # where g > 0, and elsewhere relu(g) is 0:   α_ij = 1 / (2 + Σ_ab A_ab · g_ij)
    positive = xp.maximum(g, 0)
    share = positive / (2 + A.sum(axis=(2, 3), keepdims=True) * positive)       # (N, K, h, w)
    return share.sum(axis=(2, 3), keepdims=True)


def coarse(A, weights):
    """L = relu(Σ_k weights_k A^k):  (N, K, h, w), (N, K, 1, 1) → (N, h, w)."""
    return array_module(A).maximum((weights * A).sum(axis=1), 0)


def enlarged(maps, size: tuple[int, int]):
    """Bring maps of a layer to the photo's size, with straight lines between the places.

    maps (N, h, w), size (H, W) → (N, H, W)
    """
    return ops.upsample_bilinear(maps[:, None], size)[:, 0]


# ── Which layer ─────────────────────────────────────────────────────────────────────────────────


def cam_layer(net, objective: Objective, image: tuple[int, int] | None = None) -> str:
    """The last layer with rows and columns that a convolution made, before pooling; below a unit.

    For a class it is relu5_3 in VGG16, inception5b/concat in GoogLeNet; for a unit of relu4_2 what
    its convolution reads, relu4_1.

    Args:
        net: a network.
        objective: S.
        image: (H, W), by default the network's own size.

    Raises:
        ValueError: there is no such layer below the objective.
    """
    return cam_layers(net, objective, image)[0]


def cam_layers(net, objective: Objective, image: tuple[int, int] | None = None) -> list[str]:
    """The last such layer of each resolution, from the coarsest to the finest.

    Arguments and errors are those of `cam_layer`.
    """
    asked = {net.score_layer if layer == SCORES else layer for layer in objective.layers}
    own = _reached(asked, lambda name: net.inputs[name] if _passes_on(net.layers[name]) else ())
    shapes = net.output_shapes(image, until=max(asked, key=list(net.layers).index))
    last = {}
    for name in reversed(shapes):
        size = shapes[name][1:]                                                 # (h, w) or ()
        made = size and min(size) > 1 and name not in own and _convolved(net, name)
        if made and size not in last and _every_way_passes(net, asked, name):
            last[size] = name
    if not last:
        raise ValueError(f"below {objective.name} there is no layer with rows and columns to make "
                         "a map of: ask for something deeper")
    return list(last.values())


def _convolved(net, name) -> bool:
    """Whether filters made it, no pooling since, and it is no dropout's copy of a relu."""
    if not any(net.layers[one].shapes for one in (name, *net.inputs[name])):
        return len(net.inputs[name]) > 1 and _convolved(net, net.inputs[name][0])
    while _passes_on(net.layers[name]):
        name = net.inputs[name][0]
    return _has_filters(net.layers[name])


def _passes_on(layer) -> bool:
    """Whether each of its numbers is made of one: relu, batch norm, dropout, concatenation."""
    return layer.window == ALONE and not _has_filters(layer)


def _has_filters(layer) -> bool:
    return any(len(shape) > 1 for shape in layer.shapes.values())


def _every_way_passes(net, asked, name) -> bool:
    """Whether all that is asked for is made of this layer, and not of another branch besides."""
    around = _reached(asked, lambda other: () if other == name else net.inputs[other])
    return all(net.inputs[other] for other in around)


def _reached(names, inputs) -> set[str]:
    """All that is reached from some layers, going up."""
    seen, waiting = set(), list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += inputs(name)
    return seen
