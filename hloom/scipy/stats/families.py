"""What distributions have in common; the file of a distribution states the rest as formulas.

    standard = Continuous(
        __name__,
        "the exponential distribution",
        support=(0, inf),
        inside=1.0,
        logpdf=lambda z: -z,
        logsf=lambda z: -z,
        logcdf=log1mexp,
        ppf=lambda q: -np.log1p(-q),
        isf=lambda q: -np.log(q),
    )
    pdf, logpdf = standard.densities()
    cdf, logcdf, sf, logsf = standard.tails()
    ppf, isf = standard.quantiles()

A formula is for loc = 0 and scale = 1: a function of the point z and of the shapes, whose names it
gives to the parameters. It is called with arrays, or Python numbers for shapes, of one float dtype.
What is not given follows from what is; a density is the exponential of its logarithm unless
`density` gives a more exact one. The family adds the location and the scale, the values outside of
the support, where a formula sees `inside` in place of the point (so that its derivatives there do
not spoil those of the others), and NaN where a parameter is out of range.
"""

import functools
import math
import operator

import hloom.numpy as np
from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.errors import DTypeError
from hloom.frontend.ir import Literal
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import promote_inexact
from hloom.runtime.dispatch import fused
from hloom.scipy.stats.tails import log_of
from hloom.typing import ArrayLike

#: what each function says of a distribution at a point
_DOCS = {
    "pdf": "The density of {} at {}.",
    "logpdf": "The logarithm of the density of {} at {}.",
    "pmf": "The probability of {1} under {0}.",
    "logpmf": "The logarithm of the probability of {1} under {0}.",
    "cdf": "The probability of at most {1} under {0}.",
    "logcdf": "The logarithm of the probability of at most {1} under {0}.",
    "sf": "The probability of more than {1} under {0}.",
    "logsf": "The logarithm of the probability of more than {1} under {0}.",
    "ppf": "The quantile of {0}: the least point with the probability {1} up to it.",
    "isf": "The upper quantile of {0}: the point with the probability {1} above it.",
}
_QUANTILES = ("ppf", "isf")


