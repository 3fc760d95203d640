"""An airplane from all sides becomes a cylinder: which views are neighbours, and no more, is told.

    python -m demos cylinder
    python -m demos cylinder --steps 1500 --seed 1

An airplane of seven boxes is seen from 18 sides, from 9 heights and in 6 lights. A network puts
each image at a place in space and is told only which two are views next to each other, whatever
the light. The azimuth comes back to where it began, the elevation does not: the places lie on a
cylinder. A third of the images was never shown; they are what is drawn, beside principal components
of the pixels, which have never been told anything.
"""

import argparse
import colorsys

import numpy as np
from PIL import Image
from tqdm import tqdm

import models
from demos.shared import colours, embedding_run, pictures, provenance, resuming, space
from demos.shared.command import parser
from minigrad.checked import whole
from minigrad.techniques.learn.cylinder import (
    AZIMUTHS,
    ELEVATIONS,
    LIGHTS,
    Views,
    as_cylinder,
    degrees,
    light_moves,
    nearest_is_a_neighbour,
    neighbour_loss,
    views,
)
from minigrad.techniques.learn.embedding import places
from minigrad.techniques.learn.rendered import AIRPLANE, render
from minigrad.techniques.look.codes import pca

EDGE, LARGE, SHOWN = 484, 104, 660  # SHOWN of the 972 images are trained on, as in the paper


def main(argv: list[str]) -> None:
    """Render, train, compare, draw."""
    args, stopped = resuming.parsed(options(), argv)
    seed = whole("--seed", args.seed)
    every = views(progress=lambda poses: tqdm(poses, "views", unit="view", leave=False))
    order = np.random.default_rng(seed).permutation(len(every.images))
    seen, unseen = every.of(order[:SHOWN]), every.of(order[SHOWN:])
    settings = {"loss": neighbour_loss, "classes": 50, "each": 2}
    job = embedding_run.Job("embedding", models.build("lenet", seed, classes=3),
                            (seen.images, seen.pose), settings)
    ended = embedding_run.run([job], args, stopped)
    one, = ended.learned
    spaces = {
        "embedding": [places(one.net, of.images, one.params) for of in (seen, unseen)],
        "principal components of pixels": components(seen, unseen),
    }
    rows = {name: row_of(*both, seen, unseen) for name, both in spaces.items()}
    tell(rows)
    laid = {name: as_cylinder(both[1], unseen.azimuth, unseen.elevation).places
            for name, both in spaces.items()}
    pictures.save(args.out, "cylinder", {"": drawn(laid, rows, unseen)}, {
        "demo": "cylinder", "images trained on": SHOWN, "images not shown": len(unseen.images),
        "spaces": rows, **ended.note, **provenance.of(args),
    }, more=ended.more)  # fmt: skip
    ended.say(args.out / "cylinder")


def options() -> argparse.ArgumentParser:
    """How long, and from where."""
    parse = parser("cylinder", __doc__, looks=False)
    embedding_run.add_options(parse, steps=500)
    return parse


def components(seen: Views, unseen: Views):
    """Three principal components of the pixels, of all images together."""
    pixels = np.concatenate([of.images.reshape(len(of.images), -1) for of in (seen, unseen)])
    y = pca(pixels, 3).places
    return y[: len(seen.images)], y[len(seen.images):]


def row_of(y_seen, y_unseen, seen: Views, unseen: Views) -> dict:
    """What is told of a space, by the images that were not shown."""
    cylinder = as_cylinder(y_unseen, unseen.azimuth, unseen.elevation)
    return {
        "roundness": cylinder.roundness,
        "R² of the elevation": cylinder.height,
        "the nearest seen image is a neighbour": nearest_is_a_neighbour(
            y_seen, seen.pose, y_unseen, unseen.pose),
        "another light moves it, in steps of the view": light_moves(y_unseen, unseen),
    }


def tell(rows: dict) -> None:
    """Print the table."""
    print("azimuth: roundness   elevation: R²   nearest is a neighbour   light moves by steps")
    for name, row in rows.items():
        round_, height, near, light = row.values()
        print(f"{round_:18.2f}   {height:13.2f}   {near:22.0%}   {light:20.2f}   {name}")


# ── Pictures ────────────────────────────────────────────────────────────────────────────────────


def drawn(laid: dict, rows: dict, unseen: Views) -> Image.Image:
    """The airplane, and both spaces from the side and from above."""
    by_azimuth = np.array([hue(a / AZIMUTHS) for a in unseen.azimuth])
    by_height = colours.coloured(unseen.elevation / (ELEVATIONS - 1), "viridis")
    by_light = np.array([hue(k / len(LIGHTS)) for k in unseen.light])
    table = []
    for name, y in laid.items():
        row = rows[name]
        table.append([
            (f"{name}: colour is azimuth, roundness {row['roundness']:.2f}",
             space.scatter(y, by_azimuth, EDGE)),
            ("from above", space.scatter(y, by_azimuth, EDGE, turn=0, tilt=90)),
            (f"colour is elevation, R² {row['R² of the elevation']:.2f}",
             space.scatter(y, by_height, EDGE, tilt=8)),
            (f"colour is light, which moves a place by "
             f"{row['another light moves it, in steps of the view']:.2f} steps of the view",
             space.scatter(y, by_light, EDGE)),
        ])
    return stacked([examples(), pictures.sheet(table, tile=None)])


def hue(share: float) -> tuple[float, ...]:
    """A colour of a wheel that ends where it begins."""
    return tuple(255 * c for c in colorsys.hsv_to_rgb(share, 0.85, 0.88))


def examples() -> Image.Image:
    """What the network is shown: the airplane turning, rising, and in other lights."""
    def seen(azimuth, elevation, light=0):
        bright = render(AIRPLANE, *degrees(azimuth, elevation), LIGHTS[[light]], LARGE)
        return pictures.photo(bright.repeat(3, axis=0))

    turning = [(f"{degrees(a, 2)[0]:.0f}°", seen(a, 2, 1)) for a in range(0, AZIMUTHS, 3)]
    rising = [(f"{degrees(2, e)[1]:.0f}° high", seen(2, e, 1)) for e in range(0, ELEVATIONS, 2)]
    lit = [(f"light {k + 1}", seen(2, 2, k)) for k in range(len(LIGHTS))]
    return pictures.sheet([turning + rising + lit], tile=None)


def stacked(pages: list[Image.Image]) -> Image.Image:
    """Pages one below the other."""
    both = Image.new("RGB", (max(p.width for p in pages), sum(p.height for p in pages)),
                     pictures.PAPER)
    y = 0
    for page in pages:
        both.paste(page, (0, y))
        y += page.height
    return both
