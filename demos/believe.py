"""How far may one believe each map?  Numbers over a folder of photos, beside two maps of nothing.

    python -m demos believe
    python -m demos believe --photos 100 --effort 4
    python -m demos believe --folder PHOTOS --only gradient Grad-CAM "LRP, composite"
    python -m demos believe --measures deletion insertion sensitivity

PHOTOS holds a folder for each class that the network knows, or photos alone: then their likeliest
class is asked for.  Photos on which the network is wrong are left out.  What each number is, says
minigrad/techniques/look/believe.py; means have intervals of 95 % by the bootstrap over photos, and
each map is compared with the centred Gaussian photo by photo.

Written are a table, believe.csv, every single number, believe_photos.csv, and a chart.  With all
maps a photo takes about half a minute on two cores; Ctrl-C keeps the photos that are done.
"""

import argparse
import pathlib
import sys
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from demos.shared import dots, pictures, provenance
from demos.shared.album import of_known_classes
from demos.shared.command import PHOTOS, network, parser
from demos.shared.family import as_csv
from minigrad.backend import array_module
from minigrad.checked import nearest, whole
from minigrad.command import printable
from minigrad.stopping import saving
from minigrad.techniques import class_score
from minigrad.techniques.look.believe import MEASURES, OF_A_PHOTO, Asked, flat, summary
from minigrad.techniques.look.maps import Effort, ways
from minigrad.techniques.look.scenes import scene_of
from models.classes import class_name

GAUSSIAN = "centred Gaussian"
USUAL = [name for name in MEASURES if name != "sensitivity"]  # which takes as long as all others
MARKS = {1: "✓", 0: " ", -1: "✗"}


class Photo(NamedTuple):
    """A photo that the network is right about."""

    file: pathlib.Path
    pixels: object  # (1, 3, H, W)
    k: int


def main(argv: list[str]) -> None:
    """Ask photo by photo; write what came out, also when it was stopped."""
    args = options().parse_args(argv)
    chosen, effort = ways(args.only), Effort().times(whole("--effort", args.effort, at_least=1))
    measures = args.measures or USUAL
    if unknown := [name for name in measures if name not in MEASURES]:
        raise ValueError(f"--measures {unknown[0]!r}: {nearest(unknown[0], MEASURES)}")
    net = network(args)
    photos = chosen_photos(net, args.folder, whole("--photos", args.photos, at_least=1), args.seed)
    values, done, stopped = {way.name: [] for way in chosen}, [], None
    try:
        for photo, numbers in judged(net, photos, chosen, measures, effort, args.seed):
            for name, one in numbers.items():
                values[name].append(one)
            done.append(photo)
    except KeyboardInterrupt as error:
        stopped = error
    with saving():
        said = save(net, done, values, measures, effort, args, len(photos), stopped)
    if stopped:
        raise KeyboardInterrupt(said)
    print(said)


def options() -> argparse.ArgumentParser:
    """Which photos, which maps and which numbers."""
    parse = parser("believe", __doc__)
    add = parse.add_argument
    add("--folder", default=str(PHOTOS / "caltech101"), metavar="PHOTOS",
        help="a folder of photos, or of a folder for each class (400 that are here)")
    add("--photos", type=int, default=24, metavar="N", help="at most so many of them (24)")
    add("--only", nargs="+", metavar="MAP", help="these maps alone, as python -m demos maps has")
    add("--measures", nargs="+", metavar="NAME",
        help=f"some of {', '.join(MEASURES)} (all but sensitivity, which takes long)")
    add("--effort", type=int, default=1, metavar="N",
        help="N times as many masks, windows, noisy photos and steps (1)")
    add("--seed", type=int, default=0, help="of the choice of photos and all that is drawn")
    return parse


# ── Photos ──────────────────────────────────────────────────────────────────────────────────────


def chosen_photos(net, folder: str, count: int, seed: int) -> list[Photo]:
    """So many photos of a folder, in an order that is drawn, that the network is right about.

    Raises:
        ValueError: there is no photo of a class that the network knows, or it is wrong about all.
    """
    files = of_known_classes(net, folder)
    np.random.default_rng(seed).shuffle(files)
    kept, wrong = [], 0
    for file, k in tqdm(files, desc="choosing photos", unit="photo", leave=False):
        try:
            pixels = net.pixels(file)
        except (OSError, ValueError) as error:
            print(f"left out: {printable(str(error))}", file=sys.stderr)
            continue
        likeliest = int(net.scores(pixels)[0].argmax())
        if k in (None, likeliest):
            kept.append(Photo(file, pixels, likeliest))
        else:
            wrong += 1
        if len(kept) == count:
            break
    if not kept:
        raise ValueError(f"{folder}: none of its {len(files)} photos can be read and is what "
                         f"{net.name} takes it for, so there is nothing to explain")
    print(f"{len(kept)} photos, and {wrong} left out that {net.name} takes for something else")
    return kept


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────


def judged(net, photos: list[Photo], chosen, measures, effort: Effort, seed: int):
    """Yield (photo, {map: {measure: number}}); a photo that some map refuses is named and left out.

    Raises:
        ValueError: the pointing game is asked for, and all photos are of one class.
    """
    pixels = array_module(photos[0].pixels).concatenate([photo.pixels for photo in photos])
    labels = np.array([photo.k for photo in photos])
    playing = [name for name in measures if name not in OF_A_PHOTO]
    if playing and len(set(labels.tolist())) < 2:
        raise ValueError(f"{playing[0]} is played on two photos of two classes side by side, and "
                         "these are of one: leave it out of --measures, or give more photos")
    with tqdm(total=len(photos) * len(chosen), desc="maps", unit="map") as bar:
        for n, photo in enumerate(photos):
            rng = np.random.default_rng((seed, n))
            scene = scene_of(net, pixels, labels, n, rng=rng) if playing else None
            asked = Asked(net, photo.pixels, class_score(photo.k), effort=effort, scene=scene,
                          seed=int(rng.integers(2**31)))
            try:
                yield photo, {way.name: numbers_of(asked, way, measures, bar) for way in chosen}
            except ValueError as error:
                print(f"left out: {photo.file}: {printable(str(error))}", file=sys.stderr)