class Family:
    """Distributions that share formulas; `Continuous` and `Discrete` are the two kinds.

    `title` is what documents call it. `support` is the least and largest point, numbers or, if they
    depend on the shapes, a function that gives them; `empty` tells which points of the support have
    density 0, where a logarithm would spoil derivatives. `valid` tells for which shapes there is a
    distribution. `symmetric` is about 0. `points` renames the first parameter of functions,
    `places` replaces the parameters `loc` and `scale`, and `fixed` names functions that take none.
    """

    def __init__(
        self,
        module,
        title,
        *,
        support=(-math.inf, math.inf),
        inside=0.0,
        empty=None,
        valid=None,
        symmetric=False,
        ends=(),
        points=(),
        places=None,
        fixed=(),
        **formulas,
    ):
        self.module, self.title, self.inside = module, title, inside
        self.support = support if callable(support) else lambda *_: support
        self.empty, self.valid, self.ends = empty, valid or (lambda *_: True), ends
        self.points, self.fixed = dict(points), fixed
        if places is not None:
            self.places = places
        formulas = _completed(formulas, symmetric)
        vars(self).update(formulas)
        code = formulas[self.log_density].__code__
        self.shapes = code.co_varnames[1 : code.co_argcount]

    def densities(self):
        """The functions pdf and logpdf, or pmf and logpmf."""
        name = self.log_density.removeprefix("log")
        return self._public(name, self._density), self._public(self.log_density, self._density)

    def tails(self):
        """The functions cdf, logcdf, sf and logsf."""
        return [self._public(name, self._tail) for name in ("cdf", "logcdf", "sf", "logsf")]

    def quantiles(self):
        """The functions ppf and isf."""
        return [self._public(name, self._quantile) for name in _QUANTILES]

    def _public(self, name, body):
        """The function `name` with its signature, its document, and a body of one executable."""
        point = self.points.get(name, "q" if name in _QUANTILES else self.point)
        defaults = () if name in self.fixed else self.places
        takes = [f"{p}: ArrayLike" for p in (point, *self.shapes)]
        takes += [f"{p}: ArrayLike = {default}" for p, default in defaults]
        gives = ", ".join((point, *self.shapes, *(p for p, _ in defaults)))
        # written as text, as dataclasses are, so that its parameters have their names
        space = {"__name__": self.module, "ArrayLike": ArrayLike, "Array": Array, "_body": body}
        text = f"def {name}({', '.join(takes)}) -> Array:\n return _body({name!r}, {gives})"
        exec(compile(text, __file__, "exec"), space)
        space[name].__doc__ = _DOCS[name].format(self.title, point)
        return fused(space[name])

    def _operands(self, name, x, parameters):
        """The point, the shapes, loc and scale in one float dtype; None for a default."""
        called = f"{self.module.rpartition('.')[2]}.{name}"
        point, *rest = real_operands(called, x, *parameters)
        count = len(self.shapes)
        shapes, places = rest[:count], rest[count:]
        places = [
            None if type(v) is float and v == d else v for v, (_, d) in zip(places, self.places)
        ]
        loc, scale = (*places, None, None)[:2]
        valid = self.valid(*shapes)
        return point, shapes, loc, scale, valid if scale is None else valid & (scale > 0)

    def _density(self, name, x, *parameters):
        z, shapes, loc, scale, valid = self._operands(name, x, parameters)
        z = _standardized(z, loc, scale)
        log = name == self.log_density
        outside = self._outside(z, *self.support(*shapes))
        outside = outside if self.empty is None else outside | self.empty(z, *shapes)
        z = z if outside is None else np.where(outside, self.inside, z)
        y = getattr(self, self.log_density)(z, *shapes) if log else self._plain(z, scale, *shapes)
        y = y - np.log(scale) if log and scale is not None else y
        y = y if outside is None else np.where(outside, -math.inf if log else 0.0, y)
        return _where_valid(valid, y)

    def _plain(self, z, scale, *shapes):
        if hasattr(self, "density"):
            y = self.density(z, *shapes)
            return y if scale is None else y / scale
        y = getattr(self, self.log_density)(z, *shapes)
        return np.exp(y if scale is None else y - np.log(scale))

    def _tail(self, name, x, *parameters):
        z, shapes, loc, scale, valid = self._operands(name, x, parameters)
        z = self._step(_standardized(z, loc, scale))
        low, high = self.support(*shapes)
        below = None if _is_infinite(low) else self._below(z, low)
        # a half-line ends at infinity, where a formula has no derivatives
        above = None if _is_infinite(low) and _is_infinite(high) else z >= high
        for outside in (below, above):
            z = z if outside is None else np.where(outside, self.inside, z)
        y = getattr(self, name)(z, *shapes)
        log = name.startswith("log")
        nothing, everything = (-math.inf, 0.0) if log else (0.0, 1.0)
        first, last = (nothing, everything)[:: 1 if name.endswith("cdf") else -1]
        y = y if below is None else np.where(below, first, y)
        y = y if above is None else np.where(above, last, y)
        return _where_valid(valid, y)

    def _quantile(self, name, x, *parameters):
        q, shapes, loc, scale, valid = self._operands(name, x, parameters)
        y = getattr(self, name)(q, *shapes)
        y = y if scale is None else y * scale
        y = y if loc is None else y + loc
        return _where_valid(valid & (q >= 0) & (q <= 1), y)


