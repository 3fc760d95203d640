"""The stops of a tour: a demo each, with a question, an equation, the lines that did it, a number.

A stop draws nothing and computes nothing: it calls the demo, takes its picture, and reads the
number from the note beside it.  What the lines are is cut from the source (excerpt.py).

Read before: excerpt.py.  Used by: ../tour.py.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

GAUSSIAN = "centred Gaussian"


class Stop(NamedTuple):
    """One demo on the tour.

    Attributes:
        demo: its name.
        title: a headline.
        question: what is asked.
        equation: in Unicode, without indices.
        source: the functions that did it, "look.gradient.saliency" below minigrad.techniques.
        number: (its note, the notes of all stops) → what says how far to believe the picture.
        options: behind the demo's name and the photo; {k} is the class, {photo} the photo.
        photo: it takes the photo.
        network: it takes a network.
        part: which of its pictures, "" being the main one.
    """

    demo: str
    title: str
    question: str
    equation: str
    source: tuple[str, ...]
    number: Callable[[dict, dict], str]
    options: tuple[str, ...] = ()
    photo: bool = True
    network: bool = True
    part: str = ""


def trust(way: str) -> Callable[[dict, dict], str]:
    """What the demo maps says of a map on this photo, beside the Gaussian that knows nothing."""

    def number(note: dict, notes: dict) -> str:
        judged = notes.get("maps", {}).get("maps", {})
        own, blind = (judged.get(name, {}) for name in (way, GAUSSIAN))
        if "deletion" not in own:
            return f"{note['objective']}: {note['value']:.3g}."
        against = (f" (a Gaussian in the middle: {blind['deletion']:.2f} and "
                   f"{blind['insertion']:.2f})" if "deletion" in blind else "")
        return (f"{way}: deletion {own['deletion']:.2f}, insertion {own['insertion']:.2f}"
                f"{against}. Of its order |ρ| = {own['random weights']:.2f} is left when the upper "
                "half of the network has random weights.")

    return number


def _maps(note, notes):
    kept = {name: one["random weights"] for name, one in note["maps"].items()
            if "random weights" in one and name not in ("random", GAUSSIAN)}
    most = max(kept, key=kept.get)
    return (f"{most} keeps most of its order, |ρ| = {kept[most]:.2f}, when the upper half of the "
            f"network has random weights: what it shows was not learned there.")


def _forget(note, notes):
    return (f"{note['objective']}: {note['value']:.3g}. A map that still looks the same when all "
            "weights are random shows the photo, not the network.")


def _patches(note, notes):
    far = {c: one["how far the patches stand out, in deviations"]
           for c, one in note["channels"].items()}
    best = max(far, key=far.get)
    return (f"Channel {best} of {note['layer']}: its best patches stand out by {far[best]:.1f} "
            f"deviations among {note['photos searched']} photos.")


def _filters(note, notes):
    lengths = note["‖w‖ of each"]
    weak = sum(one < 0.1 * max(lengths) for one in lengths)
    return (f"{len(lengths)} filters; {weak or 'none'} with less than a tenth of the longest one's "
            "length, which would have learned little.")


def _relevance(note, notes):
    out, arrived = note["shared out"]["composite"], note["arrived"]["composite"]
    return (f"Of a score of {out:.2f} the pixels got {arrived:.2f} by the composite; the biases "
            "kept the rest. " + trust("LRP, composite")(note, notes))


def _integrated(note, notes):
    gain, off = (note[name]["mean"] for name in ("score above the baseline", "residual"))
    return (f"From the mean colour the score gains {gain:.2f}, and all shares together miss that "
            f"by {off:+.2f}. " + trust("integrated gradients")(note, notes))


def _grabcut(note, notes):
    return (f"Overlap with the cut whose seeds came from a blind Gaussian: "
            f"{note['overlap of both']:.2f}. Near 1 the map was not needed.")


def _heat(note, notes):
    (first, p), *_ = note["largest probability"].items()
    return f"The largest probability of {first} at any place: {p:.0%}."


def _upsampling(note, notes):
    return (f"{note['layer']}, channel {note['channel']}: the five ways have one map in common and "
            "none of them knows what was lost.")


def _checkerboard(note, notes):
    uneven = [one for one in note["columns"] if not one["resized first"]]
    return "; ".join(f"filter {one['kernel']}, stride {one['stride']}: the pattern's peak is "
                     f"{one['peak at 1/s']:.2f}" for one in uneven) + "."


def _codes(note, notes):
    found = next(value for key, value in note.items() if key.startswith("share of a photo's"))
    told = ", ".join(f"{space} {p['share']:.0%} (by chance {p['chance']:.0%})"
                     for space, p in found.items())
    return f"Of a photo's nearest neighbours so many are of its class, by {told}."


def _maximize(note, notes):
    made = note["images"][0]
    return (f"{made['of']}: probability {made['probability in the file']:.0%}, measured in the "
            "file. That is what was asked for, and no proof that it is what the network looks for.")


def _priors(note, notes):
    answers = {key: next(iter(one["probability in each file"]), None)
               if isinstance(one["probability in each file"], list) else None
               for key, one in note["priors"].items()}
    told = ", ".join(f"{key} {p:.0%}" for key, p in answers.items() if p is not None)
    return f"Probability in each file: {told}. Noise is believed as much as a picture."


def _invert(note, notes):
    return ("Above each picture stand the error of its code and the distance of its pixels: where "
            "the codes agree and the pixels do not, the layer has forgotten them.")


def _dream(note, notes):
    return (f"{note['steps done']} steps of {note['of']}, at {len(note['octaves (height, width)'])}"
            " sizes. Nothing measures a dream.")


def _style(note, notes):
    told = "; ".join(f"{kind} {brief(by_layer)}" for kind, by_layer in note["loss"].items())
    return f"Loss by layer, 0 where it agrees with the photo or the painting: {told}."


def _fool(note, notes):
    before, after, chance = (next(iter(note[when].items())) for when in
                             ("before", "after", "chance"))
    kept = [name for name in ("PNG", "JPEG") if note[f"survives {name}"]]
    return (f"{before[0]} {before[1]:.0%} → {after[0]} {after[1]:.0%} with ε = {note['epsilon']:g};"
            f" a random move of that size: {chance[0]} {chance[1]:.0%}. It survives "
            f"{' and '.join(kept) or 'no file'}, and {note['survives moving and rescaling']:.0%} of"
            " 16 shifts and scales.")


def _sphere(note, notes):
    return (f"Of {note['points']} random points twice as far away as the attack "
            f"{note['flips']} have another answer.")


def _growth(note, notes):
    layers = list(note["change by layer, attack and noise"].items())
    name, (attack, noise) = layers[-1]
    return (f"At {name} the attack has changed {attack:.2f} of the activation, noise of the same "
            f"length {noise:.3f}.")


def _evolve(note, notes):
    return " ".join(note["ways"].values())


def _linear(note, notes):
    (s, p), (t, q) = note["score and probability before"], note["after"]
    return f"The score goes from {s:.2f} to {t:.2f}, the probability from {p:.4f} to {q:.4f}."


def _hog(note, notes):
    told = (f"{title} {row['of HOG']:.0%} of HOG and {row['of the pixels']:.0f} grey levels"
            for title, row in note["distances"].items())
    return f"What is left between two pictures: {', '.join(told)}."


def _regions(note, notes):
    moves = note["moves"]
    return (f"The nearest other answer is {moves['median distance']:.2f} away (the median of "
            f"{moves['points']} points); the gradient guesses {moves['median guess']:.2f}.")


def _segment(note, notes):
    if "mean IoU" not in note:
        return "Without a label image nobody knows how much of it is right."
    return (f"Mean IoU {note['mean IoU']:.0%}, pixels right {note['pixels right']:.0%}, of shapes, "
            "digits and textures that were laid on this one photo.")


def _learned(note, notes):
    steps = note["steps done"]
    return (f"{brief(note.get('spaces', {}))}  After {brief(steps)} steps only: the demo itself "
            "takes twenty times as many.")


def brief(value: Any) -> str:
    """A nest of numbers in few words."""
    if isinstance(value, dict):
        return ", ".join(f"{key} {brief(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return " / ".join(brief(one) for one in value[:4])
    return f"{value:.3g}" if isinstance(value, float) else str(value)
