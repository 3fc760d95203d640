"""Learning: upsampling, overlap, embeddings and metric losses."""

from tests.exercises.exercise import Exercise

EXERCISES: list[Exercise] = []
