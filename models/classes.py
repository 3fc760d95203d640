"""Classes by their names: from a number to a text, from a text to a number, between networks.

    find_class(net, "golf ball")        49
    class_name(net, 49)                 "golf ball"
    shared(net, judge)                  {49: 574, …}, the classes that two networks name alike

Names are compared without regard to capitals, and _ is a space: Golf_Ball is golf ball.

Read before: receptive_field.py.  Read next: files.py.
"""

import difflib

from minigrad.checked import whole


def class_name(net, k: int) -> str:
    """Name class k; a network without names has numbers.

    Raises:
        ValueError: there is no such class.
    """
    if whole("the number of a class", k) >= net.class_count:
        raise ValueError(f"{net.name} has classes 0 … {net.class_count - 1}, not {k}")
    return net.classes[k].replace("_", " ") if net.classes else f"class {k}"


def find_class(net, text: str) -> int:
    """Return the number of a class given by number, by name or by a part of its name.

    A class that is called 3 goes before the class that has this number.

    Raises:
        TypeError: the text is none.
        ValueError: no class or several fit; the sentence lists the candidates.
    """
    if not isinstance(text, str):
        raise TypeError(f"a class is asked for by a text, as 'golf ball', not by {text!r}")
    wanted, names = _plain(text), _names(net)
    if not wanted:
        raise ValueError("the name of the class is empty: python -m demos classes lists them all")
    if wanted.isascii() and wanted.isdecimal() and wanted not in names:
        if int(wanted) >= len(names):
            raise ValueError(f"{net.name} has classes 0 … {len(names) - 1}, not {wanted}")
        return int(wanted)
    for fits in (wanted.__eq__, lambda name: wanted in name):
        found = [k for k, name in enumerate(names) if fits(name)]
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(f"{class_name(net, k)} ({k})" for k in found[:12])
            more = f" and {len(found) - 12} more" if len(found) > 12 else ""
            raise ValueError(f"{text!r} may be any of {listed}{more}: name one")
    close = difflib.get_close_matches(wanted, names, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    raise ValueError(
        f"{net.name} knows no class {text!r}; {hint}python -m demos classes lists them all"
    )


def classes_like(net, text: str) -> dict[int, str]:
    """The classes whose names contain a text, {number: name}; all of them for no text."""
    return {k: class_name(net, k) for k, name in enumerate(_names(net)) if _plain(text) in name}


def shared(net, other) -> dict[int, int]:
    """The classes that two networks name alike, {class of net: class of other}.

    A network without names shares none: its class 3 need not be the other's.
    """
    known = {_plain(name): k for k, name in enumerate(other.classes)}
    named = {k: _plain(name) for k, name in enumerate(net.classes)}
    return {k: known[name] for k, name in named.items() if name in known}


def _names(net) -> list[str]:
    return [_plain(class_name(net, k)) for k in range(net.class_count)]


def _plain(name: str) -> str:
    """English_springer → english springer."""
    return name.lower().replace("_", " ").strip()
