"""The tests of minigrad, and on top of them the exercises: python -m tests."""
