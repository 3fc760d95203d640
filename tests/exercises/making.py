"""Making images: priors, energies and steps."""

from tests.exercises.exercise import Exercise

EXERCISES: list[Exercise] = []
