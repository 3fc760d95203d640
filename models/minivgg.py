"""MiniVGG: VGG's shape and names at a quarter of its size, for 128-pixel photos.

It ships with the project, trained by minigrad itself (python -m demos train), so that every lesson
begins with true pictures and no download:

    stage           1     2     3     4     5
    channels       32    64   128   256   256
    convolutions    2     2     2     2     2

A 4×4 average pooling leads to fc6 and fc7 with 512 units.  While training, batch normalisation
stands behind each of these layers (`minivgg_bn`); afterwards it is a line per channel, which is
folded into the layer (fold.py), and `minivgg` is left.  It helps most behind fc6 and fc7: after
300 steps of training 35 % of a batch were right, and without these two 19 %.

Read before: vgg.py, whose table this is; initialise.py.  Read next: fold.py.
"""

from functools import partial

from models import vgg
from models.design import Design
from models.preprocess import TORCHVISION

NETWORKS = {
    name: Design(
        table=partial(
            vgg.table,
            convolutions=(2, 2, 2, 2, 2),
            channels=(32, 64, 128, 256, 256),
            batch_norm=batch_norm,
            fc_norm=batch_norm,
            pooled=4,
            fc=512,
            drop=0.4,
        ),
        default_layer="relu4_2",
        preprocessing=TORCHVISION._replace(resize=146, crop=128),   # 256 : 224, as for the others
        classes=110,
    )
    for name, batch_norm in [("minivgg", False), ("minivgg_bn", True)]
}
