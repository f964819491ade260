"""Functions of complex numbers at infinities, NaNs and signed zeros, as C99's Annex G has them.

XLA's functions are accurate at finite numbers and follow textbook formulas elsewhere, in which
infinity times zero is NaN. Here a result u + iv at a + ib is mended where a or b is special, or
computed from real functions where that is the more accurate way. Real operands take the rule of the
table as it is.
"""

from hloom.frontend import dtypes
from hloom.frontend.families import same_dtype
from hloom.frontend.prims import elementwise as e
from hloom.lowering.rules import elementwise  # noqa: F401  the rules that are extended here
from hloom.lowering.table import rule, rules

_INF, _NAN, _HALF_PI = float("inf"), float("nan"), 1.5707963267948966
_and, _or = e.bitwise_and, e.bitwise_or


def _where(condition, x, y):
    y, x = same_dtype((y, x))
    return e.select_n.bind(condition, y, x)[0]


def _is_infinite(x):
    return e.eq(e.abs(x), _INF)


def _is_nan(x):
    return e.ne(x, x)


def _is_zero(x):
    return e.eq(x, 0.0)


def _is_unbounded(x):
    return e.bitwise_not(e.is_finite(x))


def _signed(x, y):
    """`x` with the sign of `y`, which tells the side of a branch cut where `y` is a zero."""
    negative = e.lt(_where(_is_zero(y), e.div(1.0, y), y), 0.0)
    size = e.abs(x)
    return _where(negative, e.neg(size), size)


# ---------------------------------------------------------------- the value at special operands
def _abs(a, b, u):
    return _where(_or(_is_infinite(a), _is_infinite(b)), _INF, u)


def _exp(a, b, u, v, least=0.0):
    """Also of expm1, whose real part is at least -1."""
    lost = _and(_is_infinite(a), _is_unbounded(b))
    u = _where(lost, e.max(a, least), u)
    v = _where(_and(lost, e.lt(a, 0.0)), 0.0, v)
    return u, _where(_is_zero(b), b, v)


def _expm1(a, b, u, v):
    return _exp(a, b, u, v, -1.0)


def _log(a, b, u, v):
    return _abs(a, b, u), v


def _sqrt(a, b, u, v):
    tall = _is_infinite(b)
    v = _where(_and(e.eq(a, -_INF), _is_nan(b)), _INF, v)
    v = _where(tall, b, _signed(v, b))
    return _where(_or(tall, e.eq(a, _INF)), _INF, u), v


def _tan(a, b, u, v):
    return _where(_is_zero(a), a, u), _where(_is_zero(b), b, v)


def _asin(a, b, u, v):
    return _where(_is_zero(a), a, _signed(u, a)), _signed(v, b)


def _asinh(a, b, u, v):
    v, u = _asin(b, a, v, u)
    return u, v


def _acos(a, b, u, v):
    u = _where(_and(_is_zero(a), _is_nan(b)), _HALF_PI, u)
    return u, _signed(v, e.neg(b))


def _acosh(a, b, u, v):
    v = _where(_and(_is_zero(a), _is_nan(b)), _HALF_PI, v)
    return u, _signed(v, b)


def _atan(a, b, u, v):
    undefined = _or(_is_nan(a), _and(_is_nan(b), e.is_finite(a)))
    return _where(undefined, _NAN, _signed(u, a)), _where(_is_zero(b), b, _signed(v, b))


def _atanh(a, b, u, v):
    v, u = _atan(b, a, v, u)
    return u, v


def _mended(primitive, mend):
    plain = rules[primitive]

    def parts(z, w):
        a, b = e.real(z), e.imag(z)
        if primitive is e.abs:
            return mend(a, b, w)
        return e.complex(*mend(a, b, e.real(w), e.imag(w)))

    parts.__name__ = primitive.name

    @rule(primitive)
    def emit(ctx, z, **params):
        found = plain(ctx, z, **params)
        if not dtypes.is_complex(ctx.ins[0].dtype):
            return found
        return ctx.lower_fun(parts, [z, *found], [ctx.ins[0], ctx.outs[0]])


for _primitive, _mend in {
    e.abs: _abs,
    e.exp: _exp,
    e.expm1: _expm1,
    e.log: _log,
    e.log1p: _log,
    e.sqrt: _sqrt,
    e.tan: _tan,
    e.tanh: _tan,
    e.asin: _asin,
    e.acos: _acos,
    e.atan: _atan,
    e.asinh: _asinh,
    e.acosh: _acosh,
    e.atanh: _atanh,
}.items():
    _mended(_primitive, _mend)


# ---------------------------------------------------------------- from real functions
# XLA's own functions, sums of exponentials, lose small numbers
def _sinh(a, b):
    kept = _or(_is_zero(a), _and(_is_infinite(a), _is_unbounded(b)))
    sine = e.sin(b)
    return (
        _where(kept, a, e.mul(e.sinh(a), e.cos(b))),
        _where(_is_zero(sine), sine, e.mul(sine, e.cosh(a))),
    )


def _cosh(a, b):
    unbounded = _is_unbounded(b)
    u = _where(_and(_is_infinite(a), unbounded), _INF, e.mul(e.cosh(a), e.cos(b)))
    # beside a zero, infinity counts as one and NaN as zero
    product = e.mul(e.min(e.max(a, -1.0), 1.0), b)
    product = _where(_is_nan(product), 0.0, product)
    zero = _or(_is_zero(b), _and(_is_zero(a), unbounded))
    return u, _where(zero, product, e.mul(e.sinh(a), e.sin(b)))


def _sin(a, b):
    v, u = _sinh(b, a)
    return u, v


def _cos(a, b):
    return _cosh(b, e.neg(a))


def _by_parts(primitive, function):
    plain = rules[primitive]

    def whole(z):
        return e.complex(*function(e.real(z), e.imag(z)))

    whole.__name__ = primitive.name

    @rule(primitive)
    def emit(ctx, z, **params):
        if not dtypes.is_complex(ctx.outs[0].dtype):
            return plain(ctx, z, **params)
        return ctx.lower_fun(whole, [z], [ctx.ins[0]])


for _primitive, _function in {e.sin: _sin, e.cos: _cos, e.sinh: _sinh, e.cosh: _cosh}.items():
    _by_parts(_primitive, _function)
