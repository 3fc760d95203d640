"""What a network says of some images: a dictionary of activations, the scores known among them.

    acts = net(pixels)              {"conv1_1": …, "relu1_1": …, "fc8": …}, in the order of the walk
    acts["relu4_2"]                 one layer's, (N, C, H, W)
    acts.scores                     the score of each class before the softmax, (N, classes)

The last entry of a pass is the scores only if the pass went to the end; `acts.scores` never takes
another layer for them.

Read next: models/network.py, which returns it; techniques/objectives.py, which asks it.
"""


class Activations(dict):
    """Activations by layer, Tensors or arrays (N, …).

    Args:
        acts: layer → activation.
        score_layer: the name of the layer whose activation is the scores.
    """

    def __init__(self, acts=(), score_layer: str | None = None):
        super().__init__(acts)
        self.score_layer = score_layer

    @property
    def scores(self):
        """The score of each class before the softmax, (N, classes).

        Raises:
            ValueError: the pass ended before them, or nobody said which layer they are.
        """
        if self.score_layer is None:
            raise ValueError(
                "nothing says which of these layers holds the scores: take what a network returns, "
                "or Activations(acts, score_layer)"
            )
        if self.score_layer not in self:
            raise ValueError(
                f"the scores, {self.score_layer}, were not computed by this pass: take net(x), or "
                f"net.scores(x) for them alone"
            )
        return self[self.score_layer]

    def image(self, n: int) -> "Activations":
        """The activations of image n alone, each with a batch axis of 1."""
        return Activations({layer: a[n : n + 1] for layer, a in self.items()}, self.score_layer)
