"""An exercise as a notebook: the task, a cell to write in, a cell that judges it.

    python -m tests relu --notebook        → answers/notebooks/relu.ipynb

The cell to write in saves itself as a file beside the notebook (%%writefile), and the judge is the
one of the terminal, so a notebook's answers can be handed in like all others.
"""

import os
import pathlib

from minigrad.extras import extra
from models.files import replacing
from tests.exercises.catalogue import number
from tests.exercises.cut import ROOT, stub
from tests.exercises.desk import Desk, task, typed
from tests.exercises.exercise import Exercise

FOLDER = "notebooks"
JUDGE = """\
import os, subprocess, sys
command = [sys.executable, "-X", "utf8", "-m", "tests", "{name}", "--answers", os.getcwd()]
judged = subprocess.run(command, cwd="{root}", capture_output=True, text=True, encoding="utf-8")
print(judged.stdout + judged.stderr)"""


def written(desk: Desk, exercise: Exercise) -> pathlib.Path | None:
    """Write the notebook of an exercise; None where there is one, which stays as it is.

    Raises:
        ValueError: nbformat is not installed.
    """
    nbformat = extra("nbformat", "notebook", "--notebook")
    file = desk.folder / FOLDER / f"{exercise.name}.ipynb"
    if file.exists():
        return None
    file.parent.mkdir(parents=True, exist_ok=True)
    new, name = nbformat.v4, exercise.name
    says = f"Exercise {number(exercise)}, {name}.  The cell below judges it."
    cells = [
        new.new_markdown_cell(f"# {number(exercise)} {name}\n\n{_listed(exercise)}"),
        new.new_code_cell(f"%%writefile {name}.py\n{stub(exercise.function, says)}"),
        new.new_code_cell(JUDGE.format(name=name, root=root_from(file.parent))),
        *(new.new_markdown_cell(_folded(i, hint)) for i, hint in enumerate(exercise.hints, 1)),
    ]
    for place, cell in enumerate(cells):
        cell["id"] = f"{name.replace('_', '-')}-{place}"  # the same each time
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    with replacing(file) as temporary:
        nbformat.write(new.new_notebook(cells=cells, metadata=kernel), str(temporary))
    return typed(file)


def root_from(folder: pathlib.Path) -> str:
    """The clone as seen from a folder, with slashes; whole where they are on different drives."""
    try:
        return pathlib.Path(os.path.relpath(ROOT, folder)).as_posix()
    except ValueError:
        return ROOT.as_posix()


def _listed(exercise: Exercise) -> str:
    first, *others = task(exercise).splitlines()
    return "\n".join([f"{first}.", "", *(f"- {line}" for line in others)])


def _folded(step: int, hint: str) -> str:
    return f"<details><summary>hint {step} of 3</summary>\n\n{hint}\n\n</details>"
