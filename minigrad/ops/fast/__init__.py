"""The same numbers sooner: nothing here defines an op, and all of it can be read afterwards.

Reading order: threads.py and blas.py (who computes), blocks.py and channels.py (a layer in pieces
that stay in the cache), ways.py (which way a convolution goes), columns.py and winograd.py (the
ways), lit.py (what of a unit's gradient need be computed) and kept.py (what need not be again).
"""
