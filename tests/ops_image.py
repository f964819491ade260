"""Rows of image resampling: the oracle weighs pixels one by one, with kernels as SciPy has them."""

import numpy as np

from hloom.image import resize, scale_and_translate
from ops import WIDE, A, Op, V, case


def keys(a):
    """Keys' cubic kernel by its two polynomials."""

    def kernel(x):
        x = abs(x)
        if x < 1:
            return (a + 2) * x**3 - (a + 3) * x**2 + 1
        return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0

    return kernel


def lanczos(r):
    """The sinc windowed by a wider sinc."""
    return lambda x: np.sinc(x) * np.sinc(x / r) if abs(x) < r else 0.0


KERNELS = {
    "linear": lambda x: max(0.0, 1 - abs(x)),
    "cubic": keys(-0.5),
    "cubic-pytorch": keys(-0.5),
    "lanczos3": lanczos(3),
    "lanczos5": lanczos(5),
}


def weights(n, new, scale, translation, method, antialias):
    """The matrix of weights of an axis, row by row."""
    rows = np.zeros((new, n))
    for o in range(new):
        low, high = (o - translation) / scale, (o + 1 - translation) / scale
        f = (low + high) / 2 - 0.5
        if method == "cubic-pytorch" and not antialias:
            for tap in range(int(np.floor(f)) - 1, int(np.floor(f)) + 3):
                rows[o, min(max(tap, 0), n - 1)] += keys(-0.75)(f - tap)
            continue
        if not -0.5 <= f <= n - 0.5:
            continue
        if method == "area":
            rows[o] = [max(0.0, min(high, i + 1) - max(low, i)) for i in range(n)]
        else:
            width = max(1 / scale, 1.0) if antialias else 1.0
            rows[o] = [KERNELS[method]((f - i) / width) for i in range(n)]
        rows[o] /= rows[o].sum()
    return rows


def resized(x, shape, method, antialias=True):
    """`resize`, axis by axis."""
    for a, (n, new) in enumerate(zip(x.shape, shape, strict=True)):
        w = weights(n, new, new / n, 0.0, method, antialias) if n != new else np.eye(n)
        x = np.moveaxis(np.tensordot(w, x, (1, a)), 0, a)
    return x


def moved(x, scale, translation, shape, spatial_dims, method, antialias=True):
    """`scale_and_translate`, axis by axis."""
    for a, s, t in zip(spatial_dims, scale, translation, strict=True):
        w = weights(x.shape[a], shape[a], s, t, method, antialias)
        x = np.moveaxis(np.tensordot(w, x, (1, a)), 0, a)
    return x


METHODS = ["linear", "cubic", "lanczos3", "lanczos5", "area", "cubic-pytorch"]
WIDENED = [("linear", True), ("lanczos3", True), ("area", True), ("cubic-pytorch", False)]
SCALES = V(1.3, 0.55), V(0.71, 0.24)

OPS = [
    Op(
        resize,
        resized,
        [
            *[case(A(4, 5), shape=(3, 7), method=m) for m in METHODS],
            *[case(A(5), shape=(3,), method=m, antialias=False) for m in METHODS[::5]],
        ],
        WIDE,
        tol=100,
    ),
    Op(
        lambda x, s, t, **params: scale_and_translate(
            x, params["shape"], params["spatial_dims"], s, t, params["method"], params["antialias"]
        ),
        moved,
        [
            case(A(4, 6), *SCALES, shape=(5, 3), spatial_dims=(0, 1), method=m, antialias=wide)
            for m, wide in WIDENED
        ],
        WIDE,
        tol=100,
        order=1,
        name="scale_and_translate",
        in_axes=[(None, 0, None), (1, None, 0)],
    ),
]
