"""How little makes a network wrong: attacks, and photos that lie between two answers.

    balls.py            how far is far, and the best move of a given length
    aims.py             what an attack wants more of
    record.py           what came of it
    gradient_sign.py    one step or many up the loss: FGSM, BIM, PGD
    deepfool.py         the nearest boundary, as if the network were linear
    balance.py          near or wrong: how much the one weighs against the other
    carlini_wagner.py   the smallest move, by Adam in coordinates that cannot leave the box
    lbfgs_attack.py     the first: any photo becomes any class
    square.py           without a gradient: squares at random
    one_pixel.py        without a gradient: one pixel, by evolution
    universal.py        one perturbation for all photos
    sticker.py          a patch that works wherever it lies

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
