"""Special functions: gamma, beta, zeta and Bessel (DLMF chapters 5, 8, 10 and 25).

The simplest of them, erf, lgamma and their like, stand in elementwise.py.
"""

from hloom.frontend.families import FLOAT, Elementwise, binary, unary

gamma = unary("gamma", FLOAT, "The gamma function; NaN at its poles but 0.")
zeta = binary(
    "zeta",
    FLOAT,
    "The Hurwitz zeta function: the sum of (q + k)**-x for k = 0, 1, ...",
    operands=("x", "q"),
)
polygamma = binary(
    "polygamma", FLOAT, "The derivative of order m of digamma at x.", operands=("m", "x")
)
bessel_i0e = unary("bessel_i0e", FLOAT, "exp(-|x|) I0(x), I0 the modified Bessel function.")
bessel_i1e = unary("bessel_i1e", FLOAT, "exp(-|x|) I1(x), I1 the modified Bessel function.")
igamma = binary(
    "igamma", FLOAT, "The regularized lower incomplete gamma function P(a, x).", operands=("a", "x")
)
igammac = binary(
    "igammac",
    FLOAT,
    "The regularized upper incomplete gamma function Q(a, x).",
    operands=("a", "x"),
)
igamma_grad_a = binary(
    "igamma_grad_a", FLOAT, "The derivative of igamma(a, x) in a.", operands=("a", "x")
)
random_gamma_grad = binary(
    "random_gamma_grad",
    FLOAT,
    "The derivative in a of a sample x of the gamma distribution of shape a, at a fixed quantile.",
    operands=("a", "x"),
)
regularized_incomplete_beta = Elementwise(
    "regularized_incomplete_beta",
    FLOAT,
    ("a", "b", "x"),
    "The regularized incomplete beta function I_x(a, b).",
)
betainc = regularized_incomplete_beta
