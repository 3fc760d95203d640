"""One script per technique: a photo goes in, a picture and numbers come out.

`python -m demos` lists them.  A demo holds no maths: it reads options and files, calls a technique,
and draws what comes back.  In a notebook `show` draws what a technique gives.
"""

__all__ = ["show"]


def __getattr__(name: str):
    """Import `show` when it is asked for: the list of demos comes at once without it."""
    if name == "show":
        from demos.shared.pictures import show

        return show
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
