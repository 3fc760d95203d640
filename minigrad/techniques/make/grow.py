r"""A picture that begins small: large shapes while they are few pixels wide, details afterwards.

An image loop moves pixels by what the units above them say, and those see a hundred pixels at most.
In a small image that is half of it, in a large one a detail.  So the loop runs at several sizes,
and each begins with what the one before has made, enlarged.  It is quicker, too: half the edge is a
quarter of the work.

Read before: loop.py.  Used by: excite.py and style.py.
"""

from collections.abc import Callable, Iterator, Sequence

from minigrad.techniques.make.loop import Diverged, Progress
from minigrad.techniques.make.transforms import to_size


def grown(
    x, sizes: Sequence[Sequence[int]], steps: int, run: Callable, last: Progress | None
) -> Iterator[Progress]:
    """Run an image loop at each size; the steps are counted through.

    Args:
        x: where it begins, (N, 3, H, W).
        sizes: (height, width) of each.
        steps: at each size, at most.
        run: (x, None or the Progress to resume) → the Progress of each step at one size.
        last: a Progress of an earlier run, to go on behind it; or None.

    Raises:
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    done = (last.step - 1) // steps if last else 0  # so many sizes
    for before, size in [(n * steps, size) for n, size in enumerate(sizes)][done:]:
        under_way = last is not None and last.step > before
        resume = last._replace(step=last.step - before) if under_way else None
        x = last.pixels if under_way else to_size(x, size)
        try:
            for progress in run(x, resume):
                last = progress._replace(step=before + progress.step)
                yield last
        except Diverged as diverged:
            raise Diverged(before + diverged.step, last) from None
        x = last.pixels if last else x
