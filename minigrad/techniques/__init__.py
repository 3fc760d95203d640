"""What backpropagation to the image can do: a file per technique, a room per kind of question.

    objectives.py   what to ask a network for: a number, whose gradient at the image is the picture
    look/           which pixels matter, and how far to believe it: the photo stays as it is
    make/           change the pixels until the network says what was asked for
    fool/           change them so little that nobody sees it, and the network says something else
    learn/          change the weights

All four take one step back from a number to what it depends on; they differ in what moves.  Every
technique is called alike,

    technique(net, pixels, objective, *, rules=None, rng=None, **settings)

with an objective that says what one wants more of.  Looking returns an array, making an image an
iterator of Progress(step, pixels, value).  A setting that is not given has a value that works.  A
technique is given its network; it knows no file, no flag and no demo.

Reading order: objectives.py; then look/gradient.py, and any room.
"""

from minigrad.techniques.fool.aims import margin
from minigrad.techniques.fool.attacks import ATTACKS, Attack
from minigrad.techniques.fool.carlini_wagner import carlini_wagner
from minigrad.techniques.fool.checks import as_bytes, gradient_vanishes, random_control, transfer
from minigrad.techniques.fool.climb import climb, climbed
from minigrad.techniques.fool.deepfool import deepfool
from minigrad.techniques.fool.defences import DEFENCES, Defence, defence_accuracy
from minigrad.techniques.fool.directions import in_plane, on_line
from minigrad.techniques.fool.elites import CPPN, DIRECT, Elites, Encoding, evolve
from minigrad.techniques.fool.expectation import expectation_over_transformation, survival
from minigrad.techniques.fool.fooling import fooling
from minigrad.techniques.fool.gradient_sign import bim, fgsm, least_likely, momentum_attack, pgd
from minigrad.techniques.fool.growth import growth
from minigrad.techniques.fool.hog import hog, hog_twin
from minigrad.techniques.fool.lbfgs_attack import lbfgs_attack
from minigrad.techniques.fool.linear import gains_by_dimension
from minigrad.techniques.fool.masking import masking_checks
from minigrad.techniques.fool.one_pixel import one_pixel
from minigrad.techniques.fool.record import Attacked, quantised
from minigrad.techniques.fool.regions import regions, smallest_moves
from minigrad.techniques.fool.robustness import robust_accuracy
from minigrad.techniques.fool.sphere import sphere
from minigrad.techniques.fool.square import square
from minigrad.techniques.fool.sticker import adversarial_patch, patched, with_patch
from minigrad.techniques.fool.twins import twin
from minigrad.techniques.fool.universal import universal, with_eta
from minigrad.techniques.fool.visible import along_edges, low_frequencies
from minigrad.techniques.learn.average_precision import detection_precision
from minigrad.techniques.learn.checkerboard import overlap_counts, resized_counts
from minigrad.techniques.learn.composed import compose, laid_on
from minigrad.techniques.learn.detection import detect
from minigrad.techniques.learn.distant import distant_cues
from minigrad.techniques.learn.embedding import embedding
from minigrad.techniques.learn.evaluation import (
    calibration,
    calibration_error,
    class_accuracies,
    confusion,
    most_confused,
    scores_of,
    temperature,
)
from minigrad.techniques.learn.instances import instances
from minigrad.techniques.learn.metric import LOSSES, contrastive, lifted, n_pair, triplet
from minigrad.techniques.learn.recipe import Recipe
from minigrad.techniques.learn.retrieval import nearest_accuracy, recall_at
from minigrad.techniques.learn.segment_recipe import SegmentRecipe
from minigrad.techniques.learn.segmentation import (
    class_ious,
    class_weights,
    mean_iou,
    pixel_confusion,
    pixel_probabilities,
    segmented,
    uncertainty,
)
from minigrad.techniques.learn.training import train
from minigrad.techniques.look.believe import believe
from minigrad.techniques.look.codes import codes, pca
from minigrad.techniques.look.controls import centred_gaussian, random_map
from minigrad.techniques.look.curves import deletion, insertion
from minigrad.techniques.look.deeplift import deeplift
from minigrad.techniques.look.dense import class_maps, place_probabilities, sliding
from minigrad.techniques.look.filters import filters, layer_weights
from minigrad.techniques.look.grad_cam import grad_cam, grad_cam_plus_plus, guided_grad_cam
from minigrad.techniques.look.gradient import (
    by_rule,
    gradient,
    input_times_gradient,
    panel,
    saliency,
)
from minigrad.techniques.look.integrated import integrated_gradients
from minigrad.techniques.look.maps import CONTROLS, MAPS, Effort, Way
from minigrad.techniques.look.occlusion import occlusion
from minigrad.techniques.look.patches import guided_gradient, strongest_places
from minigrad.techniques.look.randomise import randomisation
from minigrad.techniques.look.relevance import Rule, composite, relevance
from minigrad.techniques.look.rise import rise
from minigrad.techniques.look.scenes import pointing_game, relevance_mass
from minigrad.techniques.look.score_cam import score_cam
from minigrad.techniques.look.sensitivity import infidelity, max_sensitivity, unexplained, worth
from minigrad.techniques.look.smooth import smooth_gradient
from minigrad.techniques.look.tsne import tsne
from minigrad.techniques.make.diversity import diversity
from minigrad.techniques.make.drawable import drawable_channel, drawable_class, drawable_unit
from minigrad.techniques.make.dream import dream, seeds, zoom_dream
from minigrad.techniques.make.dream_objectives import guided_by, region
from minigrad.techniques.make.dream_presets import DreamPreset, dream_preset_for
from minigrad.techniques.make.excite import excite, excite_each
from minigrad.techniques.make.gram import gram, style_of
from minigrad.techniques.make.invert import (
    apart,
    code_of,
    inversion_errors,
    invert,
    only_strongest,
)
from minigrad.techniques.make.invert_presets import InvertPreset, invert_preset_for
from minigrad.techniques.make.opinion import opinion
from minigrad.techniques.make.presets import PRESETS, Preset, preset_for
from minigrad.techniques.make.style import grams, style, style_losses
from minigrad.techniques.make.style_presets import StylePreset, style_preset_for
from minigrad.techniques.objectives import (
    Objective,
    channel,
    class_probability,
    class_score,
    code,
    cross_entropy,
    each,
    energy,
    strongest,
    strongest_unit,
    unit,
)

