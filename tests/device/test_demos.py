"""The demos with --device cuda: short runs that draw the pictures of the CPU."""

import importlib
import json

import numpy as np
import pytest
from PIL import Image

import models
from demos.shared.command import PHOTOS
from minigrad.command import run


def demo(name, *argv, out):
    main = importlib.import_module(f"demos.{name}").main
    assert run(main, [*map(str, argv), "--out", str(out)], "demos") == 0


PICTURES = {  # arguments, and how many grey levels a rounding may grow to
    "rules, the panel": (["rules", "--panel", "--size", 96], 3),
    "rules of a class": (["rules", "--class", 3, "--size", 96], 3),
    "maximize a class": (["maximize", "--class", 3, "--steps", 2, "--size", 48, "--gif"], 8),
    "maximize from a photo with every regularizer": (
        ["maximize", "--class", 3, 5, "--steps", 1, "--size", 48, "--start", "photo",
         "--regularizer", "l2=1e-7", "l6=1e-15", "tv=1e-7", "tv1=1e-7", "edges=1e-7",
         "decay=0.01", "centre=0.02", "blur=0.3", "small-norm=5", "small-contribution=5"], 8,
    ),
    "maximize channels": (
        ["maximize", "--layer", "conv2_1", "--channel", "1,2", "--steps", 2], 8,
    ),
    "dream": (["dream", "--size", 64, "--octaves", 2, "--steps", 1, "--show-gradient"], 8),
    "filters": (["filters"], 3),
    "grad_cam": (["grad_cam", "--class", 3, "--size", 48], 3),
    "integrated": (["integrated", "--class", 3, "--size", 48, "--steps", 1], 3),
    "filters of a later layer": (["filters", "--layer", "conv2_1", "--rows", 2], 3),
    "patches": (
        ["patches", "--folder", PHOTOS / "caltech101" / "ant", "--layer", "relu2_1",
         "--channels", "3,5", "--top", 2, "--workers", 1], 3,
    ),
    "opinion": (["opinion", "--judge", "minivgg", "--only", "golf ball", "--steps", 1], 8),
}  # fmt: skip


@pytest.mark.parametrize("what", PICTURES)
def test_a_demo_draws_the_pictures_of_the_cpu(what, tmp_path, capsys):
    argv, tolerance = PICTURES[what]
    for device in ("cpu", "cuda"):
        demo(*argv, "--device", device, out=tmp_path / device)
    files = sorted(file.name for file in (tmp_path / "cpu").glob("*.png"))
    assert files and files == sorted(file.name for file in (tmp_path / "cuda").glob("*.png"))
    for file in files:
        a, b = (
            np.asarray(Image.open(tmp_path / device / file), float) for device in ("cpu", "cuda")
        )
        assert a.shape == b.shape and np.abs(a - b).mean() <= tolerance, file


def photos(folder, rng):
    """Two classes of coloured noise."""
    for part, count in (("train", 5), ("val", 3)):
        for k, colour in enumerate([(200, 40, 40), (40, 60, 200)]):
            (folder / part / f"class{k}").mkdir(parents=True)
            for i in range(count):
                noisy = np.array(colour) + rng.normal(0, 20, (40, 40, 3))
                picture = Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
                picture.save(folder / part / f"class{k}" / f"{i}.png")


def test_training_goes_on_from_a_checkpoint_of_the_device(tmp_path, rng, capsys):
    photos(tmp_path / "photos", rng)
    losses = {}
    for device in ("cpu", "cuda"):
        out = tmp_path / device
        common = ["train", "--data", tmp_path / "photos", "--batch", 4, "--device", device]
        demo(*common, "--sizes", "32*2", "--epochs", 1, out=out)
        more = ["--sizes", "32*3", "--epochs", 2, "--lr", 0.01, "--adversary", 1]
        demo(*common, *more, "--resume", out / "minivgg.checkpoint.npz", out=out)
        log = json.loads((out / "minivgg.json").read_text())["log"]
        losses[device] = [line["loss"] for line in log]
    assert np.allclose(losses["cpu"][0], losses["cuda"][0], rtol=1e-2)
    assert np.allclose(losses["cpu"], losses["cuda"], rtol=0.3)  # the second grows any rounding
    models.load("minivgg", tmp_path / "cuda" / "minivgg.h5", device="cuda")
