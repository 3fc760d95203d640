r"""What relu's gradient may be replaced by: one bit decides which picture you see.

relu passes the gradient g of a unit on, or stops it.  Three methods differ in the question they
ask there, and in nothing else (Springenberg et al. 2015, figure 1):

    backpropagation              g · [x > 0]              was the unit on in the forward pass?
    deconvnet                    g · [g > 0]              does it speak for the output?
    guided backpropagation       g · [x > 0] · [g > 0]    both

    x > 0   g > 0   │  backpropagation   deconvnet   guided
    yes     yes     │  g                 g           g
    yes     no      │  g                 0           0
    no      yes     │  0                 g           0
    no      no      │  0                 0           0

Hand one to `grad` for a single call, and the network stays as it is:

    sharper, = grad(unit, [x], rules={relu: guided})

Read before: ops/activation.py.  Read next: check.py.
"""


def backpropagation(g, x):
    """Return g · [x > 0], relu's own gradient (Simonyan et al. 2014)."""
    return g * (x > 0)


def deconvnet(g, x):
    """Return g · [g > 0] (Zeiler and Fergus 2013, section 2.1)."""
    return g * (g > 0)


def guided(g, x):
    """Return g · [x > 0] · [g > 0] (Springenberg et al. 2015, section 3.4)."""
    return g * (g > 0) * (x > 0)
