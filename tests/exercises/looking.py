"""Looking: rules at relu, receptive fields, and maps of what matters."""

from tests.exercises.exercise import Exercise

EXERCISES: list[Exercise] = []
