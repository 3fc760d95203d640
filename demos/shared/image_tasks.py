"""The benchmark's tasks that make images: the loop of a demo, and the same loop in PyTorch.

Timed is the whole way from the photo to the picture, what the photo asks for with it.  Each task is
{contender: a function that prepares it and returns one that does the work once}; who is not there
cannot do it.

Used by: contenders.py, peers.py and ../benchmark.py.
"""

import numpy as np

import models
from demos.shared import easel
from demos.shared.command import FACE, PHOTOS

TASKS = {
    "style": "MiniVGG, neural style at 512×342: 3 steps of Adam and the last one's loss",
    "dream": "MiniVGG, DeepDream at 512×342: 3 steps of the last octave",
    "invert": "MiniVGG, a code inverted at 128²: 3 steps of Adam and the last one's loss",
    "pgd": "MiniVGG, 16 photos at 128² attacked by PGD: 8 steps, and the answers before and after",
}
STEPS, RATE = 3, 8.0
CODE = "relu4_2"  # which is inverted
ATTACKED, EPSILON, ATTACK_STEPS = 16, 4.0, 8


def style_images(net):
    """A photo (1, 3, 342, 512) and a painting (1, 3, 320, 512)."""
    return (easel.pixels_of(net, PHOTOS / "pyramid.jpg", 512),
            easel.pixels_of(net, PHOTOS / "paintings" / "starry_night.jpg", 512))


def minigrad_style():
    """The technique at one size; with Adam, for L-BFGS's searches differ in length."""
    from minigrad.techniques import style

    net = models.load("minivgg")
    photo, painting = style_images(net)
    settings = {"scales": (1.0,), "optimiser": "adam", "rate": RATE, "steps": STEPS}
    return lambda: [now.value for now in style(net, photo, painting, **settings)]


def pytorch_style(channels_last: bool = False):
    """The same layers, loss and weights."""
    import torch

    from minigrad.ops.fast import threads
    from minigrad.techniques import style_preset_for

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    photo, painting = map(torch.from_numpy, style_images(net))
    preset = style_preset_for(net)
    walk = torch_walk(net, [*preset.content_layers, *preset.style_layers], channels_last)

    def run():
        with torch.no_grad():
            loss = torch_loss(preset, walk, walk(photo), walk(painting))
        x = photo.clone().requires_grad_()
        optimiser = torch.optim.Adam([x], lr=RATE)
        for _ in range(STEPS + 1):
            optimiser.zero_grad()
            value = loss(x)
            value.backward()
            optimiser.step()
        return value

    return run


def torch_walk(net, wanted, channels_last: bool):
    """Pixels (1, 3, H, W) → activations by layer, as far as the deepest that is wanted."""
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


def torch_loss(preset, walk, acts, painted):
    """The loss of minigrad/techniques/make/style.py, as a function of the pixels."""
    from torch.nn import functional as F

    def gram(a):
        features = a.flatten(2)                                         # (1, C, H·W)
        return features @ features.transpose(1, 2) / features.shape[2]

    content = {layer: acts[layer] for layer in preset.content_layers}
    textures = {layer: gram(painted[layer]) for layer in preset.style_layers}
    alpha, beta = preset.content_weight / len(content), preset.style_weight / len(textures)

    def loss(x):
        x = x.clamp(0, 255)
        acts = walk(x)
        dx = F.pad(x[..., 1:] - x[..., :-1], (0, 1))
        dy = F.pad(x[:, :, 1:] - x[:, :, :-1], (0, 0, 0, 1))
        L = preset.tv / (x.numel() * 255**2) * (dx * dx + dy * dy).sum()
        for layer, a in content.items():
            L = L + alpha * ((acts[layer] - a) ** 2).sum() / (a**2).sum()
        for layer, G in textures.items():
            L = L + beta * ((gram(acts[layer]) - G) ** 2).sum() / (G**2).sum()
        return L

    return loss


def minigrad_dream():
    """The technique, at the last of its octaves."""
    from minigrad.techniques import dream

    net = models.load("minivgg")
    photo, _ = style_images(net)
    return lambda: [now.value for now in dream(net, photo, octaves=1, steps=STEPS)]


def pytorch_dream(channels_last: bool = False):
    """The same layer and steps: roll, along g / mean|g|, clip, roll back, and tell the energy."""
    import torch

    from minigrad.ops.fast import threads
    from minigrad.techniques import dream_preset_for

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    preset = dream_preset_for(net)
    walk = torch_walk(net, [preset.layer], channels_last)
    photo, _ = map(torch.from_numpy, style_images(net))

    def run():
        x = photo
        for step in range(STEPS + 1):
            dy, dx = torch.randint(-preset.jitter, preset.jitter + 1, (2,)).tolist()
            rolled = torch.roll(x, (dy, dx), (2, 3)).requires_grad_()
            energy = (walk(rolled)[preset.layer] ** 2).sum() / 2
            (g,) = torch.autograd.grad(energy, rolled)
            if step < STEPS:
                g = torch.roll(g, (-dy, -dx), (2, 3))
                x = (x + preset.rate * g / g.abs().mean()).clamp(0, 255)
        return energy.item()

    return run


