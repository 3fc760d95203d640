"""The house: who may know whom, how long a file may be, and every technique with one call."""

import ast
import dataclasses
import importlib
import inspect
import pathlib
import pkgutil
from collections.abc import Iterator, Mapping
from itertools import chain, islice

import numpy as np
import pytest

import models
from demos.__main__ import ROOMS
from minigrad import techniques
from minigrad.optim import SGD
from minigrad.techniques.fool.plane import learned, spirals
from minigrad.techniques.learn.detection import Detections
from minigrad.techniques.learn.training import Trained
from minigrad.techniques.objectives import Objective, activations, class_score, energy

ROOT = pathlib.Path(__file__).parent.parent
HOUSE = ["minigrad", "models", "weights", "demos"]
FILES = {
    str(file.relative_to(ROOT)): ast.parse(file.read_text(encoding="utf-8"))
    for room in HOUSE
    for file in sorted((ROOT / room).rglob("*.py"))
}


def imported(tree) -> set[str]:
    """Every module or name that a file imports, anywhere in it: minigrad.tensor.grad, os."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def within(name: str, modules) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


# ── Arrows point one way ────────────────────────────────────────────────────────────────────────

MAY_NOT_KNOW = {  # the first that fits counts
    "minigrad/techniques/": ["models", "weights", "demos"],
    "minigrad/ops/": ["minigrad.techniques", "minigrad.optim", "models", "weights", "demos"],
    "minigrad/": ["minigrad.techniques", "models", "weights", "demos"],
    "models/": ["minigrad.techniques", "weights", "demos"],
    "weights/": ["minigrad.techniques", "demos"],
    "demos/": [],
}
ENGINE = ["tensor", "arguments", "tape", "backend", "rules", "checked"]
OUTSIDE = ["argparse", "json", "os", "pathlib", "sys", "PIL", "h5py", "tqdm"]


def test_arrows_point_one_way():
    """demos → techniques → ops → tensor, and demos → models → ops."""
    against = set()
    for file, tree in FILES.items():
        room = next(room for room in MAY_NOT_KNOW if file.startswith(room))
        bad = [name for name in imported(tree) if within(name, MAY_NOT_KNOW[room])]
        against |= {f"{file} imports {name}" for name in bad}
    assert against == set()


def test_the_engine_knows_no_op():
    known = {name for module in ENGINE for name in imported(FILES[f"minigrad/{module}.py"])}
    assert {name for name in known if within(name, ["minigrad.ops"])} == set()


def test_a_technique_knows_no_file_and_no_flag_and_prints_nothing():
    for file in (file for file in FILES if file.startswith("minigrad/techniques/")):
        assert {name for name in imported(FILES[file]) if within(name, OUTSIDE)} == set(), file
        called = {node.func.id for node in ast.walk(FILES[file])
                  if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        assert called.isdisjoint({"print", "open", "input"}), file


TIMED = {"demos/shared/contenders.py": "the benchmark times the engine itself, beside the others'"}


def test_a_demo_computes_no_gradient():
    for file in (file for file in FILES if file.startswith("demos/") and file not in TIMED):
        names = {name.rsplit(".", 1)[-1] for name in imported(FILES[file])}
        assert names.isdisjoint({"grad", "Tensor"}), file


# ── Short files, short functions ────────────────────────────────────────────────────────────────

LONG_FUNCTIONS = {
    "batch_norm": "the forward and its three gradients, on one page with their equations",
}


def test_a_file_has_300_lines_at_most():
    long = {file for file in FILES if len((ROOT / file).read_text("utf-8").splitlines()) > 300}
    assert long == set()


def test_a_function_has_45_lines_at_most_its_docstring_aside():
    long = {
        f"{file}: {node.name}"
        for file, tree in FILES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name not in LONG_FUNCTIONS
        and lines(node) - (lines(node.body[0]) if ast.get_docstring(node) else 0) > 45
    }
    assert long == set()


def lines(node) -> int:
    return node.end_lineno - node.lineno + 1


# ── One technique, one call ─────────────────────────────────────────────────────────────────────

EXPORTED = {
    name: getattr(techniques, name)
    for name in techniques.__all__
    if inspect.isfunction(getattr(techniques, name))
}


@pytest.fixture(scope="module")
def given():
    """What the tests give for an argument that has no default, by its name."""
    net = models.load("minivgg")
    pixels = net.pixels(ROOT / "demos" / "photos" / "astronaut.jpg")
    acts = net(pixels)
    labels, asked = np.array([40]), (net, pixels, class_score(40))
    evidence = techniques.saliency(*asked)
    return {
        "net": net, "judge": net, "pixels": pixels, "objective": class_score(40),
        "objectives": [class_score(40)], "wanted": [class_score(40)], "k": 40, "label": 40,
        "layer": "relu4_2", "c": 3, "channel": 3, "a": acts["relu4_2"], "target": acts["relu4_2"],
        "params": net.params, "optimiser": SGD(), "lr": 0.01, "rng": np.random.default_rng(0),
        "batches": [(pixels, labels)], "table": 7 * np.eye(3, dtype=int)[::-1],
        "codes": np.random.default_rng(0).random((12, 8)),
        "picture": pixels, "photo": pixels, "paintings": pixels[..., ::-1, :64],
        "evidence": evidence, "mask": evidence > evidence.mean(),
        "attribution": techniques.gradient(*asked), "known": techniques.worth(*asked, samples=2),
        "classifier": learned(POINTS, steps=20), "x": POINTS.x[:3],
        "guide": acts["relu4_2"], "record": techniques.fgsm(net, pixels),
        "adversarial": NOISE[..., ::-1], "eta": pixels - 128,
        "labels": labels, "predicted": labels, "scores": acts.scores, "classes": net.class_count,
        "backgrounds": [np.zeros((40, 50, 3))], "counts": [5, 3], "p": np.full((1, 2, 4, 4), 0.5),
    }  # fmt: skip


POINTS = spirals(each=20)
NOISE = np.random.default_rng(0).uniform(0, 255, (1, 3, 40, 40))
SMALL = {"pixels": np.random.default_rng(0).uniform(0, 255, (1, 3, 32, 32)).astype(np.float32)}
PATCH = {"patch": np.full((1, 3, 20, 20), 90, np.float32), "target": 3}
DENSE = models.fully_convolutional(models.load("minivgg"))
UNET = models.build("unet")
FINDER = models.build("mask_rcnn", attributes={"width": 2})
OBJECT = Detections(np.array([[0, 0, 9, 9]]), np.array([1]), np.ones(1), np.ones((1, 9, 9), bool))
FOUND = {"found": [OBJECT], "true": [OBJECT]}
PAIRS = {"x": np.random.default_rng(0).random((4, 2)), "labels": np.array([0, 0, 1, 1])}
DIGITS = {"images": np.zeros((4, 28, 28)), "labels": np.array([0, 0, 1, 1])}
INSTEAD = {
    "contrastive": PAIRS, "triplet": PAIRS, "lifted": PAIRS, "n_pair": PAIRS,
    "embedding": DIGITS | {"net": models.build("lenet", classes=2)},
    "recall_at": {"labels": np.arange(12) % 3},
    "nearest_accuracy": {"known": np.eye(6), "known_labels": np.arange(6), "codes": np.eye(6),
                         "labels": np.arange(6)},
    **dict.fromkeys(["sphere", "on_line", "in_plane", "growth"], {"pixels": NOISE}),  # a small one
    "adversarial_patch": PATCH, "patched": PATCH, "with_patch": PATCH,                  # a class
    **dict.fromkeys(["carlini_wagner", "lbfgs_attack", "one_pixel", "square", "universal"], SMALL),
    "with_eta": {"eta": np.ones((1, 3, 1, 1), np.float32)},
    "class_maps": {"net": DENSE}, "place_probabilities": {"net": DENSE},  # a score for each place
    "region": {"objective": energy("relu4_2")},             # a score has no places
    "unit": {"layer": "fc7"},                               # one index is enough there
    "laid_on": {"pixels": np.zeros((3, 40, 40))},           # one photo at a time
    "pixel_probabilities": {"net": UNET},                   # a class for every pixel
    "segmented": {"net": UNET, "batches": [(np.full((1, 3, 9, 9), 9.0), np.ones((1, 9, 9), int))]},
    "instances": {"net": FINDER}, "detect": SMALL | {"net": FINDER}, "detection_precision": FOUND,
    "layer_weights": {"layer": "conv2_1"},                  # a relu has none
    "style_of": {"target": np.ones((1, 256, 256))},         # a Gram matrix, not activations
    "fooling": {"target": [40]},                            # a class, not activations
    "masking_checks": {"labels": np.array([44])},            # what the photo is for the network
    "diversity": {"pixels": np.random.default_rng(0).uniform(0, 255, (2, 3, 40, 40))},  # a batch
}


def required(f) -> list[str]:
    """The arguments that a call cannot leave out."""
    several = inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD
    parameters = inspect.signature(f).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind not in several]


@pytest.mark.parametrize("name", EXPORTED)
def test_a_technique_and_an_objective_work_without_any_setting(name, given):
    known = given | INSTEAD.get(name, {})
    needed = required(EXPORTED[name])
    unknown = [argument for argument in needed if argument not in known]
    assert not unknown, f"{name} needs {unknown}: tell the fixture `given` what that is"
    good(EXPORTED[name](**{argument: known[argument] for argument in needed}), known)


def good(result, given):
    """An objective, steps of a run, an array, a number, or some of them: all finite."""
    if isinstance(result, Objective):
        result = result(activations(given["net"], given["pixels"], result))
    if isinstance(result, Iterator) and isinstance(first := next(result), Trained):
        assert first.step == 1 and np.isfinite(first.outcome).all()
        assert first.params.keys() == given["net"].params.keys()
    elif isinstance(result, Iterator):
        result = chain([first], result)
        steps = [step if hasattr(step, "step") else step[-1] for step in islice(result, 2)]
        assert [step.step for step in steps] == [1, 2]
        images = hasattr(steps[0], "pixels")
        first, second = (step.pixels if images else step.places for step in steps)
        if images:
            assert second.shape[1] == 3 and second.min() >= 0 and second.max() <= 255
        assert np.isfinite(steps[1].value) and not np.array_equal(first, second)
    elif isinstance(result, Mapping | tuple | list):
        assert len(result)
        for part in result.values() if isinstance(result, Mapping) else result:
            good(part, given)
    elif dataclasses.is_dataclass(result):
        assert str(result)
    else:
        assert np.size(result) and np.isfinite(result).all()


def test_every_technique_of_a_room_is_exported():
    """What takes (net, pixels, …) and needs no setting is a technique."""
    defined = set()
    for room in ROOMS:
        package = importlib.import_module(f"minigrad.techniques.{room}")
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, f in inspect.getmembers(importlib.import_module(module.name)):
                if inspect.isfunction(f) and f.__module__ == module.name and name[0] != "_":
                    needed = required(f)
                    technique = needed[:2] == ["net", "pixels"] and len(needed) <= 3
                    defined |= {name} if technique else set()
    assert {"saliency", "excite"} <= defined
    assert not defined - set(EXPORTED), "export them in minigrad/techniques/__init__.py"


def test_every_technique_is_called_alike():
    """technique(net, pixels, objective, *, rules=None, rng=None, **settings)"""
    for name, f in EXPORTED.items():
        if list(inspect.signature(f).parameters)[:2] == ["net", "pixels"]:
            _, _, *rest = inspect.signature(f).parameters.values()
            by_position = [p.name for p in rest if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD)]
            known = ["objective"], ["wanted"], ["layer"], ["paintings"], ["adversarial"], []
            assert by_position in known, name
            assert all(p.default is None for p in rest if p.name in ("rules", "rng")), name
