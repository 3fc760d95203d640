r"""Named presets: what is published about pictures of a class, and what a picture is without it.

A score is not what makes a picture: noise that no camera takes scores highest.  What is asked of a
picture beside the score is its prior, and each row here is one, with all else alike:

    none        Simonyan's gradient ascent with nothing beside the score
    l2          not far from the mean colour                            Simonyan et al. 2014, eq. 1
    yosinski    a blur after every fourth step, and a decay             Yosinski et al. 2015
    lecture     no edges that the score does not pay for                Fleuret's lecture, part 9.4
    l6-tv       bounded, and smooth                                     Mahendran and Vedaldi 2015
    waves       steps in cosines of decorrelated colours (waves.py)     Olah et al. 2017
    photos      steps like photos: the network's own preset (presets.py)
    one-object  the same, but few and weak steps at the larger sizes

    print(priors_for(net)["lecture"].preset)
    excite(net, None, objective, preset=priors_for(net)["lecture"].preset)

The rows of others are translated to this network: their strengths are of another one's gradients.
Yosinski's row is (c) of their four, the one that most of their pictures are of; its rate, 100 at
AlexNet, is about a grey level per step here.  The lecture's program is in units of the network's
deviation: Adam at 0.1, 250 steps, from N(0, 0.01²).  Only the edges weigh less, 0.15 of the score
and not 1, which drowns minivgg's dalmatian at 96 pixels (it says 4 %).  He leaves pixels beyond
black and white, which here come to rest there, and shows .5 + .1 (x − mean) / deviation.

A golf ball of 64 pixels is one white ball with dimples, and as many steps at 90 and 128 pixels make
several parts of it: one-object only sharpens what is there.  A church, which is made of parts, is
better with the network's own preset.

Read before: presets.py.  Read next: excite.py.
"""

from typing import NamedTuple

import numpy as np

from minigrad.checked import nearest
from minigrad.techniques.make.presets import Preset, preset_for

EDGES = 0.15  # weight of the lecture's edge energy


class Prior(NamedTuple):
    """A named preset.

    Attributes:
        title: what it is, in a few words.
        preset: its settings.
        stretched: it is to be looked at as .5 + .1 (x − mean) / deviation.
    """

    title: str
    preset: Preset
    stretched: bool = False


def priors_for(net) -> dict[str, Prior]:
    """Each prior by its name, with its settings for this network."""
    own = preset_for(net)
    size, steps = own.sizes[-1], sum(own.steps_at(len(own.sizes)))
    sigma = float(np.mean(net.preprocessing.std)) / net.preprocessing.scale     # grey levels
    none = Preset((size,), steps, rate=3.0, jitter=0, zoom=1.0, waves=None)
    first = own.steps_at(1)[0]
    weaker = {"steps": (first, first // 5), "rate": (own.rate, own.rate / 4, own.rate / 8)}
    return {
        "none": Prior("no prior", none),
        "l2": Prior("L2", none.changed({"regularizers": {"l2": 3e-7}})),
        "yosinski": Prior("blur and decay", none.changed({
            "optimiser": "sgd", "rate": 1e5, "fading": False, "noise": 10.0,
            "regularizers": {"decay": 1e-4, "blur": 1.0}})),
        "lecture": Prior("edge energy", none.changed({
            "steps": 250, "rate": 0.1 * sigma, "fading": False, "noise": 0.01 * sigma,
            "regularizers": {"edges": EDGES * sigma**-2}}), stretched=True),
        "l6-tv": Prior("L6 + total variation", none.changed({
            "regularizers": {"l6": 1e-14, "tv": 2e-6}})),
        "waves": Prior("waves, colours apart", own.changed(
            {"coordinates": "waves", "waves": 1.0})),
        "photos": Prior("steps like photos", own),
        "one-object": Prior("one object", own.changed(weaker)),
    }


def prior(net, name: str) -> Prior:
    """One of them.

    Raises:
        ValueError: there is none of this name.
    """
    known = priors_for(net)
    if name not in known:
        raise ValueError(f"there is no preset {name!r}; {nearest(name, known)}")
    return known[name]
