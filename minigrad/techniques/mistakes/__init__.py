"""Wrong on purpose: the known mistakes of public code, each beside the right lines.

Every technique of this project has been written before, and every one of these lines was public
code, or still is.  They give a picture, mostly a beautiful one, and no error.  A number catches
each of them (table.py says how).

Reading order: table.py, looking.py, feeding.py, making.py, painting.py, attacking.py.
`python -m demos mistakes` puts all of them on a page.
"""

from minigrad.techniques.mistakes.attacking import ATTACKING
from minigrad.techniques.mistakes.feeding import FEEDING
from minigrad.techniques.mistakes.looking import LOOKING
from minigrad.techniques.mistakes.making import MAKING
from minigrad.techniques.mistakes.painting import PAINTING
from minigrad.techniques.mistakes.table import Mistake, Shown

__all__ = ["MISTAKES", "Mistake", "Shown"]

MISTAKES = (*LOOKING, *FEEDING, *MAKING, *PAINTING, *ATTACKING)
