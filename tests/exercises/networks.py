"""Networks: windows, convolution, pooling, normalisation, optimisers."""

from tests.exercises.exercise import Exercise

EXERCISES: list[Exercise] = []
