"""Rows of hloom.scipy.special: error functions, integrals, the normal distribution, entropies.

Domains are swept in test_scipy_special_errors.py, beside mpmath; these rows are for what every
operation promises, and their tolerances leave room for SciPy's own errors.
"""

import numpy as np
from scipy import special

from hloom.scipy import special as s
from ops import COMPLEX, WIDE, A, Op, V, case

SPECIAL = V(-np.inf, -2.0, -1.0, -0.0, 0.0, 1.0, 2.0, np.inf, np.nan)
GRID = np.array([-1.0, 0.0, 1.0, np.inf, np.nan])
PAIRS = [V(*column.ravel()) for column in np.meshgrid(GRID, GRID, indexing="ij")]


def unary(name, low, high, **options):
    """A row of one operand, spread over [low, high]."""
    options = {"dtypes": WIDE, "edges": [case(SPECIAL)], **options}
    cases = [case(A(6, low=low, high=high))]
    return Op(getattr(s, name), getattr(special, name), cases, name=f"special_{name}", **options)


def binary(name, x, y, **options):
    """A row of two operands, spread over the intervals x and y."""
    options = {"dtypes": WIDE, "edges": [case(*PAIRS)], **options}
    cases = [case(A(6, low=x[0], high=x[1]), A(6, low=y[0], high=y[1]))]
    return Op(getattr(s, name), getattr(special, name), cases, name=f"special_{name}", **options)


def expn(n, x):
    """The oracle of expn, in NumPy's spelling."""
    return special.expn(n.astype(int), x)


OPS = [
    unary("erf", -3, 3),
    unary("erfc", -3, 9, tol=16, atol=0),
    unary("erfcx", -3, 40),
    unary("erfinv", -0.99, 0.99),
    unary("erfcinv", 0.01, 1.99),
    unary("dawsn", -9, 9),
    unary("ndtr", -9, 3, tol=128, atol=0),
    unary("ndtri", 0.01, 0.99),
    unary("log_ndtr", -9, 3, tol=16),
    unary("exp1", 0.1, 9, tol=16, atol=0),
    unary("expi", -3, 30, tol=16),
    unary("spence", 0.1, 5, tol=16, edges=[case(V(-1.0, 0.0, 1.0, np.nan))]),
    unary("entr", 0.1, 3),
    unary("sici", 0.2, 15),
    unary("fresnel", -4, 4),
    Op(
        s.wofz,
        special.wofz,
        [case(A(6, low=-3, high=3))],
        COMPLEX,
        name="special_wofz",
        mixed=False,
        tol=64,
        edges=[case(V(0, np.inf, -np.inf, complex(np.nan, 0), -3j, -2 + 0j, 1e30, 1e30j))],
    ),
    Op(
        s.expn,
        expn,
        [case(V(0, 1, 2, 5, 1, 3), A(6, low=0.1, high=6))],
        WIDE,
        name="special_expn",
        mixed=False,
        grad=(1,),
        tol=16,
        edges=[
            case(V(-1, 0, 1, 2, 5, 0, 1, 7, 2, 2), V(1, 0, 0, 0, 0, np.inf, np.inf, -1, -2, np.nan))
        ],
    ),
    Op(
        s.owens_t,
        special.owens_t,
        [case(A(6, low=-3, high=3), A(6, low=-2, high=2))],
        WIDE,
        name="special_owens_t",
        mixed=False,
        edges=[
            case(
                V(0, 1, -1, np.inf, 1, 1, np.nan, 0, np.inf, np.inf, 0),
                V(1, np.inf, -np.inf, 1, 0, np.nan, 1, np.inf, np.inf, 0, np.nan),
            )
        ],
    ),
    binary("rel_entr", (0.1, 3), (0.1, 3), tol=16),
    binary("kl_div", (0.1, 3), (0.1, 3), tol=16),
    binary("boxcox", (0.2, 4), (-2, 2), tol=16),
    binary("boxcox1p", (-0.5, 4), (-2, 2), tol=16),
    binary("xlogy", (-2, 2), (0.2, 4)),
    binary("xlog1py", (-2, 2), (-0.8, 4)),
]