class Continuous(Family):
    """A family of distributions with densities."""

    log_density, point, places = "logpdf", "x", (("loc", 0), ("scale", 1))

    def mirrored(self, module, title, **options):
        """The family of -x, where x is of this one; `options` as for a new family."""
        low, high = self.support()
        flip = lambda formula: lambda z: formula(-z)
        formulas = {
            "logpdf": flip(self.logpdf),
            "cdf": flip(self.sf),
            "logcdf": flip(self.logsf),
            "sf": flip(self.cdf),
            "logsf": flip(self.logcdf),
            "ppf": lambda q: -self.isf(q),
            "isf": lambda q: -self.ppf(q),
        }
        return Continuous(
            module, title, support=(-high, -low), inside=-self.inside, **formulas, **options
        )

    def _outside(self, z, low, high):
        # NaN is not outside, and stays NaN
        marks = [z < low] if not _is_infinite(low) else []
        marks += [z > high] if not _is_infinite(high) else []
        return _any(marks)

    def _below(self, z, low):
        return z <= low

    def _step(self, z):
        return z


class Discrete(Family):
    """A family of distributions on integers.

    Where the last shape is at one of its `ends`, the probability is by the formula `power`: it has
    derivatives there, which an infinite logarithm has not.
    """

    log_density, point, places = "logpmf", "k", (("loc", 0),)

    def _outside(self, k, low, high):
        # written so that NaN is not outside; infinity is
        return _any([k < low, k >= high if _is_infinite(high) else k > high, k > np.floor(k)])

    def _plain(self, k, _, *shapes):
        *others, p = shapes
        if not self.ends or isinstance(p, (int, float)):
            return self._inner(k, *shapes)
        end = functools.reduce(operator.or_, [p == value for value in self.ends])
        inner = self._inner(k, *others, np.where(end, 0.5, p))
        at_end = self.power(np.where(end, k, self.inside), *others, np.where(end, p, 0.5))
        return np.where(end, at_end, inner)

    def _inner(self, k, *shapes):
        if hasattr(self, "density"):
            return self.density(k, *shapes)
        return np.exp(self.logpmf(k, *shapes))

    def _below(self, k, low):
        return k < low

    def _step(self, k):
        return np.floor(k)


def _completed(formulas, symmetric):
    """The formulas with those that follow from others."""
    has = formulas.setdefault
    if symmetric:
        _follow(formulas, "sf", "cdf", lambda cdf: lambda z, *s: cdf(-z, *s))
        _follow(formulas, "logsf", "logcdf", lambda logcdf: lambda z, *s: logcdf(-z, *s))
        _follow(formulas, "isf", "ppf", lambda ppf: lambda q, *s: -ppf(q, *s))
    for name in ("cdf", "sf"):
        _follow(formulas, name, f"log{name}", lambda log: lambda z, *s: np.exp(log(z, *s)))
    if "cdf" in formulas and "sf" in formulas:
        has("logcdf", _log_of(formulas["cdf"], formulas["sf"]))
        has("logsf", _log_of(formulas["sf"], formulas["cdf"]))
    return formulas


def _follow(formulas, name, source, make):
    if name not in formulas and source in formulas:
        formulas[name] = make(formulas[source])


def _log_of(share, rest):
    return lambda z, *shapes: log_of(share(z, *shapes), rest(z, *shapes))


def real_operands(name, *values):
    """The first an Array, the others Arrays or Python numbers, all in one float dtype and shape."""
    first, *rest = promote_inexact(name, *values)
    if dtypes.is_complex(aval_of(first).dtype):
        raise DTypeError(f"{name}: takes real numbers", "one is complex", "take x.real or abs(x)")
    rest = [x.value if type(x) is Literal else x for x in rest]
    return [np.asarray(first.value if type(first) is Literal else first), *rest]


def _standardized(x, loc, scale):
    z = x if loc is None else x - loc
    return z if scale is None else z / scale


def _where_valid(valid, y):
    return y if valid is True else np.where(valid, y, math.nan)


def _is_infinite(bound):
    return isinstance(bound, float) and math.isinf(bound)


def _any(marks):
    found = None
    for mark in marks:
        found = mark if found is None else found | mark
    return found