def minigrad_invert():
    """The technique, with its own settings."""
    from minigrad.techniques import invert

    net = models.load("minivgg")
    photo = net.pixels(FACE)
    return lambda: [now.value for now in invert(net, photo, CODE, steps=STEPS)]


def pytorch_invert(channels_last: bool = False):
    """The same energy, start and step."""
    import torch

    from minigrad.ops.fast import threads
    from minigrad.techniques import invert_preset_for
    from minigrad.techniques.make.starts import noise

    torch.set_num_threads(threads.count())
    net = models.load("minivgg")
    preset, photo = invert_preset_for(net, CODE), torch.from_numpy(net.pixels(FACE))
    walk = torch_walk(net, [CODE], channels_last)
    like_photos = torch_like_photos(preset.waves, *photo.shape[2:])

    def run():
        with torch.no_grad():
            energy = torch_energy(net, preset, walk, walk(photo)[CODE])
        start = noise(net, photo.shape[2:], 1, preset.sigma, np.random.default_rng(0))
        x = torch.from_numpy(start).requires_grad_()
        optimiser = torch.optim.Adam([x], lr=preset.rate)
        rate = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, STEPS)
        for _ in range(STEPS + 1):
            value = energy(x)
            x.grad = like_photos(torch.autograd.grad(value, x)[0])
            optimiser.step()
            rate.step()
        return value

    return run


def torch_energy(net, preset, walk, wanted):
    """The energy of minigrad/techniques/make/invert.py, as a function of the pixels."""
    import torch
    from torch.nn import functional as F

    from minigrad.techniques.make.regularizers import SMOOTH

    mean, size = torch.tensor(net.mean_colour)[:, None, None], (wanted**2).sum()

    def energy(x):
        x = x.clamp(0, 255)
        u = x - mean
        dx = F.pad(u[..., 1:] - u[..., :-1], (0, 1))
        dy = F.pad(u[:, :, 1:] - u[:, :, :-1], (0, 0, 0, 1))
        tv = ((dx * dx + dy * dy + SMOOTH) ** (preset.beta / 2)).sum() / 255**preset.beta
        penalty = (preset.tv * tv + preset.l6 * ((u / 255) ** 6).sum()) / u.numel()
        return ((walk(x)[CODE] - wanted) ** 2).sum() / size + penalty

    return energy


def torch_like_photos(power: float, H: int, W: int):
    """The step of minigrad/techniques/make/steps.py, that moves the mean, too."""
    import torch

    from minigrad.techniques.make.steps import COLOURS

    colours = torch.tensor(COLOURS)
    f = torch.hypot(torch.fft.fftfreq(H)[:, None], torch.fft.rfftfreq(W))       # (H, W/2 + 1)
    f[0, 0] = 1 / max(H, W)

    def shape(g):
        together = torch.einsum("cd,ndyx->ncyx", colours, g / abs(g).max())
        waves = torch.fft.irfft2(torch.fft.rfft2(together) * f**-power, s=(H, W))
        return waves / abs(waves).mean()

    return shape


def attacked_photos():
    """Pixels (16, 3, 128, 128): speed does not depend on what they show."""
    return np.random.default_rng(0).uniform(0, 255, (ATTACKED, 3, 128, 128)).astype(np.float32)


def minigrad_pgd():
    """The technique."""
    from minigrad.techniques import pgd

    net, photos = models.load("minivgg"), attacked_photos()
    return lambda: pgd(net, photos, epsilon=EPSILON, steps=ATTACK_STEPS)


def pytorch_pgd(channels_last: bool = False):
    """The same start in the ball, steps, ball and answers."""
    import torch
    from torch.nn import functional as F

    from minigrad.ops.fast import threads

    torch.set_num_threads(threads.count())
    net, photos = models.load("minivgg"), torch.from_numpy(attacked_photos())
    walk = torch_walk(net, [net.score_layer], channels_last)

    def run():
        with torch.no_grad():
            labels = walk(photos)[net.score_layer].argmax(1)
        low, high = (photos - EPSILON).clamp(0, 255), (photos + EPSILON).clamp(0, 255)
        x = photos + torch.empty_like(photos).uniform_(-EPSILON, EPSILON)
        x = x.clamp(0, 255)
        for _ in range(ATTACK_STEPS):
            x.requires_grad_()
            loss = F.cross_entropy(walk(x)[net.score_layer], labels, reduction="sum")
            (g,) = torch.autograd.grad(loss, x)
            x = torch.clamp(x.detach() + EPSILON / 10 * g.sign(), low, high)
        with torch.no_grad():
            return walk(x)[net.score_layer].argmax(1)

    return run


MINIGRAD = {"style": minigrad_style, "dream": minigrad_dream, "invert": minigrad_invert,
            "pgd": minigrad_pgd}
PYTORCH = {"style": pytorch_style, "dream": pytorch_dream, "invert": pytorch_invert,
           "pgd": pytorch_pgd}