__all__ = [
    "Objective", "channel", "class_probability", "class_score", "code", "cross_entropy", "each",
    "energy", "strongest", "strongest_unit", "unit",
    "by_rule", "filters", "gradient", "panel", "saliency",                          # look/
    "grad_cam", "grad_cam_plus_plus", "guided_grad_cam", "input_times_gradient",
    "integrated_gradients", "occlusion", "rise", "score_cam", "smooth_gradient",
    "guided_gradient", "layer_weights", "strongest_places", "codes", "pca", "tsne",
    "Rule", "composite", "deeplift", "relevance",
    "class_maps", "place_probabilities", "sliding",
    "CONTROLS", "MAPS", "Effort", "Way", "believe", "centred_gaussian", "deletion", "infidelity",
    "insertion", "max_sensitivity", "pointing_game", "random_map", "randomisation",
    "relevance_mass", "unexplained", "worth",
    "PRESETS", "Preset", "diversity", "drawable_channel", "drawable_class",                 # make/
    "drawable_unit", "excite", "excite_each",
    "DreamPreset", "dream", "dream_preset_for", "guided_by", "region", "seeds", "zoom_dream",
    "InvertPreset", "apart", "code_of", "inversion_errors", "invert", "invert_preset_for",
    "only_strongest",
    "StylePreset", "gram", "grams", "opinion", "preset_for", "style", "style_losses", "style_of",
    "style_preset_for",
    "Attacked", "bim", "fgsm", "least_likely", "margin", "momentum_attack", "pgd",          # fool/
    "CPPN", "DIRECT", "Elites", "Encoding", "evolve", "fooling",
    "quantised",
    "hog", "hog_twin", "regions", "smallest_moves", "twin",                                 # fool/
    "ATTACKS", "Attack", "as_bytes", "climb", "climbed", "expectation_over_transformation",
    "gradient_vanishes", "random_control", "survival", "transfer",
    "along_edges", "gains_by_dimension", "growth", "in_plane", "low_frequencies", "on_line",
    "sphere",
    "DEFENCES", "Defence", "defence_accuracy", "masking_checks", "robust_accuracy",
    "adversarial_patch", "carlini_wagner", "deepfool", "lbfgs_attack", "one_pixel", "patched",
    "square", "universal", "with_eta", "with_patch",
    "Recipe", "calibration", "calibration_error", "class_accuracies", "confusion",          # learn/
    "most_confused", "scores_of", "temperature", "train",
    "overlap_counts", "resized_counts",
    "SegmentRecipe", "class_ious", "class_weights", "compose", "laid_on", "mean_iou",
    "pixel_confusion", "pixel_probabilities", "segmented", "uncertainty",
    "LOSSES", "contrastive", "embedding", "lifted", "n_pair", "nearest_accuracy",           # learn/
    "recall_at", "triplet",
    "detect", "detection_precision", "instances",                                           # learn/
    "distant_cues",                                                                         # learn/
]
