"""The main job from the command line: a photo goes in, one that fools comes out."""

import io
import json

import numpy as np
import pytest
from PIL import Image

import models
from demos import fool
from demos.shared.command import PHOTOS
from demos.shared.fool_sheet import enlargement
from minigrad.command import run
from minigrad.techniques import ATTACKS
from minigrad.techniques.fool.attacks import attack_called

SMALL = ["--size", "32"]
QUICK = [*SMALL, "--steps", "4"]


@pytest.fixture
def call(random_weights, tmp_path, capsys):
    def call(*argv):
        options = ["--weights", str(random_weights), "--out", str(tmp_path)]
        status = run(fool.main, [*options, *argv], "demos")
        note = tmp_path / "face_fool.json"
        return status, capsys.readouterr(), json.loads(note.read_text()) if note.exists() else None

    return call


@pytest.fixture
def net(random_weights):
    return models.load("minivgg", random_weights)


def answer(net, pixels):
    return net.classes[int(net.scores(pixels)[0].argmax())]


def test_one_command_writes_the_sheet_the_picture_and_a_note(call, tmp_path, net):
    status, printed, made = call(*QUICK, "--epsilon", "80")
    assert status == 0 and "→" in printed.out and made["success"]
    assert made["pictures"] == ["face_fool.png", "face_fool_adversarial.png"]
    assert Image.open(tmp_path / "face_fool.png").width > 1000
    assert made["norms in grey levels"]["linf"] <= made["epsilon"] + 1e-4


def test_what_the_note_says_of_the_png_is_so_of_the_file(call, tmp_path, net):
    _, _, made = call(*QUICK, "--epsilon", "1,20,80")
    before = net.pixels(PHOTOS / "face.jpg", size=32)
    after = net.pixels(tmp_path / "face_fool_adversarial.png", size="full")
    assert after.shape == before.shape
    assert made["survives PNG"] == (answer(net, after) != answer(net, before))
    assert abs(after - before).max() <= made["epsilon"] + 0.5
    jpeg = io.BytesIO()
    Image.open(tmp_path / "face_fool_adversarial.png").save(jpeg, "JPEG", quality=90)
    again = net.pixels(Image.open(jpeg), size="full")
    assert made["survives JPEG"] == (answer(net, again) != answer(net, before))


def test_a_target_is_come_to_by_its_name(call, net):
    says = answer(net, net.pixels(PHOTOS / "face.jpg", size=32))
    target = next(name for name in ("dog", "cup") if name != says)
    _, printed, made = call(*QUICK, "--target", target, "--epsilon", "60")
    assert made["target"] == target and made["success"]
    assert next(iter(made["after"])) == target and next(iter(made["before"])) == says


def test_the_first_epsilon_that_is_enough_is_taken(call):
    _, _, made = call(*QUICK, "--epsilon", "0.001,80,200")
    assert made["epsilon"] == 80 and made["success"]


def test_all_are_compared_on_request(call, tmp_path):
    _, _, made = call(*QUICK, "--epsilon", "0.001,80", "--compare")
    assert "face_fool_epsilons.png" in made["pictures"]
    assert Image.open(tmp_path / "face_fool_epsilons.png").width > 500


def test_with_epsilon_zero_nothing_can_change_and_it_is_said(call):
    status, printed, made = call(*QUICK, "--epsilon", "0")
    assert status == 0 and "ε = 0: nothing can change" in printed.out
    assert not made["success"] and made["norms in grey levels"]["l2"] == 0


def test_a_failure_is_said(call):
    status, printed, made = call(*QUICK, "--epsilon", "0.001")
    assert status == 0 and "it failed" in printed.out and "stays" in printed.out
    assert not made["success"] and not made["survives PNG"]


def test_a_target_that_is_not_reached_is_said(call, net):
    says = answer(net, net.pixels(PHOTOS / "face.jpg", size=32))
    target = next(name for name in ("dog", "cup") if name != says)
    _, printed, made = call(*QUICK, "--epsilon", "0.001", "--target", target)
    assert f", not {target}, pgd" in printed.out and not made["success"]


