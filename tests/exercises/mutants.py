"""Small changes to a function, one at a time, that its tests should notice.

    python -m tests --mutants relu        every change that relu's tests do not see

A survivor is a change that means the same (an equivalent), or a test that is missing.
"""

import ast
import contextlib
import copy
import signal
from collections.abc import Iterator

from tests.exercises.bench import with_tests
from tests.exercises.cut import cut
from tests.exercises.exercise import Exercise
from tests.exercises.graft import grafted

SWAPS = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult,
    ast.MatMult: ast.Mult, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip
CALLS = {"max": "min", "min": "max", "sum": "mean", "mean": "sum", "maximum": "minimum",
         "minimum": "maximum", "argmax": "argmin", "argmin": "argmax", "exp": "log",
         "floor": "ceil", "ceil": "floor", "zeros": "ones", "zeros_like": "ones_like"}  # fmt: skip
SYMMETRIC = {"swapaxes", "multiply", "maximum", "minimum", "isinstance", "hasattr"}
SECONDS = 5


def mutants(function: str) -> Iterator[tuple[str, str]]:
    """Yield (what was changed, the function's text with that one change)."""
    tree = ast.parse(cut(function).text)
    body = tree.body[0].body[ast.get_docstring(tree.body[0]) is not None :]
    count = sum(1 for statement in body for _ in _walk(statement))
    for index in range(count):
        for way in range(3):  # a node may be changed in several ways
            changed = copy.deepcopy(tree)
            inside = changed.body[0].body[-len(body) :]
            node = [n for statement in inside for n in _walk(statement)][index]
            before, line = ast.unparse(changed), getattr(node, "lineno", None)
            if _change(node, way) and (text := ast.unparse(ast.fix_missing_locations(changed))):
                if text != before:
                    yield _difference(before, text, line), text


def _walk(node) -> Iterator[ast.AST]:
    """Every node but those in a sentence, which no test needs to see: f"…"."""
    yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield from _walk(child)


def _change(node, way: int) -> bool:
    """Change a node in its `way`-th way; say whether it has so many."""
    ways = list(_ways(node))
    if way < len(ways):
        ways[way]()
    return way < len(ways)


def _ways(node):
    """Yield functions that change a node, each in one way."""
    if isinstance(node, ast.BinOp):
        yield from _swapped(node, "op")
        if isinstance(node.op, ast.Sub | ast.Div | ast.MatMult):
            yield lambda: vars(node).update(left=node.right, right=node.left)
    elif isinstance(node, ast.BoolOp):
        yield from _swapped(node, "op")
    elif isinstance(node, ast.AugAssign):
        yield from _swapped(node, "op")
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        yield lambda: vars(node).update(ops=[SWAPS[type(node.ops[0])](), *node.ops[1:]])
    elif isinstance(node, ast.UnaryOp):
        yield lambda: vars(node).update(op=ast.UAdd() if isinstance(node.op, ast.USub) else node.op)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield lambda: vars(node).update(value=1 if node.value == 0 else 0)
        yield lambda: vars(node).update(value=node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is bool:
        yield lambda: vars(node).update(value=not node.value)
    elif isinstance(node, ast.Call):
        yield from _calls(node)
    elif isinstance(node, ast.If | ast.While | ast.IfExp):
        yield lambda: vars(node).update(test=ast.UnaryOp(ast.Not(), node.test))
    for name in ("body", "orelse"):
        block = getattr(node, name, None)
        for i in range(len(block) if isinstance(block, list) else 0):
            if isinstance(block[i], ast.Assign | ast.AugAssign | ast.Expr):
                yield lambda block=block, i=i: block.__setitem__(i, ast.Pass())


def _swapped(node, field: str):
    if type(getattr(node, field)) in SWAPS:
        yield lambda: setattr(node, field, SWAPS[type(getattr(node, field))]())


def _calls(node: ast.Call):
    """Drop an argument by name, take the sister function, exchange the first two arguments."""
    if node.keywords and node.keywords[0].arg:
        yield node.keywords.pop
    if isinstance(node.func, ast.Attribute) and node.func.attr in CALLS:
        yield lambda: setattr(node.func, "attr", CALLS[node.func.attr])
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    if len(node.args) == 2 and name not in SYMMETRIC:
        yield node.args.reverse


def _difference(before: str, after: str, line) -> str:
    """The line that changed, as it was and as it is."""
    pairs = zip(before.splitlines(), after.splitlines(), strict=False)
    old, new = next(((a, b) for a, b in pairs if a != b), ("the end", "nothing"))
    return f"{old.strip()}  →  {new.strip()}"


def survivors(exercise: Exercise) -> tuple[int, list[str]]:
    """How many mutants there are, and what those changed that every test lets pass."""
    count, alive = 0, []

    def work(bench):
        nonlocal count
        for what, text in mutants(exercise.function):
            count += 1
            with grafted(exercise.function, text, "<mutant>"), time_limit():
                if bench.passes():
                    alive.append(what)

    with_tests(exercise.tests, work)
    return count, alive


@contextlib.contextmanager
def time_limit():
    """Let a mutant that loops for ever fail, where the system has an alarm clock (not Windows)."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(number, frame):
        raise TimeoutError("the mutant does not end")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def list_survivors(exercises: list[Exercise]) -> None:
    """Print, for each exercise, how many mutants its tests catch, and the others."""
    total, escaped = 0, 0
    for exercise in exercises:
        count, alive = survivors(exercise)
        total, escaped = total + count, escaped + len(alive)
        print(f"{exercise.name}: {count - len(alive)} of {count} caught", flush=True)
        for what in alive:
            print(f"    {what}")
    if total:
        print(f"{total - escaped} of {total} mutants caught, {1 - escaped / total:.1%}")
