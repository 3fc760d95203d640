"""Which pixels matter, and how far to believe it: arrays about a photo that stays as it is.

Reading order: gradient.py, smooth.py, integrated.py, grad_cam.py, masks.py, occlusion.py, rise.py,
score_cam.py, relevance.py, deeplift.py (maps of one photo); patches.py, filters.py, codes.py,
tsne.py (what a layer looks for, in many photos); dense.py (what is where in a large photo);
grabcut.py (from a map to an object); maps.py, believe.py (all maps in one table, and what they are
worth).

To add a map of pixels, write look/NAME.py and demos/NAME.py, and give it a row of `MAPS` in
maps.py: the demos `maps` and `believe` then show and judge it.
"""
