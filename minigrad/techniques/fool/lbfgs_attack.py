r"""The first attack: L-BFGS in the box of photos, and any photo becomes any class.

    minimise  ‖r‖² + c · J(x + r, t),   x + r in [0, 255]       Szegedy et al. 2014, section 4.1

J is the cross entropy with the class t that the network shall say: a bus becomes an ostrich.  It is
the image loop of make/loop.py with L-BFGS as its step, and ‖r‖² as its penalty; c is found for each
photo (balance.py).  The paper writes c in front of the length, where it is our 1/c, and takes the
absolute length; ‖r‖², on pixels of 0–1, is what everybody computes since.

The loop keeps the box by cutting off what leaves it before the network looks.

Read before: balance.py, make/steps.py.  Read next: one_pixel.py.
"""

import numpy as np

from minigrad.backend import array_module, to_numpy
from minigrad.checked import whole
from minigrad.techniques.baselines import mean_colour
from minigrad.techniques.fool.aims import aim_at, check_photos
from minigrad.techniques.fool.balance import smallest, squared
from minigrad.techniques.fool.record import Attacked, attacked, input_where_failed, reached
from minigrad.techniques.make.loop import optimize
from minigrad.techniques.make.steps import quasi_newton


def lbfgs_attack(
    net, pixels, *, target=None, c: float = 1.0, searches: int = 5, steps: int = 15, rules=None,
) -> Attacked:  # fmt: skip
    r"""Find a near image of which the network says a class that it is told.

    Photos are taken one by one, as L-BFGS has one step length for all that it moves.

    Args:
        net: a network.
        pixels: (N, 3, H, W), RGB, 0–255.
        target: the class that each shall become, a number for all or (N,); by default what the
            network thinks second.
        c: the first to be tried.
        searches: so many values of c.
        steps: of L-BFGS, for each of them, at most.
        rules: {op or Tensor: rule}, in place of some ops' gradients.

    Returns:
        the record; where the attack failed it holds the photo itself.

    Raises:
        ValueError: c is not above 0, the pixels are no photos, or a target is said already.
    """
    steps = whole("steps", steps, at_least=1)
    if target is None:
        check_photos(pixels)
        target = to_numpy(net.scores(pixels)).argsort(axis=1)[:, -2]
    targets = np.broadcast_to(target, len(pixels))
    aim = aim_at(net, pixels, None, targets)
    found = []
    for n, t in enumerate(targets):
        x0 = pixels[n : n + 1]
        of_one = aim_at(net, x0, None, int(t))

        def attempt(cs, best, found, x0=x0, aim=of_one):
            x = nearest(net, x0, aim, float(cs[0]), steps, rules)
            won = reached(aim.scores, to_numpy(net.scores(x)), aim.target)
            return x, np.where(won, to_numpy(squared(x - x0)), np.inf), won

        found.append(smallest(attempt, x0, c, searches))
    x = array_module(pixels).concatenate(found)
    return input_where_failed(attacked(net, pixels, x, aim))


def nearest(net, x0, aim, c: float, steps: int, rules=None):
    """Minimise ‖r‖² + c · J(x + r, t) for one photo: (1, 3, H, W) → the same shape."""
    u0, x = x0 - mean_colour(net, x0), x0
    walk = optimize(
        net, x0, c * aim.objective, step=quasi_newton(), steps=steps,
        penalties=[lambda u: squared(u - u0).sum()], rules=rules,
    )
    for progress in walk:
        x = progress.pixels
    return x
