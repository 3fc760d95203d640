"""What backpropagation to the image can do, a file per technique.

Every technique takes a network, pixels and an *objective*; it knows no file and no flag.

Reading order: objectives.py (what to ask a network for), attribution.py (which pixels answer),
regularizers.py, transforms.py and optimize.py (change the pixels until it answers).
"""
