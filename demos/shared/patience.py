"""A sign of life where nothing else would move for longer than two seconds.

    with patiently("the panel"):
        combinations = panel(net, x, objective)

A technique that works in batches shows them itself: occlusion(…, progress=batches("positions")).

Used by: rules.py, whose gradients at a large size take a minute and have no steps to count;
occlusion.py and rise.py, which have.
"""

import contextlib
import functools
import threading
from collections.abc import Iterator

from tqdm import tqdm

SILENCE = 2.0  # seconds that pass for at once


@contextlib.contextmanager
def patiently(what: str) -> Iterator[None]:
    """Show on the terminal what is under way and since when, until it is done."""
    done = threading.Event()
    line = tqdm(desc=what, bar_format="{desc} … {elapsed}", leave=False, delay=SILENCE)

    def tell():
        wait = SILENCE
        while not done.wait(wait):
            line.refresh()
            wait = 1.0

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        line.close()


def batches(what: str):
    """Return what a technique wraps its batches in, as `progress`: a bar, after a while."""
    return functools.partial(tqdm, desc=what, unit="batch", leave=False, delay=SILENCE)
