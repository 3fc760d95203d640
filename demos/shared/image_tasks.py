"""The benchmark's tasks that make images: the loop of a demo, and the same loop in PyTorch.

Each is {contender: a function that prepares it and returns one that does the work once}; who is not
there cannot do it.

Used by: contenders.py, peers.py and ../benchmark.py.
"""

import numpy as np

import models
from demos.shared import easel
from demos.shared.command import FACE, PHOTOS

TASKS = {
    "style": "MiniVGG, neural style at 512 pixels: 5 steps of L-BFGS, as in demos style",
    "invert": "MiniVGG, a code of relu4_2 inverted at 128 pixels: 5 steps of Adam",
}
STEPS = 5
CODE = "relu4_2"  # of the photo that is inverted


def style_images(net):
    """A photo (1, 3, 342, 512) and a painting (1, 3, 320, 512)."""
    return (easel.pixels_of(net, PHOTOS / "pyramid.jpg", 512),
            easel.pixels_of(net, PHOTOS / "paintings" / "starry_night.jpg", 512))


def minigrad_style():
    """The technique, at the last of its sizes."""
    from minigrad.techniques import style

    net = models.load("minivgg")
    photo, painting = style_images(net)
    return lambda: [now.value for now in style(net, photo, painting, scales=(1.0,), steps=STEPS)]


def torch_walk(net, wanted, channels_last: bool):
    """The layers down to the deepest wanted, by PyTorch: pixels → {layer: activation}."""
    import torch

    from demos.shared.peers import torch_layer

    order = torch.channels_last if channels_last else torch.contiguous_format
    names = list(net.layers)
    deepest = max(map(names.index, wanted))
    params = {name: torch.from_numpy(array.copy()) for name, array in net.params.items()}
    params = {name: array.contiguous(memory_format=order) if array.ndim == 4 else array
              for name, array in params.items()}
    p = net.preprocessing
    mean, std = (torch.tensor(values)[:, None, None] for values in (p.mean, p.std))

    def walk(x):
        x, acts = ((x * p.scale - mean) / std).contiguous(memory_format=order), {}
        for name in names[: deepest + 1]:
            layer = net.layers[name]
            own = {short: params[f"{name}/{short}"] for short in layer.shapes}
            x = acts[name] = torch_layer(layer, x, own, False)
        return acts

    return walk


def pytorch_style(channels_last: bool = False):
    """The same layers, loss and weights; PyTorch's L-BFGS, which looks as often at the network."""
    import torch
    from torch.nn import functional as F

    from minigrad.ops.fast import threads
    from minigrad.techniques import style_preset_for

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    preset = style_preset_for(net)
    walk = torch_walk(net, [*preset.content_layers, *preset.style_layers], channels_last)

    def gram(a):
        features = a.flatten(2)                                         # (1, C, H·W)
        return features @ features.transpose(1, 2) / features.shape[2]

    photo, painting = map(torch.from_numpy, style_images(net))
    with torch.no_grad():
        acts, painted = walk(photo), walk(painting)
    content = {layer: acts[layer] for layer in preset.content_layers}
    textures = {layer: gram(painted[layer]) for layer in preset.style_layers}
    content_weight = preset.content_weight / len(content)
    style_weight = preset.style_weight / len(textures)

    def loss(x):
        x = x.clamp(0, 255)
        acts = walk(x)
        dx = F.pad(x[..., 1:] - x[..., :-1], (0, 1))
        dy = F.pad(x[:, :, 1:] - x[:, :, :-1], (0, 0, 0, 1))
        L = preset.tv / (x.numel() * 255**2) * (dx * dx + dy * dy).sum()
        for layer, a in content.items():
            L = L + content_weight * ((acts[layer] - a) ** 2).sum() / (a**2).sum()
        for layer, G in textures.items():
            L = L + style_weight * ((gram(acts[layer]) - G) ** 2).sum() / (G**2).sum()
        return L

    def run():
        x = photo.clone().requires_grad_()
        optimiser = torch.optim.LBFGS([x], max_iter=STEPS, history_size=10, tolerance_grad=0,
                                      tolerance_change=0, line_search_fn="strong_wolfe")

        def total():
            optimiser.zero_grad()
            value = loss(x)
            value.backward()
            return value

        return optimiser.step(total)

    return run


def minigrad_invert():
    """The technique, with its own settings."""
    from minigrad.techniques import invert

    net = models.load("minivgg")
    photo = net.pixels(FACE)
    return lambda: [now.value for now in invert(net, photo, CODE, steps=STEPS)]


def pytorch_invert(channels_last: bool = False):
    """The same energy, start and step, its waves weighted as photos' are."""
    import torch
    from torch.nn import functional as F

    from minigrad.ops.fast import threads
    from minigrad.techniques import invert_preset_for
    from minigrad.techniques.make.starts import noise
    from minigrad.techniques.make.steps import COLOURS

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    preset, walk = invert_preset_for(net, CODE), torch_walk(net, [CODE], channels_last)
    photo = torch.from_numpy(net.pixels(FACE))
    start = torch.from_numpy(
        noise(net, photo.shape[2:], 1, preset.sigma, np.random.default_rng(0)))
    mean, colours = torch.tensor(net.mean_colour)[:, None, None], torch.tensor(COLOURS)
    H, W = photo.shape[2:]
    f = torch.hypot(torch.fft.fftfreq(H)[:, None], torch.fft.rfftfreq(W))
    f[0, 0] = 1 / max(H, W)
    weight = f**-preset.waves
    with torch.no_grad():
        wanted = walk(photo)[CODE]
        size = (wanted**2).sum()

    def energy(x):
        u = x.clamp(0, 255) - mean
        dx = F.pad(u[..., 1:] - u[..., :-1], (0, 1))
        dy = F.pad(u[:, :, 1:] - u[:, :, :-1], (0, 0, 0, 1))
        tv = ((dx * dx + dy * dy + 1e-6) ** (preset.beta / 2)).sum() / 255**preset.beta
        penalty = (preset.tv * tv + preset.l6 * ((u / 255) ** 6).sum()) / u.numel()
        return ((walk(u + mean)[CODE] - wanted) ** 2).sum() / size + penalty

    def like_photos(g):
        together = torch.einsum("cd,ndyx->ncyx", colours, g / abs(g).max())
        waves = torch.fft.irfft2(torch.fft.rfft2(together) * weight, s=(H, W))
        return waves / abs(waves).mean()

    def run():
        x = start.clone().requires_grad_()
        adam = torch.optim.Adam([x], lr=preset.rate)
        cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, STEPS)
        for _ in range(STEPS):
            x.grad = like_photos(torch.autograd.grad(energy(x), x)[0])
            adam.step()
            cosine.step()
            with torch.no_grad():
                x.clamp_(0, 255)
        return energy(x).item()  # minigrad looks once more, too

    return run


MINIGRAD = {"style": minigrad_style, "invert": minigrad_invert}
PYTORCH = {"style": pytorch_style, "invert": pytorch_invert}
