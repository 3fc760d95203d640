"""Change the weights: training, and how good a network has become.

Read training.py (a step), recipe.py (how many, on what), evaluation.py (how good it is now);
upsampling.py (how a network for labels of pixels comes up again), checkerboard.py (what is wrong
with the usual way).
"""
