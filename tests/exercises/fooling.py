"""Fooling: attacks and what they are held against."""

from tests.exercises.exercise import Exercise

EXERCISES: list[Exercise] = []
