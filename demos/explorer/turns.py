"""Work of several tabs, a step of each in turn: two threads ask the network, nobody waits long.

A piece of work is an iterator of answers.  A thread takes one step of the tab that has waited
longest, then one of the next: a painting of a minute in one tab and clicks in another go on
together.  Within a tab, too, its works take turns, and no tab has both threads at once: who asks
for a step of many seconds waits for it alone.

    turns.put(tab, "frame", steps, tell)    in place of the tab's last frame, which is forgotten
    turns.leave(tab)                        the tab was closed: so is its work

Of each kind of work a tab has one, the newest.  So no queue grows, whatever a browser sends.

Read before: question.py.  Read next: guard.py.
"""

import sys
import threading
import traceback
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import NamedTuple

from minigrad.command import sentence

OURS = "a mistake of the explorer's own: the terminal tells more"
DONE = {"done": True}
THREADS = 2


class Work(NamedTuple):
    """Something under way: its steps, and whom to tell of each."""

    steps: Iterator[dict]
    tell: Callable[[dict], None]


class Turns:
    """Who waits for what; threads that do it."""

    def __init__(self):
        self._waiting: OrderedDict[Hashable, OrderedDict[str, Work]] = OrderedDict()
        self._changed = threading.Condition()
        self._served: set[Hashable] = set()
        self._ended = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(THREADS)]

    def begin(self) -> None:
        """Let the threads run."""
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Forget all work, and wait for the steps that are under way."""
        with self._changed:
            self._ended = True
            self._waiting.clear()
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(timeout=5)

    def put(self, tab: Hashable, kind: str, steps: Iterator[dict], tell) -> None:
        """Have a piece of work done, in place of the tab's last one of this kind."""
        with self._changed:
            self._waiting.setdefault(tab, OrderedDict())[kind] = Work(steps, tell)
            self._changed.notify()

    def stop(self, tab: Hashable, kind: str) -> None:
        """Forget one piece of work."""
        with self._changed:
            self._waiting.get(tab, {}).pop(kind, None)

    def leave(self, tab: Hashable) -> None:
        """Forget all work of a tab."""
        with self._changed:
            self._waiting.pop(tab, OrderedDict()).clear()

    def wake(self) -> None:
        """Look again: a tab that was behind in reading has room now."""
        with self._changed:
            self._changed.notify()

    def _next(self) -> tuple[Hashable, str, Work] | None:
        """Whose turn it is, or None at the end; who was served goes to the end of the line."""
        with self._changed:
            while not self._ended:
                for tab, works in self._waiting.items():
                    if works and tab not in self._served and getattr(tab, "room", True):
                        kind, work = next(iter(works.items()))
                        self._waiting.move_to_end(tab)
                        works.move_to_end(kind)
                        self._served.add(tab)
                        return tab, kind, work
                self._changed.wait()
        return None

    def _serve(self) -> None:
        while (turn := self._next()) is not None:
            self._step(*turn)
            del turn  # a work that was forgotten meanwhile is closed here

    def _step(self, tab: Hashable, kind: str, work: Work) -> None:
        answer = one_step(work.steps)
        with self._changed:
            newest = self._waiting.get(tab, {}).get(kind) is work
            if newest and answer.keys() & {"done", "error"}:
                del self._waiting[tab][kind]
        if newest:  # else the tab has left, or wants something else
            work.tell(answer)
        with self._changed:
            self._served.discard(tab)   # only now: answers come in their order
            self._changed.notify()


def one_step(steps: Iterator[dict]) -> dict:
    """The next answer; "done" behind the last one; a sentence where something is wrong."""
    try:
        return next(steps, DONE)
    except (ValueError, TypeError, OSError, MemoryError) as error:
        return {"error": sentence(error)}
    except Exception:  # no tab's mistake may end the others' work
        traceback.print_exc(file=sys.stderr)
        return {"error": OURS}
