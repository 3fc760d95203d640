"""How little makes a network wrong: attacks, and photos that lie between two answers.

    balls.py            how far is far, and the best move of a given length
    aims.py             what an attack wants more of
    record.py           what came of it
    gradient_sign.py    one step or many up the loss: FGSM, BIM, PGD

Why there are attacks at all:

    linear.py           ten numbers by hand, and why it matters how many there are
    sphere.py           random points around the photo, twice as far away: nearly none is wrong
    directions.py       the answers on a line and in a plane
    growth.py           how the move grows layer by layer, and noise does not
    visible.py          does it look like something?

An attack takes photos, walks a few grey levels along the gradient, and returns a record: the
pixels, how far they moved, what is said of them before and after.

    attack(net, pixels, objective=None, *, target=None, epsilon=4, rng=None, **settings) → Attacked

To add a technique, here or in another room, write

    minigrad/techniques/fool/NAME.py    technique(net, pixels, objective, *, rules, rng, …)
    demos/NAME.py                       `main(argv)`: parse, call, draw, save
    tests/techniques/fool/test_NAME.py  what is known of it, as statements
    README.md                           a picture and its command

and export it in minigrad/techniques/__init__.py.  `python -m demos` finds the demo by itself.
"""
