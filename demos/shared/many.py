"""Many photos at once, for what is made with some of them and tried on others.

Used by: sticker.py, universal.py.
"""

import pathlib
import sys

import numpy as np
from PIL import Image
from tqdm import tqdm

from demos.shared import pictures
from demos.shared.command import top
from demos.shared.handout import Card, Figure, page
from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.command import printable
from models.photo_folder import found_below

SHOWN, TILE = 6, 256


def halves(net, folder: str, count: int, seed: int, without: int | None = None):
    """Two halves of so many photos of a folder and those below it, drawn by chance.

    Args:
        net: a network.
        folder: of photos.
        count: at most so many.
        seed: of the choice.
        without: a class; photos of which the network says it are left out.

    Returns:
        pixels (N, 3, H, W), twice.

    Raises:
        ValueError: there are fewer than two such photos.
    """
    count = whole("--photos", count, at_least=2)
    files, _ = found_below(pathlib.Path(folder))
    chosen = np.random.default_rng(seed).permutation(len(files))
    kept: list = []
    with tqdm(total=min(count, len(files)), desc="photos", unit="photo", leave=False) as bar:
        for file in (files[i] for i in chosen):
            try:
                x = net.pixels(file)
            except (OSError, ValueError) as error:
                print(f"left out: {printable(str(error))}", file=sys.stderr)
                continue
            if without is not None and int(to_numpy(net.scores(x)).argmax()) == without:
                continue
            kept.append(x)
            bar.update()
            if len(kept) == count:
                break
    if len(kept) < 2:
        raise ValueError(f"{folder} holds {len(kept)} photos to go by: one half makes it and the "
                         "other tries it, so give two or more")
    xp, middle = array_module(*kept), (len(kept) + 1) // 2
    return xp.concatenate(kept[:middle]), xp.concatenate(kept[middle:])


def sheet(net, headline: str, first: Card, rates: dict[str, float], record, footer) -> Image.Image:
    """What was made, how often it works, and photos with what the network says of them.

    Args:
        net: a network.
        headline: of the sheet.
        first: the card of what was made.
        rates: how often it works, by what it was tried on.
        record: photos that it was tried on.
        footer: lines below.
    """
    chart = pictures.bars(list(rates.items()), (TILE, TILE))
    cards = [first, *(of_photo(net, record, n) for n in range(min(SHOWN, len(record.pixels)))),
             Card("how often it works", chart)]
    return page(headline, cards, 4, footer)


def of_photo(net, record, n: int) -> Card:
    """A photo, attacked, with what the network said and says."""
    before, after = (f"{name} {p:.0%}" for (name, p), in (
        top(net, scores[n : n + 1], 1) for scores in (record.scores_before, record.scores_after)))
    picture = pictures.fitted(pictures.photo(record.adversarial[n]), TILE)
    won, lost = (("another answer", "the same answer") if record.target is None
                 else ("fooled", "not fooled"))
    figure = Figure(won, -1) if record.success[n] else Figure(lost)
    return Card(after, picture, note=f"without it: {before}", figures=((figure,),))
