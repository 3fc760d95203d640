r"""Recurrent refinement: look again, and know what you said the last time.

Pinheiro and Collobert 2014, "Recurrent convolutional neural networks for scene labeling", section
3.2.  One network f reads the photo and its own last answer, and answers again, with the same
weights at every turn:

    p_0 = 0          s_t = f([x, p_{t−1}])          p_t = softmax(s_t)

Each turn sees further than the one before, for p_{t−1} has looked around already, and it has no
weight more to learn.  The loss is the mean of the cross entropies of all turns, so that every
answer is meant to be right and the later ones mend what is left (training.py asks for
`net.score_layers`).

f is four convolutions here whose dilation doubles, so that no pixel is lost on the way.

Read before: deconvnet.py.  Read next: multiscale.py.
"""

from models.design import Design
from models.layers import Blank, Concat, Conv, Image, Relu, Softmax
from models.preprocess import TORCHVISION

DILATIONS = (1, 2, 4, 8)


def table(classes, width=16, turns=3):
    """Write out the turns below one another; layers of t2, t3, … share the weights of t1.

    Args:
        classes: how many, the number of scores of a pixel.
        width: channels of the convolutions.
        turns: how often it answers.
    """
    layers = [Image("image"), Blank("p0", classes)]
    for t in range(1, turns + 1):
        layers.append(Concat(f"t{t}/in", after=("image", f"p{t - 1}")))
        channels_in = 3 + classes
        for i, d in enumerate(DILATIONS, start=1):
            shares = f"t1/conv{i}" if t > 1 else ""
            layers += [
                Conv(f"t{t}/conv{i}", channels_in, width, 3, padding=d, dilation=d, shares=shares),
                Relu(f"t{t}/relu{i}"),
            ]
            channels_in = width
        shares = "t1/score" if t > 1 else ""
        layers.append(Conv(f"t{t}/score", width, classes, 1, shares=shares))
        if t < turns:
            layers.append(Softmax(f"p{t}"))
    return layers


NETWORKS = {
    "recurrent": Design(
        table,
        default_layer="t1/relu4",
        preprocessing=TORCHVISION._replace(resize=128, crop=128),
        classes=4,
        settings={"width": 16, "turns": 3},
    )
}
