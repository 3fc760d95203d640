"""What PyTorch itself writes is read to the last bit, from both of its containers."""

import collections
import os

import numpy as np
import pytest

import models
from minigrad.command import run
from models import storage
from weights import __main__ as command
from weights import formats, torch_file
from weights.convert import convert

torch = pytest.importorskip("torch")
safetensors_torch = pytest.importorskip("safetensors.torch")

CONTAINERS = pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])


def main(argv):
    """The command as a user meets it: what is wrong is a sentence and a status."""
    return run(command.main, argv, "weights")


def save(what, path, zipped):
    torch.save(what, path, _use_new_zipfile_serialization=zipped)
    return path


@CONTAINERS
def test_every_kind_of_number(tmp_path, zipped):
    kinds = "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool".split()
    numbers = torch.arange(12).reshape(3, 4) % 3
    tensors = {kind: numbers.to(getattr(torch, kind)) for kind in kinds}
    found = torch_file.read(save(tensors, tmp_path / "kinds", zipped))
    assert list(found) == kinds
    for kind, array in found.items():
        assert array.dtype == ("float32" if kind == "bfloat16" else kind)
        assert array.tolist() == tensors[kind].tolist()


@CONTAINERS
def test_a_view_of_anothers_numbers(tmp_path, zipped):
    whole = torch.randn(5, 4, 3)
    tensors = {
        "whole": whole, "part": whole[2:4, 1], "turned": whole.permute(2, 0, 1),
        "every_other": whole[::2, :, 1], "one": whole[1, 2, 0], "none": whole[:0],
        "parameter": torch.nn.Parameter(whole[3]),
    }
    found = torch_file.read(save(collections.OrderedDict(tensors), tmp_path / "views", zipped))
    for name, tensor in tensors.items():
        assert found[name].shape == tensor.shape
        assert np.array_equal(found[name], tensor.detach().numpy())


@CONTAINERS
def test_a_module_with_batch_norm_and_a_checkpoint_around_it(tmp_path, zipped):
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4))
    checkpoint = {"epoch": 3, "best": 0.5, "state_dict": module.state_dict()}
    for what in (module.state_dict(), checkpoint):
        found = torch_file.read(save(what, tmp_path / "module", zipped))
        assert all(np.array_equal(found[n], t.numpy()) for n, t in module.state_dict().items())
        assert found["1.num_batches_tracked"].shape == ()


class Attack:
    """Its pickle is a call of os.system."""

    def __init__(self, command):
        self.command = command

    def __reduce__(self):
        return os.system, (self.command,)


@CONTAINERS
def test_a_hostile_object_runs_nothing(tmp_path, capsys, zipped):
    witness = tmp_path / "witness"
    state = {"a": torch.zeros(2), "b": Attack(f"touch {witness}")}
    file = save(state, tmp_path / "hostile.pth", zipped)
    assert main(["convert", str(file), str(tmp_path / "out.h5"), "--model", "alexnet"]) == 2
    said = capsys.readouterr().err
    assert "system, which no list of weights needs" in said and said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["hostile.pth"]


@CONTAINERS
def test_a_whole_module_is_refused(tmp_path, zipped):
    file = save(torch.nn.Linear(2, 2), tmp_path / "module", zipped)
    with pytest.raises(ValueError, match="asks for torch.nn"):
        formats.read(file)


@CONTAINERS
def test_cut_anywhere_it_is_refused(tmp_path, zipped):
    tensors = {"a": torch.randn(64), "b": torch.randn(8, 8)}
    whole = save(tensors, tmp_path / "whole", zipped).read_bytes()
    for length in range(1, len(whole), max(1, len(whole) // 100)):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="cut|no format"):
            formats.read(tmp_path / "cut")


def test_both_containers_and_safetensors_convert_to_the_same(tmp_path):
    """SqueezeNet 1.1, the smallest of torchvision's, with its names taken from their numbering."""
    torch.manual_seed(0)
    fires = {3: (64, 16, 64), 4: (128, 16, 64), 6: (128, 32, 128), 7: (256, 32, 128),
             9: (256, 48, 192), 10: (384, 48, 192), 11: (384, 64, 256), 12: (512, 64, 256)}
    state = {"features.0": (64, 3, 3, 3), "classifier.1": (1000, 512, 1, 1)}
    for i, (channels_in, squeeze, expand) in fires.items():
        state[f"features.{i}.squeeze"] = (squeeze, channels_in, 1, 1)
        state[f"features.{i}.expand1x1"] = (expand, squeeze, 1, 1)
        state[f"features.{i}.expand3x3"] = (expand, squeeze, 3, 3)
    state = {
        f"{name}.{kind}": torch.randn(shape if kind == "weight" else shape[:1])
        for name, shape in state.items()
        for kind in ("weight", "bias")
    }
    files = [save(state, tmp_path / f"{zipped}", zipped) for zipped in (True, False)]
    files.append(tmp_path / "safetensors")
    safetensors_torch.save_file(state, files[-1])
    for file in files:
        convert(file, tmp_path / "out.h5", "squeezenet1_1", force=True)
        params, attributes = storage.read(tmp_path / "out.h5")
        assert params.keys() == models.table("squeezenet1_1").shapes.keys()
        expand = params["fire5/expand3x3/weight"]
        assert np.array_equal(expand, state["features.7.expand3x3.weight"].numpy())
        assert np.allclose(attributes["mean"], (0.485, 0.456, 0.406))
