"""What a photo shows: the likeliest classes and their probabilities.

    python -m demos what cat.jpg
    python -m demos what photos/ 'more/**/*.jpg' --top 1
    python -m demos what cat.jpg --model squeezenet1_0_caffe

Each photo is shown to the network as its weight file says, and the softmax of the scores is
printed.  A network knows its own classes only: of a photo of none of them it names the likeliest
all the same.
"""

import argparse

from demos.shared.command import add_photos, for_each, network, parser, photos_of, top
from minigrad.checked import whole


def main(argv: list[str]) -> None:
    """Print the likeliest classes of each photo."""
    args = options().parse_intermixed_args(argv)
    whole("--top", args.top, at_least=1)
    photos = photos_of(args)
    net = network(args)

    def look(photo, name):
        for class_, p in top(net, net.scores(net.pixels(photo, size=args.size)), args.top):
            print(f"{p:6.1%}  {class_}")

    for_each(photos, look)


def options() -> argparse.ArgumentParser:
    """Which photos, and how many classes of each."""
    parse = parser("what", __doc__, writes=False)
    add_photos(parse, "photos, folders of photos, or patterns as 'a/*.jpg' (a face that is here)")
    add = parse.add_argument
    add("--top", type=int, default=5, metavar="N", help="so many classes of each (5)")
    add("--size", default=None, metavar="EDGE",
        help="in pixels, or full, instead of the network's own")
    return parse
