r"""A picture that begins small: large shapes while they are few pixels wide, details afterwards.

An image loop moves pixels by what the units above them say, and those see a hundred pixels at most.
In a small image that is half of it, in a large one a detail.  So the loop runs at several sizes,
and each begins with what the one before has made, enlarged.  It is quicker, too: half the edge is a
quarter of the work.

Read before: loop.py.  Read next: presets.py.
"""

from collections.abc import Callable, Iterator, Sequence

from minigrad.techniques.make.loop import Diverged, Progress
from minigrad.techniques.make.transforms import to_size


def grown(
    x, sizes: Sequence[Sequence[int]], steps: int | Sequence[int], run: Callable,
    last: Progress | None, enlarged: Callable = to_size,
) -> Iterator[Progress]:  # fmt: skip
    """Run an image loop at each size; the steps are counted through.

    Args:
        x: where it begins, (N, 3, H, W).
        sizes: (height, width) of each.
        steps: at each size, at most; a number for all, or one for each.
        run: (x, None or the Progress to resume, the number of the size) → the Progress of each
            step at one size.
        last: a Progress of an earlier run, to go on behind it; or None.
        enlarged: (x, size) → what the next size begins with.

    Raises:
        Diverged: NaN or infinity came up; what was yielded before is good.
    """
    steps = [steps] * len(sizes) if isinstance(steps, int) else list(steps)
    for n, size in enumerate(sizes):
        before = sum(steps[:n])
        if last and last.step > before + steps[n]:  # that was before it was resumed
            continue
        under_way = last is not None and last.step > before
        resume = last._replace(step=last.step - before) if under_way else None
        x = last.pixels if under_way else enlarged(x, size)
        try:
            for progress in run(x, resume, n):
                last = progress._replace(step=before + progress.step)
                yield last
        except Diverged as diverged:
            raise Diverged(before + diverged.step, last) from None
        x = last.pixels if last else x
