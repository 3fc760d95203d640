"""Networks to attack that are small enough to be known: linear, and one of two layers."""

from small import LinearNet, SmallNet


class Scored:
    """What an attack asks of a network besides activations."""

    def scores(self, x):
        return self(x, only=[self.score_layer]).scores


class Linear(Scored, LinearNet):
    """S = ⟨w, x − 128⟩ / 1000 + b: boundaries go through every photo's neighbourhood."""

    def __init__(self, edge=6, seed=0):
        super().__init__(edge, seed)
        self.w = self.w / 1000
        self.b = self.b / 10 - 128 * self.w.sum(axis=(1, 2, 3))


class Small(Scored, SmallNet):
    """Convolutions on pixels of about 1, so that answers differ from photo to photo."""

    def __init__(self, seed=0, shift=0.0):
        super().__init__(seed)
        self.shift = shift

    def __call__(self, x, only=None):
        acts = super().__call__((x - 128) * (1 / 64), only)
        if self.score_layer in acts:
            acts[self.score_layer] = acts[self.score_layer] + self.shift
        return acts


def photos(rng, n, edge=6):
    """Random photos (n, 3, edge, edge), float64, away from black and white."""
    return rng.uniform(60, 200, (n, 3, edge, edge))
