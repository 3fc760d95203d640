"""Run a few of the library's tests, as often as one likes, and keep what each failure shows.

    with_tests(["tests/test_tensor.py::test_…"], work)      # collects once, then calls work(bench)
    bench.failure(test, codes)                              # None, or what went wrong

A failing test runs a second time under a profiler, which sees what the student's functions were
called with last and what they returned, and which arrays the test compared.
"""

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.exercises.cut import ROOT
from tests.exercises.failure import Call, Failure, compared_in, described

COMPARERS = {getattr(f, "__wrapped__", f).__code__ for f in (np.allclose, np.array_equal)}
OPTIONS = ["-q", "--tb=native", "--capture=sys", "-p", "no:cacheprovider", "-p", "no:faulthandler",
           "-p", "no:logging", "--rootdir", str(ROOT), "-c", str(ROOT / "pyproject.toml")]


def with_tests(selection: Sequence[str], work: Callable) -> None:
    """Collect tests by their ids and call work(bench) while they are at hand.

    Raises:
        ValueError: one of them does not exist, or cannot be imported; says what pytest says.
    """
    bench, said = Bench(work, len(selection)), io.StringIO()
    files = [str(ROOT / test) for test in selection]
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), no_plugins():
        status = pytest.main([*OPTIONS, *files], plugins=[bench])
    if bench.error:
        raise bench.error
    if not bench.worked:
        raise ValueError(f"pytest ended with {status}: {said.getvalue().strip()}")


@contextlib.contextmanager
def no_plugins():
    """Let pytest load no plugin that happens to be installed: they take their time."""
    name = "PYTEST_DISABLE_PLUGIN_AUTOLOAD"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name)
        if before is not None:
            os.environ[name] = before


class Bench:
    """The collected tests.  It is a plugin of pytest, which calls the methods pytest_…."""

    def __init__(self, work: Callable, wanted: int):
        self.work, self.wanted = work, wanted
        self.tests: list[str] = []
        self.known: dict = {}  # for the judge: how each mistake failed, which does not change
        self.worked, self.error = False, None

    def failure(self, test: str, codes=frozenset()) -> Failure | None:
        """Run one test; None where it passes.  `codes` are the functions to be watched."""
        if self._run(test) is None:
            return None
        watcher = Watcher(codes)
        info = self._run(test, watcher) or self.info  # a test that passes now failed all the same
        pair = compared_in(info) or self.pair or watcher.pair
        return described(test, info, pair, watcher.calls, self.printed)

    def first_failure(self, codes=frozenset()) -> Failure | None:
        """Run the tests in their order until one fails."""
        found = (self.failure(test, codes) for test in self.tests)
        return next((failure for failure in found if failure), None)

    def passes(self) -> bool:
        """Do all tests pass?  The first that fails ends it, and nothing is kept of it."""
        return all(self._run(test) is None for test in self.tests)

    def _run(self, test, watcher=None):
        """The exception of one test, or None."""
        item = self.items[test]
        item._report_sections.clear()  # what it printed in an earlier run
        self.info, self.pair, self.printed, self.watcher = None, None, "", watcher
        item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
        return self.info

    # ── What pytest calls ────────────────────────────────────────────────────────────────────────

    def pytest_runtestloop(self, session):
        """Take the place of pytest's loop over the tests."""
        if session.testsfailed:
            return None
        self.items = {item.nodeid: item for item in session.items}
        self.tests = list(self.items)
        try:
            self.work(self)
        except Exception as error:
            self.error = error
        self.worked = True
        return True

    @pytest.hookimpl(hookwrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem):
        """Watch the test itself, and not all that pytest does around it."""
        if self.watcher:
            sys.setprofile(self.watcher)
        yield
        if self.watcher:
            sys.setprofile(None)

    def pytest_exception_interact(self, node, call, report):
        self.info = call.excinfo

    def pytest_runtest_logreport(self, report):
        self.printed += report.capstdout if report.when == "call" else ""

    def pytest_assertrepr_compare(self, config, op, left, right):
        if op == "==":
            self.pair = left, right


class Watcher:
    """A profiler: the last call of each function of the student, and the last unequal arrays."""

    def __init__(self, codes):
        self.codes = codes
        self.calls: dict[object, Call] = {}
        self.pair = None

    def __call__(self, frame, event, arg):
        code = frame.f_code
        if code in self.codes:
            if event == "call":
                names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
                given = {name: _kept(frame.f_locals[name]) for name in names}
                self.calls.pop(code, None)
                self.calls[code] = Call(code, given)
            elif event == "return" and code in self.calls:
                self.calls[code] = self.calls[code]._replace(returned=_kept(arg))
        elif event == "return" and code in COMPARERS and arg is not None and not arg:
            a, b = list(frame.f_locals.values())[:2]
            self.pair = a, b


def _kept(value):
    """A copy of a small array or collection, which may be written later."""
    if isinstance(value, np.ndarray):
        return value.copy() if value.size < 1000 else value
    return value.copy() if type(value) in (dict, list, set) and len(value) < 100 else value
