"""What `python demos/rules.py` finds under the name of the package: it says how a demo is run.

Python then looks for `demos` in the demo's own folder, and this file lies there.
"""

import pathlib
import sys

demo = pathlib.Path(sys.argv[0]).stem
print(f"{demo}.py is part of a package; run it as: python -m demos {demo}", file=sys.stderr)
sys.exit(2)
