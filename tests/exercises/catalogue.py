"""All exercises, in the order in which they are solved."""

from minigrad.checked import nearest
from tests.exercises import classifier, engine, fooling, learning, looking, making, networks
from tests.exercises.exercise import Exercise

GROUPS = {
    "the engine": engine.EXERCISES,
    "a classifier": classifier.EXERCISES,
    "networks": networks.EXERCISES,
    "looking": looking.EXERCISES,
    "making images": making.EXERCISES,
    "fooling": fooling.EXERCISES,
    "learning": learning.EXERCISES,
}
EXERCISES: dict[str, Exercise] = {one.name: one for group in GROUPS.values() for one in group}


def find(name: str) -> Exercise:
    """Return the exercise of that name.

    Raises:
        ValueError: there is none; says which are near.
    """
    if name not in EXERCISES:
        raise ValueError(f"there is no exercise {name!r}; {nearest(name, EXERCISES)}")
    return EXERCISES[name]


def number(exercise: Exercise) -> int:
    """Its place in the order, from 1."""
    return list(EXERCISES).index(exercise.name) + 1