def test_climbing_prints_the_answer_of_every_step(call):
    _, printed, made = call(*QUICK, "--attack", "climb", "--rate", "1e9")
    assert [line[:8] for line in printed.out.splitlines() if line.startswith("step")] == [
        f"step   {n}" for n in (1, 2, 3, 4)]
    assert made["epsilon"] is None


@pytest.mark.parametrize("attack", [attack.name for attack in ATTACKS])
def test_every_attack_of_the_table_draws_its_sheet(call, attack):
    takes = attack_called(attack).takes
    settings = {"epsilon": "9", "steps": "2"}
    given = [word for name in takes if name in settings for word in (f"--{name}", settings[name])]
    status, printed, made = call(*SMALL, "--attack", attack, *given)
    assert status == 0, printed.err
    assert made["attack"] == attack


def test_another_network_is_asked(call, random_weights):
    _, printed, made = call(*QUICK, "--epsilon", "9", "--on", "minivgg",
                            "--on-weights", str(random_weights))
    assert made["on"]["model"] == "minivgg" and made["on"]["before"].keys()


def test_a_photo_that_is_misclassified_is_attacked_only_with_force(call, net):
    says = answer(net, net.pixels(PHOTOS / "face.jpg", size=32))
    right = next(name for name in ("dog", "cup") if name != says)
    status, printed, made = call(*QUICK, "--label", right)
    assert status == 2 and made is None and "wrong without an attack; --force" in printed.err
    status, printed, made = call(*QUICK, "--label", right, "--force", "--epsilon", "9")
    assert status == 0 and "attacked all the same" in printed.out and made
    assert call(*QUICK, "--label", says, "--epsilon", "9")[0] == 0


def test_a_gradient_of_zero_is_said_and_what_to_do(call, monkeypatch, net):
    """Scores a million times as far apart: p is 1 in float32."""
    net.params = {name: a * 1e6 if name.startswith("fc8") else a for name, a in net.params.items()}
    monkeypatch.setattr(fool, "network", lambda args: net)
    _, printed, made = call(*SMALL, "--attack", "fgsm", "--epsilon", "8")
    assert "the gradient is 0 everywhere" in printed.out and "--loss margin" in printed.out
    _, printed, made = call(*SMALL, "--attack", "bim", "--epsilon", "40", "--loss",
                            "margin")
    assert made["success"]


def test_the_enlargement_brings_the_perturbation_to_full_strength():
    eta = np.full((1, 3, 4, 4), 8.0)
    assert enlargement(eta) == 15 and enlargement(0 * eta) == 127 and enlargement(99 * eta) == 1


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["--target", "elephant"], "knows no class 'elephant'"),
        (["--target", "c"], "cup (0), cat (1), tea cup (2)"),
        (["--epsilon", "-1"], "ε is -1.0: give a number, 0 or more"),
        (["--epsilon", "a lot"], "--epsilon 'a lot': give a number, or several as 1,2,4"),
        (["--attack", "pdg"], "there is no attack 'pdg'; did you mean pgd?"),
        (["--attack", "bim", "--norm", "l2"], "--norm means nothing to bim"),
        (["--attack", "climb", "--epsilon", "3"], "--epsilon means nothing to climb"),
        (["--attack", "least-likely", "--target", "dog"], "--target means nothing to least-likely"),
        (["--steps", "0"], "steps is 0: give a whole number, 1 or more"),
        (["--image", "nowhere.jpg"], "nowhere.jpg"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(call, tmp_path, argv, sentence):
    status, printed, made = call(*SMALL, *argv)
    assert status == 2 and sentence in printed.err, printed.err
    assert made is None and not list(tmp_path.iterdir())


def test_a_target_that_is_there_already_is_said_with_the_photo(call, net):
    says = answer(net, net.pixels(PHOTOS / "face.jpg", size=32))
    status, printed, made = call(*QUICK, "--target", says)
    assert status == 2 and "face.jpg already: give another --target" in printed.err and not made
