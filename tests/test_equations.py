"""How many equations a call of the library adds to a trace: growth shows in the golden table."""

from functools import partial

import numpy as np

import hloom

x = hloom.ShapeDtypeStruct((6,), np.float32)
y = hloom.ShapeDtypeStruct((6,), np.float32)
v = hloom.ShapeDtypeStruct((3,), np.float32)
m = hloom.ShapeDtypeStruct((4, 4), np.float32)
c = hloom.ShapeDtypeStruct((2, 3, 8, 8), np.float32)
w = hloom.ShapeDtypeStruct((4, 3, 3, 3), np.float32)
i = hloom.ShapeDtypeStruct((6,), np.int32)
b = hloom.ShapeDtypeStruct((6,), np.bool_)
k = hloom.ShapeDtypeStruct((2,), np.uint32)

#: module -> calls: a name, the operands, then the static arguments by keyword
CALLS = {
    "numpy": [
        ("abs", x),
        ("add", x, y),
        ("allclose", x, y),
        ("any", b),
        ("append", x, y),
        ("arctan2", x, y),
        ("argmax", m, {"axis": 1}),
        ("argsort", x),
        ("around", x, {"decimals": 2}),
        ("average", x, {"weights": 2 * np.ones(6, np.float32)}),
        ("bincount", i, {"length": 5}),
        ("broadcast_to", x, {"shape": (2, 6)}),
        ("clip", x, {"min": -1, "max": 1}),
        ("concatenate", (x, y)),
        ("convolve", x, y),
        ("corrcoef", m),
        ("cov", m),
        ("cross", v, v),
        ("cumprod", x),
        ("cumsum", m, {"axis": 0}),
        ("deg2rad", x),
        ("diag", m),
        ("diff", x),
        ("digitize", x, y),
        ("divmod", x, y),
        ("dot", m, m),
        ("ediff1d", x),
        ("equal", x, y),
        ("expand_dims", x, {"axis": 0}),
        ("fft.fft", x),
        ("fft.irfft", x),
        ("fft.fftshift", x),
        ("flip", x),
        ("float_power", x, y),
        ("floor_divide", x, y),
        ("floor_divide", i, i),
        ("fmod", x, y),
        ("full_like", x, {"fill_value": 2}),
        ("gradient", x),
        ("heaviside", x, y),
        ("histogram", x),
        ("hypot", x, y),
        ("inner", x, y),
        ("interp", x, y, y),
        ("isclose", x, y),
        ("isfinite", x),
        ("isnan", x),
        ("kron", m, m),
        ("lexsort", (x, y)),
        ("linspace", {"start": 0, "stop": 1, "num": 5}),
        ("logaddexp", x, y),
        ("matmul", m, m),
        ("max", x),
        ("maximum", x, y),
        ("mean", m, {"axis": 0}),
        ("median", x),
        ("meshgrid", x, y),
        ("mod", x, y),
        ("mod", i, i),
        ("moveaxis", m, {"source": 0, "destination": 1}),
        ("nan_to_num", x),
        ("nanmean", x),
        ("nansum", x),
        ("nonzero", i, {"size": 6}),
        ("ones_like", x),
        ("outer", x, y),
        ("pad", m, {"pad_width": 1}),
        ("pad", m, {"pad_width": 1, "mode": "reflect"}),
        ("percentile", x, {"q": 30}),
        ("polyval", x, y),
        ("power", x, y),
        ("prod", x),
        ("ptp", x),
        ("ravel", m),
        ("reciprocal", x),
        ("repeat", x, {"repeats": 2}),
        ("reshape", x, {"shape": (2, 3)}),
        ("roll", x, {"shift": 1}),
        ("round", x),
        ("searchsorted", x, y),
        ("select", [b, b], [x, y]),
        ("sign", x),
        ("sinc", x),
        ("sort", x),
        ("split", x, {"indices_or_sections": 2}),
        ("sqrt", x),
        ("stack", (x, y)),
        ("std", x),
        ("sum", x),
        ("sum", i),
        ("swapaxes", m, {"axis1": 0, "axis2": 1}),
        ("take", x, i),
        ("take_along_axis", x, i, {"axis": 0}),
        ("tile", x, {"reps": 2}),
        ("trace", m),
        ("transpose", m),
        ("trapezoid", x),
        ("tril", m),
        ("true_divide", i, i),
        ("unique", i, {"size": 6}),
        ("unwrap", x),
        ("vander", x),
        ("var", x),
        ("vdot", x, y),
        ("where", b, x, y),
        ("zeros_like", x),
    ],
    "numpy.linalg": [
        ("cholesky", m),
        ("cond", m),
        ("det", m),
        ("eigh", m),
        ("inv", m),
        ("lstsq", m, m),
        ("matrix_power", m, {"n": 3}),
        ("matrix_rank", m),
        ("norm", x),
        ("norm", m, {"axis": 1}),
        ("pinv", m),
        ("qr", m),
        ("slogdet", m),
        ("solve", m, m),
        ("svd", m),
    ],
    "lax": [
        ("conv", c, w, {"window_strides": (1, 1), "padding": "SAME"}),
        ("cummax", x),
        ("top_k", x, {"k": 2}),
    ],
    "nn": [
        ("elu", x),
        ("gelu", x),
        ("glu", x),
        ("leaky_relu", x),
        ("log_sigmoid", x),
        ("log_softmax", m),
        ("logsumexp", m, {"axis": 1}),
        ("one_hot", i, {"num_classes": 5}),
        ("relu", x),
        ("relu6", x),
        ("selu", x),
        ("sigmoid", x),
        ("silu", x),
        ("softmax", m),
        ("softplus", x),
        ("standardize", m),
    ],
    "ops": [("segment_sum", x, i, {"num_segments": 4})],
    "random": [
        ("bernoulli", k),
        ("categorical", k, x),
        ("choice", k, x, {"shape": (3,)}),
        ("exponential", k, {"shape": (6,)}),
        ("gamma", k, {"a": 2.0}),
        ("gumbel", k, {"shape": (6,)}),
        ("normal", k, {"shape": (6,)}),
        ("permutation", k, x),
        ("randint", k, {"shape": (6,), "minval": 0, "maxval": 9}),
        ("split", k),
        ("truncated_normal", k, {"lower": -1.0, "upper": 1.0, "shape": (6,)}),
        ("uniform", k, {"shape": (6,)}),
    ],
    "scipy.linalg": [
        ("expm", m),
        ("lu", m),
        ("solve_triangular", m, m),
    ],
    "scipy.special": [
        ("betaln", x, y),
        ("digamma", x),
        ("entr", x),
        ("erf", x),
        ("expit", x),
        ("gammaln", x),
        ("log_ndtr", x),
        ("logit", x),
        ("ndtr", x),
        ("ndtri", x),
        ("xlogy", x, y),
        ("zeta", x, y),
    ],
    "scipy.stats": [
        ("beta.logpdf", x, y, y),
        ("multivariate_normal.logpdf", x, y, np.eye(6, dtype=np.float32)),
        ("norm.cdf", x),
        ("norm.logpdf", x),
        ("poisson.logpmf", i, y),
    ],
}
#: what is spelt with operators and methods, or takes numbers by position
EXPRESSIONS = {
    "a[1]": (lambda a: a[1], x),
    "a[-1]": (lambda a: a[-1], x),
    "a[::-1]": (lambda a: a[::-1], x),
    "a[1:3]": (lambda a: a[1:3], x),
    "a[:, None]": (lambda a: a[:, None], x),
    "a[i]": (lambda a, i: a[i], x, i),
    "a[i, i]": (lambda a, i: a[i, i], m, i),
    "a.at[1].set(0)": (lambda a: a.at[1].set(0), x),
    "a.at[i].add(1)": (lambda a, i: a.at[i].add(1), x, i),
    "a + 1": (lambda a: a + 1, x),
    "1 / a": (lambda a: 1 / a, x),
    "a @ a": (lambda a: a @ a, m),
    "a + a[0]": (lambda a: a + a[0], m),
    "a ** 2": (lambda a: a**2, x),
    "a ** 0.5": (lambda a: a**0.5, x),
    "a ** 3": (lambda a: a**3, x),
    "cho_solve": (lambda a, b: hloom.scipy.linalg.cho_solve((a, True), b), m, m),
    "where(b, a, 0.0)": (lambda b, a: hloom.numpy.where(b, a, 0.0), b, x),
    "a > 0": (lambda a: a > 0, x),
    "a.mean()": (lambda a: a.mean(), x),
    "a.astype(int)": (lambda a: a.astype(int), x),
}


