"""How little makes a network wrong: attacks, pictures that mean nothing, and why there are both.

An attack takes photos, walks a few grey levels along the gradient, and returns a record: the
pixels, how far they moved, what is said of them before and after.

    attack(net, pixels, objective=None, *, target=None, epsilon=4, rng=None, **settings) → Attacked

What all attacks stand on:

    balls.py            how far is far, and the best move of a given length
    aims.py             what an attack wants more of
    record.py           what came of it
    attacks.py          all of them in one table

Attacks:

    gradient_sign.py    one step or many up the loss: FGSM, BIM, PGD
    climb.py            the same without a ball: a few steps of gradient ascent, seen one by one
    expectation.py      one that survives being moved and rescaled
    deepfool.py         the nearest boundary, as if the network were linear
    balance.py          near or wrong: how much the one weighs against the other
    carlini_wagner.py   the smallest move, by Adam in coordinates that cannot leave the box
    lbfgs_attack.py     the first: any photo becomes any class
    square.py           without a gradient: squares at random
    one_pixel.py        without a gradient: one pixel, by evolution
    universal.py        one perturbation for all photos
    sticker.py          a patch that works wherever it lies

What they are held against:

    checks.py           chance of the same size, bytes, another network
    robustness.py       accuracy against ε, a curve for each attack
    jpeg.py             JPEG in ops, and how to walk back through a rounding
    defences.py         a worse photo as a defence, and why it breaks
    masking.py          is a network robust, or does it hide its gradient?

Pictures that mean nothing:

    cppn.py             a picture as a formula, from a place to a colour
    mutations.py        how a picture has children
    elites.py           bred without a gradient until the network is sure of them: MAP-Elites
    fooling.py          the same by ascent from noise

Why:

    linear.py           ten numbers by hand, and why it matters how many there are
    sphere.py           random points around the photo, twice as far away: nearly none is wrong
    directions.py       the answers on a line and in a plane
    growth.py           how the move grows layer by layer, and noise does not
    visible.py          does it look like something?
    plane.py            small classifiers of points in a plane
    regions.py          where they are sure: far from all points
    hog.py              a descriptor made by hand, as a network
    twins.py            a photo with another's code
"""
