"""Where a tour goes: every stop in the order of the README's rooms, and the order of four lectures.

Read before: stops.py.  Used by: ../tour.py.
"""

from demos.shared import stops
from demos.shared.stops import Stop, trust
from minigrad.techniques import MAPS

EQUATIONS = {way.name: way.equation for way in MAPS}

ELSEWHERE = (  # on the sheets of rules, smooth, grad_cam and rise
    "deconvnet", "SmoothGrad²", "VarGrad", "Grad-CAM++", "guided Grad-CAM", "Score-CAM",
)
JUDGED = tuple(way.name for way in MAPS if way.name not in ELSEWHERE)

LOOK = (
    Stop("rules", "One unit, three rules",
         "Which pixels does the neuron that fires most depend on, and what does a backward pass "
         "keep of the forward pass?",
         "backpropagation g · [x > 0]    deconvnet g · [g > 0]    guided g · [x > 0] · [g > 0]",
         ("look.gradient.gradient", "look.gradient.by_rule"), trust("guided backpropagation")),
    Stop("rules", "What a backward pass may keep",
         "With and without relu's mask, pooling's switches, and relu on the way back: what is left "
         "of the photo?", "mask [x > 0],  switches argmax,  backward relu [g > 0]",
         ("look.gradient.panel", "look.gradient.to_the_whole_window"),
         lambda note, notes: "With mask and switches gone the picture is the same for every photo.",
         ("--panel",), part="_panel"),
    Stop("maps", "Every map on one page",
         "Which pixels speak for the class?  Each published answer, beside two that know nothing.",
         "deletion, insertion: mean of p while pixels go or come;  |ρ| under random weights",
         ("look.maps.Way", "look.curves.deletion"), stops._maps, ("--only", *JUDGED)),
    Stop("smooth", "SmoothGrad", "What is left of the gradient when noise is averaged out?",
         EQUATIONS["SmoothGrad"], ("look.smooth.smooth_gradient",), trust("SmoothGrad"),
         ("--samples", "1,8")),
    Stop("integrated", "Integrated gradients",
         "How much does each pixel add on the way from nothing to the photo, and what is nothing?",
         EQUATIONS["integrated gradients"],
         ("look.integrated.integrated_gradients", "look.integrated._shares"), stops._integrated,
         ("--steps", "12")),
    Stop("relevance", "Relevance", "How is the score shared out among the pixels?",
         EQUATIONS["LRP-ε"], ("look.relevance.relevance",), stops._relevance),
    Stop("grad_cam", "Grad-CAM", "Where are the channels that speak for the class?",
         EQUATIONS["Grad-CAM"],
         ("look.grad_cam.grad_cam", "look.grad_cam.mean_gradient", "look.grad_cam.coarse"),
         trust("Grad-CAM")),
    Stop("occlusion", "Occlusion", "What does the network say when a part is hidden?",
         "drop at a pixel = Σ (S(x) − S(x hidden)) / how often it was hidden",
         ("look.occlusion.occlusion",), trust("occlusion"), ("--window", "32", "--stride", "12")),
    Stop("rise", "RISE", "The same without a gradient: random masks, and what is said of each.",
         EQUATIONS["RISE"], ("look.rise.rise",), trust("RISE"), ("--masks", "16,48")),
    Stop("grabcut", "The object, cut out", "Is the map good enough to find where the object ends?",
         "foreground ≥ 95 %, background ≤ 30 % of the map",
         ("look.grabcut.grabcut",), stops._grabcut),
    Stop("forget", "A network that forgets",
         "Do the maps change when the network's layers lose what they learned, from the top down?",
         "ρ(M, M with random weights above a layer)", ("look.randomise.randomisation",),
         stops._forget, ("--only", "gradient", "guided backpropagation", "Grad-CAM")),
    Stop("patches", "Patches that fire a neuron", "Which parts of 400 photos fire a channel most?",
         "the top N of a[c, i, j], one of each photo", ("look.patches.strongest_places",),
         stops._patches, ("--channels", "best", "--top", "6"), photo=False),
    Stop("filters", "Filters", "What does the network look for before anything else?",
         "w[o] = ∂a[o, i, j] / ∂x", ("look.filters.filters",), stops._filters, photo=False),
    Stop("codes", "Photos that the network finds alike",
         "Which photos have nearly the same code, and how do they lie on a map?",
         "KL(P‖Q) = Σ p_{ij} log p_{ij} / q_{ij}", ("look.tsne.pull_and_push",
                                                    "look.tsne.kl_and_gradient"),
         stops._codes, ("--steps", "50")),
    Stop("heat", "What is where", "What would the network say at every place of a larger photo?",
         "fully connected = convolution of the window's size",
         ("look.dense.place_probabilities",), stops._heat, ("--size", "256")),
    Stop("upsampling", "Up again", "Five ways from a small map to a large one.",
         "nearest, bed of nails, max unpooling, bilinear, transposed convolution",
         ("learn.upsampling.unpooled", "learn.upsampling.painted"), stops._upsampling,
         part="_photo"),
)
MAKE = (
    Stop("maximize", "The picture of a class", "What would the network most like to see?",
         "x* = argmax S_k(x) + 2 log p_k(x) − R(x)", ("make.drawable.drawable_class",
                                                      "make.loop.optimize"),
         stops._maximize, ("--class", "{k}", "--steps", "15"), photo=False),
    Stop("priors", "Why a prior is needed", "The same class under each published prior, and none.",
         "x* = argmax S_k(x) − R(x)", ("make.regularizers.l2", "make.regularizers.total_variation",
                                       "make.regularizers.blur"),
         stops._priors, ("--class", "{k}", "--size", "64", "--steps", "8"), photo=False),
    Stop("invert", "A code, inverted", "What does a layer still know of the photo?",
         "E = ‖Φ(x) − Φ_0‖² / ‖Φ_0‖² + R(x)", ("make.invert.invert",), stops._invert,
         ("--layer", "{early}", "{late}", "--steps", "25")),
    Stop("dream", "DeepDream", "What does the network see in the photo, and more and more of it?",
         "x ← x + rate · g / mean|g|,  g = ∂(½ ‖a‖²)/∂x", ("make.dream.dream",), stops._dream,
         ("--size", "256", "--steps", "6")),
    Stop("style", "Deep art", "The photo, as somebody would have painted it.",
         "L = α ‖a − a_0‖² / ‖a_0‖² + β ‖G − T‖² / ‖T‖² + γ TV",
         ("make.gram.gram", "make.gram.style_of"), stops._style,
         ("--size", "192", "--steps", "25"), part="_sheet"),
)
FOOL = (
    Stop("linear", "Ten numbers", "Why can a little of everything change the answer?",
         "w · (x + ε sign w) = w · x + ε ‖w‖_1", ("fool.linear.gains_by_dimension",),
         stops._linear, photo=False, network=False),
    Stop("fool", "An attack", "How little makes the network wrong?",
         "x ← clip(x + α sign ∇_x J, x_0 ± ε)", ("fool.gradient_sign.fgsm",
                                                 "fool.gradient_sign.pgd"), stops._fool,
         ("--steps", "10")),
    Stop("sphere", "Chance", "Would a random move of twice the length have done it?",
         "‖x − x_0‖ = 2 ‖η‖", ("fool.sphere.sphere",), stops._sphere,
         ("--epsilon", "8", "--points", "100", "--size", "{edge}")),
    Stop("growth", "How it grows", "How does the perturbation grow from layer to layer?",
         "‖a(x + η) − a(x)‖ / ‖a(x)‖", ("fool.growth.growth",), stops._growth,
         ("--epsilon", "8")),
    Stop("evolve", "Pictures that mean nothing", "Can formulas be bred until the network is sure?",
         "MAP-Elites: a niche for each class, its champion mutated", ("fool.elites.evolve",),
         stops._evolve, ("--generations", "3", "--encoding", "cppn"), photo=False),
    Stop("hog", "Twins", "Is it only networks?  A twin for a descriptor that was made by hand.",
         "E = ‖HOG(x) − HOG(x_0)‖² + λ ‖x − y‖²", ("fool.hog.hog",), stops._hog,
         ("--size", "96", "--steps", "40", "--noise-steps", "20"), network=False),
    Stop("regions", "Sure of everywhere", "What does a network say far from all that it has seen?",
         "relu networks are linear far out, so p → 1", ("fool.regions.regions",), stops._regions,
         ("--steps", "60"), photo=False, network=False),
)
LEARN = (
    Stop("segment", "A class for every pixel", "What does a U-Net see, pixel by pixel?",
         "p[k, i, j] = softmax over k of the scores at (i, j)",
         ("learn.segmentation.pixel_probabilities",), stops._segment,
         ("--objects", "6"), network=False),
    Stop("checkerboard", "Checkerboards", "Where does the pattern in networks' pictures come from?",
         "how often is a pixel painted?  kernel / stride", ("learn.checkerboard.overlap_counts",),
         stops._checkerboard),
    Stop("embed", "A distance for every pair", "Where do digits lie that a network has never seen?",
         "L = Y d² + (1 − Y) max(0, m − d)²", ("learn.metric.contrastive",), stops._learned,
         ("--steps", "25"), photo=False, network=False),
    Stop("cylinder", "Views on a cylinder",
         "Told only which views are neighbours, how does it lay them out?",
         "neighbours near, all others at least m apart", ("learn.metric.contrastive",),
         stops._learned, ("--steps", "20"), photo=False, network=False),
)
ROOMS = {"Look": LOOK, "Make": MAKE, "Fool": FOOL, "Learn": LEARN}
LECTURES = {  # what each of them shows a picture of, in its order
    "IIT Madras, CS7015, lecture 13": (
        "patches", "filters", "occlusion", "rules", "rules_panel", "maximize", "invert", "dream",
        "style", "fool", "evolve", "linear"),
    "Fleuret, Deep learning, 9.4": ("priors", "fool", "sphere", "growth"),
    "Warsaw, convnets 3": (
        "maps", "grad_cam", "smooth", "integrated", "relevance", "rise", "grabcut", "forget",
        "heat", "upsampling", "checkerboard", "segment", "hog", "regions"),
    "IIT Bombay, embeddings": ("codes", "embed", "cylinder"),
}


def name_of(stop: Stop) -> str:
    """What a stop is called: the demo's name, and the picture's."""
    return stop.demo + stop.part if stop.part == "_panel" else stop.demo


BY_NAME = {name_of(stop): stop for room in ROOMS.values() for stop in room}


def groups(lecture: bool) -> dict[str, tuple[Stop, ...]]:
    """The stops under their headlines, in the order of the rooms or of the lectures."""
    if not lecture:
        return ROOMS
    return {name: tuple(BY_NAME[one] for one in names) for name, names in LECTURES.items()}