def equations(program):
    """The number of equations of a program, of the programs in it too."""
    inner = [p for e in program.eqns for p in e.params.values() if hasattr(p, "eqns")]
    return len(program.eqns) + sum(map(equations, inner))


def described(name, operands, static):
    shown = [s for o in operands for s in (o if isinstance(o, list | tuple) else [o])]
    shown = [f"{s.dtype}{list(s.shape)}" for s in shown if hasattr(s, "dtype")]
    given = [k if hasattr(v, "dtype") else f"{k}={v!r}" for k, v in static.items()]
    return f"{name}({', '.join(shown + given)})"


def rows():
    """What is called, how it is written, and its operands."""
    for module, calls in CALLS.items():
        for name, *operands in calls:
            static = operands.pop() if operands and isinstance(operands[-1], dict) else {}
            path = f"{module}.{name}"
            function = hloom
            for part in path.split("."):
                function = getattr(function, part)
            yield described(path, operands, static), partial(function, **static), operands
    for text, (function, *operands) in EXPRESSIONS.items():
        yield text, function, operands


def test_counts(golden):
    counts = {
        text: equations(hloom.make_program(function)(*operands))
        for text, function, operands in rows()
    }
    golden("counts.txt", "".join(f"{counts[text]:4} {text}\n" for text in sorted(counts)))
