"""What only a few of the pictures need is installed by name: pip install -e ".[codes]".

Read before: checked.py.
"""

import importlib


def extra(module: str, name: str, what: str):
    """Import a module that an extra of setup.cfg brings.

    Args:
        module: as it is imported, scipy.optimize.
        name: the extra's.
        what: what is impossible without, to begin the sentence.

    Raises:
        ValueError: it is not installed; the sentence tells how.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.split(".")[0]
        raise ValueError(f"{what} needs {package}: pip install -e '.[{name}]'") from None
