"""One script per technique: a photo goes in, a picture and numbers come out.

`python -m demos` lists them.  A demo holds no maths: it reads options and files, calls a technique,
and draws what comes back.  In a notebook `show` draws what a technique gives.
"""

from demos.shared.pictures import show

__all__ = ["show"]
