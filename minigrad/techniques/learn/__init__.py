"""Change the weights: training, and how good a network has become."""
