r"""A pickle is a program; this machine runs the few steps that a list of weights is made of.

The program builds its object on a stack, one step after another:

    BININT 5, BINUNICODE "a", NONE       put a value on the stack
    MARK … TUPLE, … APPENDS, … SETITEMS  gather what lies above the mark: as a tuple, into the list
                                         below it, in pairs into the dict below it
    BINPUT 7, BINGET 7                   note what lies on top; put it there again
    GLOBAL "torch FloatStorage"          put there what has this name
    REDUCE                               call the function below with the tuple on top
    BINPERSID                            put there what the tuple on top stands for: a storage

Python's own `pickle.load` would look any name up and call it, which is how a file of weights runs a
command.  Here names and storages are the caller's business.  Nor can a file of a few bytes keep
the machine busy: a key is a text or a number (the hash of t = (t, t), thirty times over, takes a
minute), notes take no more room than there are notes, and the number of steps is limited.

Python's pickletools.py describes all steps.  Read next: torch_file.py.
"""

import pickletools
from collections.abc import Callable, Iterator
from typing import Any

VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT",
    "STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE",
}
FRESH = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple, "EMPTY_LIST": list, "EMPTY_DICT": dict,
}
FEW = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3, "APPEND": 1, "SETITEM": 2}
MOST_STEPS = 2**19  # a state dict of 378 tensors takes 13,892


def load(file, find: Callable[[str], Any], persistent: Callable[[Any], Any]) -> Any:
    """Run the program that begins where a binary file stands, and leave the file behind its end.

    Args:
        file: open for reading.
        find: returns what stands for "module.name", or raises.
        persistent: returns what a persistent id stands for.

    Raises:
        ValueError: it asks for a step, a name or a key that no list of weights needs.
        EOFError, TypeError, LookupError: it is damaged or cut off.
    """
    machine = Machine(find, persistent)
    for name, argument in steps(file):
        machine.step(name, argument)
    if len(machine.stack) != 1:
        raise EOFError
    return machine.stack[0]


def steps(file) -> Iterator[tuple[str, Any]]:
    """Yield name and argument of each step up to STOP, which is left out."""
    program = pickletools.genops(file)
    for _ in range(MOST_STEPS):
        try:
            step, argument, _ = next(program)
        except ValueError:  # in Python's words: no such step, or the end
            raise EOFError from None
        if step.name == "STOP":
            return
        yield step.name, argument
    raise ValueError("its pickle takes more steps than any list of weights needs")


class Machine:
    """A stack, the places of its marks, and notes."""

    def __init__(self, find, persistent):
        self.find, self.persistent = find, persistent
        self.stack, self.marks, self.notes = [], [], {}

    def step(self, name: str, argument: Any) -> None:
        """Take one step."""
        stack = self.stack
        if name in VALUES:
            stack.append(argument)
        elif name in FRESH:
            stack.append(FRESH[name]())
        elif name == "MARK":
            self.marks.append(len(stack))
        elif name in FEW or name in ("TUPLE", "APPENDS", "SETITEMS"):
            self.gather(name)
        elif name in ("BINPUT", "LONG_BINPUT", "MEMOIZE"):
            self.notes[len(self.notes) if argument is None else argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            stack.append(self.notes[argument])
        elif name in ("GLOBAL", "STACK_GLOBAL"):
            stack.append(self.find(argument.replace(" ", ".", 1) if argument else self.joined()))
        elif name == "REDUCE":
            arguments = stack.pop()
            stack.append(stack.pop()(*arguments))
        elif name == "BINPERSID":
            stack.append(self.persistent(stack.pop()))
        elif name == "BUILD":  # sets attributes; those of a dict are of no interest
            stack.pop()
            put_into(stack[-1], [])
        elif name not in ("PROTO", "FRAME"):
            raise ValueError(f"its pickle takes the step {name}, which no list of weights needs")

    def gather(self, name: str) -> None:
        """Take items off the stack, and give them back as a tuple or to what lies below them."""
        start = len(self.stack) - FEW[name] if name in FEW else self.marks.pop()
        if not 0 <= start <= len(self.stack):
            raise LookupError
        items = self.stack[start:]
        del self.stack[start:]
        if name.startswith("TUPLE"):
            self.stack.append(tuple(items))
        elif name.startswith("APPEND"):
            self.stack[-1].extend(items)
        else:
            put_into(self.stack[-1], items)

    def joined(self) -> str:
        """Take module and name off the stack."""
        name, module = self.stack.pop(), self.stack.pop()
        return ".".join([module, name])


def put_into(made: dict, items: list) -> None:
    """Set key, value, key, value, …"""
    if not isinstance(made, dict) or len(items) % 2:
        raise TypeError
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not isinstance(key, str | int):
            raise ValueError(f"a key in its pickle is a {type(key).__name__}, and names are texts")
        made[key] = value
