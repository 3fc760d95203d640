"""Change the pixels until the network says what was asked for: one loop, many objectives.

    for progress in excite(net, None, class_score(3)):      # from noise, with the network's preset
        print(progress.step, progress.value)                # progress.pixels is the picture

Reading order: starts.py, transforms.py and regularizers.py (what there is before, under and after
a step), loop.py (the one loop), steps.py and waves.py (how a gradient becomes a step), grow.py
(from small to large), presets.py (settings that make good pictures), priors.py (those that others
have published), drawable.py and excite.py (the picture of a class, a channel or a unit), opinion.py
(what another network says of it); gram.py (what a texture is), diversity.py (pictures that differ),
palette.py (colours), style_presets.py, style.py (a photo as a painting); tiles.py (large photos in
little memory), dream_presets.py, dream.py (what a network sees in a photo, and more of it),
dream_objectives.py (another photo's things, or those of a region); invert_presets.py, invert.py
(what a code still knows of a photo).
"""
