"""How little makes a network wrong: attacks, and photos that lie between two answers.

Empty as yet.  An attack takes a photo and −class_score(k) or cross_entropy(k), walks a few grey
levels along the gradient, and returns a record: the pixels, how far they moved, what is said of
them before and after.

To add a technique, here or in another room, write

    minigrad/techniques/fool/NAME.py    technique(net, pixels, objective, *, rules, rng, …)
    demos/NAME.py                       `main(argv)`: parse, call, draw, save
    tests/techniques/fool/test_NAME.py  what is known of it, as statements
    README.md                           a picture and its command

and export it in minigrad/techniques/__init__.py.  `python -m demos` finds the demo by itself.
"""
