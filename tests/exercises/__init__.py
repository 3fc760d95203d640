"""Exercises: the library's own functions, to be written again and judged by the library's tests.

Nothing is kept twice.  The task is cut from the source (cut.py), the student's function is put in
the place of the library's (graft.py), the library's own tests run on it (bench.py), and what went
wrong is told by experiment (judge.py): mistakes that people make are tried in turn, and the one
that fails in the same way is named.

How to add an exercise: exercise.py.  The proof that each is sound: tests/test_exercises.py.
"""