def numbers_of(asked: Asked, way, measures, bar) -> dict[str, float]:
    """The numbers of one map of one photo; NaN for those of a scene where there is none."""
    M = asked.map(way)
    numbers = {"flat": float(flat(M)[0])} | {
        name: float(MEASURES[name].of(asked, way, M)[0])
        if asked.scene or name in OF_A_PHOTO else float("nan")
        for name in measures
    }
    bar.update()
    return numbers


# ── What came out ───────────────────────────────────────────────────────────────────────────────


def save(net, photos, values, measures, effort, args, wanted: int, stopped) -> str:
    """Write the tables and the chart of the photos that are done, print the table; say where."""
    if not photos:
        return "no photo was done, so nothing is written"
    scored = {name: {m: [one[m] for one in rows] for m in measures}
              for name, rows in values.items()}
    counts = {m: int(np.isfinite(scored[GAUSSIAN][m]).sum()) for m in measures}
    told = [m for m in measures if counts[m] > 1]
    stem = args.out / "believe"
    more = {"_photos.csv": each_number(net, photos, values, measures)}
    drawn = {}
    if told:
        rows = summary({name: {m: found[m] for m in told} for name, found in scored.items()})
        print(table(rows, told))
        more[".csv"] = means(rows, counts)
        drawn[""] = chart(rows, told, headline(net, photos, wanted, stopped), effort)
    said_flat = flat_maps(values, len(photos))
    for text in [*said_flat, *(f"{m}: of {counts[m]} photos, too few for an interval"
                               for m in measures if m not in told)]:
        print(text)
    pictures.save(args.out, "believe", drawn, {
        "demo": "believe", "model": net.name, "photos": len(photos), "asked for": wanted,
        "photos of each measure": counts, "the same everywhere": said_flat,
        "effort": effort._asdict(), "interrupted": stopped is not None, **provenance.of(args),
    }, more)
    if not told:
        return f"one photo has no interval: its numbers are in {stem}_photos.csv"
    return f"{len(photos)} of {wanted} photos: {stem}.png, {stem}.csv, {stem}_photos.csv"


def headline(net, photos, wanted: int, stopped) -> str:
    """What the chart shows, and that the run was stopped, where it was."""
    part = f" of {wanted}, the run was stopped" if stopped else ""
    return f"How far may one believe a map?  {net.name}, {len(photos)} photos{part}"


def flat_maps(values, photos: int) -> list[str]:
    """Say which maps were the same everywhere, and for how many photos."""
    counts = {name: int(sum(one["flat"] for one in rows)) for name, rows in values.items()}
    return [f"{name}: the same everywhere on {count} of {photos} photos, which orders no pixels"
            for name, count in counts.items() if count]


def table(rows, measures) -> str:
    """Lay out means and intervals as text."""
    lines = ["".join([f"{'':24}", *(f"{m:20}" for m in measures)])]
    for row in rows:
        cells = (f"{cell(row.means[m])} {MARKS[row.verdicts[m]]}" for m in measures)
        lines.append("".join([f"{row.name:24}", *(f"{text:20}" for text in cells)]))
    return "\n".join([*lines, f"{MARKS[1]} surely better than the {GAUSSIAN}, {MARKS[-1]} worse"])


def cell(interval) -> str:
    """0.45 (0.41–0.49)"""
    return f"{interval.mean:.2f} ({interval.low:.2f}–{interval.high:.2f})"


def means(rows, counts) -> bytes:
    """The table, a line for each map and measure."""
    lines = [
        [row.name, m, counts[m], f"{mean:.6g}", f"{low:.6g}", f"{high:.6g}", row.verdicts[m]]
        for row in rows for m, (mean, low, high) in row.means.items()
    ]
    return as_csv([["map", "measure", "photos", "mean", "low", "high", f"against {GAUSSIAN}"],
                   *lines])


def each_number(net, photos, values, measures) -> bytes:
    """Every number of every photo."""
    lines = [
        [provenance.plain(photo.file), class_name(net, photo.k), name,
         *(f"{rows[n][m]:.6g}" for m in measures)]
        for n, photo in enumerate(photos) for name, rows in values.items()
    ]
    return as_csv([["photo", "class", "map", *measures], *lines])


def chart(rows, measures, headline: str, effort: Effort):
    """A panel for each measure, a row for each map, the Gaussian as a line."""
    gaussian = next(row for row in rows if row.name == GAUSSIAN)
    panels = [
        dots.Panel(m, "high is good" if MEASURES[m].more_is_better else "low is good",
                   [dots.Dot(*row.means[m], row.verdicts[m]) for row in rows],
                   gaussian.means[m].mean)
        for m in measures
    ]
    return dots.chart(headline, [row.name for row in rows], panels, [
        f"Means over photos, with 95 % intervals (bootstrap). The line is the {GAUSSIAN}: green is "
        "surely better than it, red surely worse, photo by photo. Random weights and sensitivity "
        "have no colours: a map that ignores the network has |ρ| = 1 and never changes.",
        f"{effort}.",
    ])
