"""`python -m demos` lists the demos by room; `python -m demos NAME …` runs one."""
# PYTHON_ARGCOMPLETE_OK: with `pip install -e ".[shell]"` and activate-global-python-argcomplete
# a shell completes demos, options, layers and classes

import argparse
import ast
import contextlib
import importlib
import itertools
import os
import pathlib
import signal
import sys
import textwrap

HERE = pathlib.Path(__file__).parent
TECHNIQUES = HERE.parent / "minigrad" / "techniques"
ROOMS = ["look", "make", "fool", "learn"]  # in the order in which they are listed
STATUS = """status:
  0    done
  2    what was given is wrong: one sentence says what, and what to do
  130  stopped, as by Ctrl-C: what there was is kept where the command says so
--quiet says nothing but what went wrong."""


def demos() -> dict[str, str]:
    """Name and first docstring line of every file here that has a main; none is imported."""
    found = {}
    for file in sorted(HERE.glob("*.py")):
        tree = parsed(file)
        has_main = any(isinstance(n, ast.FunctionDef) and n.name == "main" for n in tree.body)
        if has_main and file.stem != "__main__":
            found[file.stem] = ast.get_docstring(tree).splitlines()[0]
    return found


def room_of(demo: str) -> str | None:
    """The room of the first technique that a demo imports, None if it imports none."""
    exported = {
        name: room
        for module, name in imports(parsed(TECHNIQUES / "__init__.py"))
        if (room := room_in(module))
    }
    for module, name in imports(parsed(HERE / f"{demo}.py")):
        by_name = exported.get(name) if module == "minigrad.techniques" else None
        if room := by_name or room_in(f"{module}.{name}"):
            return room
    return None


def room_in(module: str) -> str | None:
    """minigrad.techniques.look.gradient → look."""
    below = module.removeprefix("minigrad.techniques.").split(".")[0]
    return below if below in ROOMS else None


def imports(tree: ast.Module):
    """Yield (module, name) of every `from module import name`, in their order."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module, alias.name) for alias in node.names)


def parsed(file: pathlib.Path) -> ast.Module:
    """Read a file without running it."""
    return ast.parse(file.read_text(encoding="utf-8"))


def listed() -> str:
    """Write the list: a room and what it is for, then its demos."""
    known, lines = demos(), ["python -m demos NAME --help tells the options of each"]
    rooms = {name: room_of(name) for name in known}
    for room in [*ROOMS, None]:
        inside = [name for name in known if rooms[name] == room]
        if inside:
            head = f"{room}: {idea(room)}" if room else "and"
            lines += ["", textwrap.fill(head, 80, subsequent_indent=" " * 4)]
            lines += [
                textwrap.fill(f"  {name:10} {known[name]}", 80, subsequent_indent=" " * 13)
                for name in inside
            ]
    return "\n".join(lines)


def idea(room: str) -> str:
    """The first line of what a room says of itself."""
    return ast.get_docstring(parsed(TECHNIQUES / room / "__init__.py")).splitlines()[0]


def main(argv: list[str]) -> None:
    """List the demos, or run the one that is named."""
    if not argv or argv[0] in ("-h", "--help", "list"):
        print(listed())
        if argv[:1] in (["-h"], ["--help"]):
            print(f"\n{STATUS}")
        return
    name, *rest = argv
    if name.startswith("-"):
        raise ValueError(f"an option stands behind the demo's name: python -m demos NAME {name}")
    known = demos()
    if name not in known:
        from minigrad.checked import nearest

        raise ValueError(f"there is no demo {name!r}; {nearest(name, known)}")
    with quietly() if wants_quiet(rest) else contextlib.nullcontext():
        importlib.import_module(f"demos.{name}").main(rest)


def complete(line: str) -> None:
    """Answer a shell that asks how a command line goes on (argcomplete); does not return."""
    import argcomplete

    top = argparse.ArgumentParser(prog="python -m demos")
    add = top.add_subparsers().add_parser
    for name, what in demos().items():
        if name in line.split():
            theirs = importlib.import_module(f"demos.{name}").options()
            add(name, parents=[theirs], conflict_handler="resolve", help=what)
        else:
            add(name, help=what)
    argcomplete.autocomplete(top)


def wants_quiet(argv: list[str]) -> bool:
    """Is --quiet in a command line, shortened too, as argparse allows?  Who asks for help gets it.

    The demo's own parser comes too late: it imports tqdm.
    """
    options = set(itertools.takewhile(lambda word: word != "--", argv))  # what follows are photos

    def given(name: str) -> bool:
        shortened = {name[:length] for length in range(3, len(name) + 1)}   # --q … --quiet
        return bool(options & {name[1:3], *shortened})

    return given("--quiet") and not given("--help")


@contextlib.contextmanager
def quietly():
    """Print nothing and draw no progress bars; what goes wrong is said all the same."""
    os.environ["TQDM_DISABLE"] = "1"  # tqdm asks for it when it is imported, which comes next
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
        yield


if __name__ == "__main__":
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while all is imported: just the end
    sys.path.insert(0, str(HERE.parent))  # before the user's folder: a models.py there is another's
    from minigrad.command import run

    if "_ARGCOMPLETE" in os.environ:
        complete(os.environ.get("COMP_LINE", ""))
    sys.exit(run(main, sys.argv[1:], "demos"))
