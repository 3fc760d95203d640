"""Random cases against PyTorch: every op, random graphs, whole networks, and nonsense.

Each case is drawn from its name and two numbers: shapes, numbers, their order in memory, dtype, and
into how many blocks and threads the work is cut.  What is compared are the value and all gradients.

    python -m pytest tests/peers/test_fuzz.py                   always the same cases, a minute
    python -m pytest tests/peers/test_fuzz.py --fuzz-seconds 600 --fuzz-seed random
    python -m pytest tests/peers/test_fuzz.py -k pytorchs --fuzz-case conv2d__columns/0/17

A failure says the smallest of the cases that differ, and the third line for it.

    fuzz_conventions.py    where minigrad means something else than PyTorch: the whole list
    fuzz_draw.py           what a case is made of
    fuzz_sides.py          our side and PyTorch's
    fuzz_judge.py          when two results are the same
    fuzz_ops.py            the table of ops, to which a new one is a line; number by number
    fuzz_arrays.py         its reductions, and what moves numbers about
    fuzz_products.py       its products and losses
    fuzz_images.py         its convolutions, pools and norms
    fuzz_graphs.py         5 to 30 ops, results used again
    fuzz_networks.py       whole networks at odd sizes
    fuzz_nonsense.py       what must be refused
"""

import time

import numpy as np
import pytest

pytest.importorskip("torch")

import fuzz_arrays  # noqa: E402, F401, puts its entries into the table, as do the next three
import fuzz_graphs  # noqa: E402, F401
import fuzz_images  # noqa: E402, F401
import fuzz_products  # noqa: E402, F401
from fuzz_conventions import CONVENTIONS, named  # noqa: E402
from fuzz_draw import Case, Draw  # noqa: E402
from fuzz_judge import check  # noqa: E402
from fuzz_networks import SIZES, network  # noqa: E402
from fuzz_nonsense import refused, spoiled  # noqa: E402
from fuzz_ops import TABLE, exists  # noqa: E402
from fuzz_sides import Mismatch  # noqa: E402

from minigrad import ops
from minigrad.ops.fast import threads  # noqa: E402

CASES = {"op": 60, "graph": 120, "network": 3}  # of each entry, where no seconds are given
ENTRIES = {
    **{name: make for name, make in TABLE.items() if exists(name)},
    **{f"network__{name}": lambda draw, name=name: network(draw, name) for name in SIZES},
}


def kind(name: str) -> str:
    return next((k for k in ("graph", "network") if name.startswith(k)), "op")


@pytest.mark.parametrize("name", ENTRIES)
def test_value_and_gradients_are_pytorchs(name, fuzz):
    if fuzz.case:
        return one(name, fuzz.case)
    end = time.monotonic() + fuzz.seconds / len(ENTRIES) if fuzz.seconds else None
    failures, number = [], 0
    while (time.monotonic() < end) if end else number < CASES[kind(name)]:
        wrong = mismatch(name, fuzz.seed, number)
        failures += [(*wrong, number)] if wrong else []
        number += 1
    fuzz.ran(number, len(failures))
    if failures:
        _, words, smallest = min(failures)  # by the size of the arrays
        pytest.fail(
            f"{len(failures)} of {number} cases differ from PyTorch's; the smallest: {words}\n"
            f"python -m pytest tests/peers/test_fuzz.py -k pytorchs "
            f"--fuzz-case {name}/{fuzz.seed}/{smallest}",
            pytrace=False,
        )


def mismatch(name, seed, number):
    """The size of a case and what is wrong with it, or None."""
    draw = Draw(name, seed, number)
    case = ENTRIES[name](draw)
    try:
        check(case, draw)
    except Mismatch as error:
        settings = f"{np.dtype(draw.dtype).name}, {case.settings}"
        return sum(a.size for a in case.arrays), f"{settings}: {error}"
    return None


def one(name, asked):
    """Check the one case that was asked for, with its traceback."""
    if name != asked.split("/")[0]:
        pytest.skip(f"only {asked} is asked for")
    draw = Draw(name, *map(int, asked.split("/")[1:]))
    check(ENTRIES[name](draw), draw)


@pytest.mark.parametrize("op", sorted({op for op, _, _ in spoiled()}))
def test_nonsense_is_refused(op):
    wrong = []
    for name, words, call in spoiled():
        try:
            with np.errstate(all="ignore"):
                refused(words, call) if name == op else None
        except Mismatch as mismatch:
            wrong.append(str(mismatch))
    assert not wrong, "\n".join(wrong)


def test_every_op_is_in_the_table():
    missing = set(ops.__all__) - {name.split("__")[0] for name in TABLE}
    assert not missing - {"batch_statistics", "rectified"}


def test_every_convention_is_met():
    """A convention that no case meets would be a sentence that nothing proves."""
    for number in range(100):
        for name in filter(exists, TABLE):
            TABLE[name](Draw(name, 0, number))
        mismatch("relu", 0, number)  # two are met when results are compared
        mismatch("sigmoid", 0, number)
    assert named == set(CONVENTIONS)


# ── The judge itself: what it must find, and what it must forgive ────────────────────────────────


def judged(ours, theirs, arrays, **more):
    draw = Draw("judge", 0, 0)
    draw.dtype = arrays[0].dtype.type
    check(Case(ours, theirs, arrays, **more), draw)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_error_of_a_thousandth_is_found(dtype, rng):
    x = rng.normal(size=(3, 4)).astype(dtype)
    with pytest.raises(Mismatch, match="the value is"):
        judged(lambda x: x * 1.001, lambda x: x * 1.0, [x])


def test_one_wrong_number_among_large_ones_is_found_where_each_stands_for_itself():
    x = np.array([100.0, 1e-6], np.float32)
    with pytest.raises(Mismatch, match="1 of 2 numbers"):
        judged(lambda x: x + 1e-9, lambda x: x * 1.0, [x], pointwise=True)


def test_a_difference_that_the_last_bit_of_the_input_makes_is_forgiven(rng):
    x = rng.normal(size=50).astype(np.float32) + 1000
    judged(lambda x: x - 1000.0 + 3e-5, lambda x: x - 1000.0, [x])


def test_threads_and_blocks_are_as_before_a_case():
    before = threads.count()
    with Draw("seams", 0, 0).seams():
        pass
    assert threads.count() == before
