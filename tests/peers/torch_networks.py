"""The networks of models/ written in PyTorch, as torchvision's are, to be compared with.

All begin with what the preprocessing leaves; by_our_names lists their modules by our layers' names.
"""

import pytest

torch = pytest.importorskip("torch")
nn = torch.nn


def lend(net, modules):
    """Give PyTorch's modules, made without memory, our own arrays."""
    for layer, module in modules.items():
        for short in net.layers[layer].shapes:
            array = torch.from_numpy(net.params[f"{layer}/{short}"])
            if short.startswith("running_"):
                module.register_buffer(short, array)
            else:
                module.register_parameter(short, nn.Parameter(array, requires_grad=False))


# ── VGG and AlexNet: one layer behind the other ─────────────────────────────────────────────────


def vgg(plan, norm):
    """A plan has the channels of each convolution, and M for a pooling."""
    layers, channels = [], 3
    for item in plan:
        if item == "M":
            layers.append(nn.MaxPool2d(2, 2))
            continue
        layers += [nn.Conv2d(channels, item, 3, padding=1)]
        layers += [nn.BatchNorm2d(item)] if norm else []
        layers += [nn.ReLU()]
        channels = item
    return [
        *layers, nn.AdaptiveAvgPool2d(7), nn.Flatten(),
        nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 1000),
    ]  # fmt: skip


def alexnet():
    return [
        nn.Conv2d(3, 64, 11, stride=4, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
        nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
        nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2),
        nn.AdaptiveAvgPool2d(6), nn.Dropout(), nn.Flatten(),
        nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(),
        nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000),
    ]  # fmt: skip


A = [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
D = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


# ── SqueezeNet and GoogLeNet: branches ──────────────────────────────────────────────────────────


class Fire(nn.Module):
    def __init__(self, channels, squeeze, expand):
        super().__init__()
        self.squeeze1x1, self.relu_squeeze1x1 = nn.Conv2d(channels, squeeze, 1), nn.ReLU()
        self.expand1x1, self.relu_expand1x1 = nn.Conv2d(squeeze, expand, 1), nn.ReLU()
        self.expand3x3, self.relu_expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1), nn.ReLU()

    def forward(self, x):
        x = self.relu_squeeze1x1(self.squeeze1x1(x))
        one, three = self.expand1x1(x), self.expand3x3(x)
        return torch.cat([self.relu_expand1x1(one), self.relu_expand3x3(three)], 1)


class BasicConv(nn.Module):
    def __init__(self, channels, out, kernel_size, **options):
        super().__init__()
        self.conv = nn.Conv2d(channels, out, kernel_size, bias=False, **options)
        self.bn, self.relu = nn.BatchNorm2d(out, eps=0.001), nn.ReLU()

    def forward(self, x):
        return self.relu(self.bn(self.conv(x)))


class Inception(nn.Module):
    def __init__(self, channels, n1, reduce3, n3, reduce5, n5, proj):
        super().__init__()
        self.n1x1 = BasicConv(channels, n1, 1)
        self.n3x3_reduce = BasicConv(channels, reduce3, 1)
        self.n3x3 = BasicConv(reduce3, n3, 3, padding=1)
        self.n5x5_reduce = BasicConv(channels, reduce5, 1)
        self.n5x5 = BasicConv(reduce5, n5, 3, padding=1)
        self.pool = nn.MaxPool2d(3, 1, 1, ceil_mode=True)
        self.pool_proj = BasicConv(channels, proj, 1)

    def forward(self, x):
        branches = [
            self.n1x1(x),
            self.n3x3(self.n3x3_reduce(x)),
            self.n5x5(self.n5x5_reduce(x)),
            self.pool_proj(self.pool(x)),
        ]
        return torch.cat(branches, 1)


def pool(size=3):
    return nn.MaxPool2d(size, 2, ceil_mode=True)


def squeezenet(first, pools, border=0):
    """The first convolution, and the fires after which pooling stands."""
    layers = {"conv1": first, "relu_conv1": nn.ReLU(), "pool1": pool()}
    channels, sizes = first.out_channels, [(16, 64), (32, 128), (48, 192), (64, 256)]
    for i in range(2, 10):
        squeeze, expand = sizes[i // 2 - 1]
        layers[f"fire{i}"] = Fire(channels, squeeze, expand)
        channels = 2 * expand
        if i in pools:
            layers[f"pool{i}"] = pool()
    last = nn.Conv2d(512, 1000, 1, padding=border)
    mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    layers |= {"drop9": nn.Dropout(), "conv10": last, "relu_conv10": nn.ReLU()}
    return layers | {"pool10": mean}


def googlenet():
    sizes = {
        "3a": (192, 64, 96, 128, 16, 32, 32), "3b": (256, 128, 128, 192, 32, 96, 64),
        "4a": (480, 192, 96, 208, 16, 48, 64), "4b": (512, 160, 112, 224, 24, 64, 64),
        "4c": (512, 128, 128, 256, 24, 64, 64), "4d": (512, 112, 144, 288, 32, 64, 64),
        "4e": (528, 256, 160, 320, 32, 128, 128), "5a": (832, 256, 160, 320, 32, 128, 128),
        "5b": (832, 384, 192, 384, 48, 128, 128),
    }  # fmt: skip
    layers = {"1": BasicConv(3, 64, 7, stride=2, padding=3), "pool1": pool()}
    layers |= {"2": BasicConv(64, 64, 1), "3": BasicConv(64, 192, 3, padding=1), "pool2": pool()}
    for name, size in sizes.items():
        if name in ("4a", "5a"):
            layers[f"pool{int(name[0]) - 1}"] = pool(3 if name == "4a" else 2)
        layers[f"inception{name}"] = Inception(*size)
    mean = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return layers | {"avgpool": mean, "drop": nn.Dropout(0.2), "fc": nn.Linear(1024, 1000)}


def by_our_names(layers):
    """List PyTorch's modules by the names of our layers, those within a branch, too."""
    found = {}
    for name, module in layers.items():
        if isinstance(module, Fire):
            found |= {f"{name}/{part}": child for part, child in module.named_children()}
            found[f"{name}/concat"] = module
        elif isinstance(module, BasicConv):
            found |= {f"{part}{name}": child for part, child in module.named_children()}
        elif isinstance(module, Inception):
            for part, branch in module.named_children():
                part = part.removeprefix("n")
                if part == "pool":
                    found[f"{name}/pool"] = branch
                    continue
                found[f"{name}/{part}"] = branch.conv
                found |= {f"{name}/bn_{part}": branch.bn, f"{name}/relu_{part}": branch.relu}
            found[f"{name}/concat"] = module
        else:
            found[name] = module
    return found
