"""Special values of the array API standard's elementwise functions, as tables of text.

A line is `operands | result`. Among operands, a word may stand for several numbers (see SETS);
among results, `~` before a number leaves its sign open and `inf*cis` is infinity in the direction
of the operand's imaginary part. Complex numbers are written as two words.
"""

import itertools
import math

INF, NAN, PI = math.inf, math.nan, math.pi

NUMBERS = {
    "0": 0.0, "-0": -0.0, "1": 1.0, "-1": -1.0, "inf": INF, "-inf": -INF, "nan": NAN,
    "pi": PI, "-pi": -PI, "pi/2": PI / 2, "-pi/2": -PI / 2, "pi/4": PI / 4, "-pi/4": -PI / 4,
    "3pi/4": 3 * PI / 4, "-3pi/4": -3 * PI / 4,
}  # fmt: skip

#: words for several operands: zeros, positive, negative, non-zero, finite numbers, infinities, …
SETS = {
    "zero": (0.0, -0.0),
    "pos": (0.5, 1.0, 3.0),
    "neg": (-0.5, -1.0, -3.0),
    "nonzero": (0.5, -0.5, 3.0, -3.0),
    "finite": (0.0, -0.0, 0.5, -0.5, 3.0, -3.0),
    "infs": (INF, -INF),
    "any": (0.0, -0.0, 0.5, -0.5, 3.0, -3.0, INF, -INF, NAN),
    "number": (0.0, -0.0, 0.5, -0.5, 3.0, -3.0, INF, -INF),
    ">0": (0.5, 3.0, INF),
    "<0": (-0.5, -3.0, -INF),
    ">1": (1.5, 3.0, INF),
    "<1": (0.5, 0.0, -3.0, -INF),
    "<-1": (-1.5, -INF),
    "large": (1.5, -3.0, INF, -INF),
    "small": (0.5, -0.25, 0.0, -0.0),
    "unit": (1.0, -1.0),
    "odd": (1.0, 3.0, 5.0),
    "-odd": (-1.0, -3.0),
    "uneven": (2.0, 4.0, 0.5, INF),
    "-uneven": (-2.0, -0.5, -INF),
    "broken": (0.5, -0.5, 2.5, -1.25),
    "!=0": (0.5, -0.5, 3.0, -3.0, INF, -INF, NAN),
    "!=1": (0.0, -0.0, 0.5, -1.0, 3.0, INF, -INF, NAN),
}

_ODD = "nan | nan\n0 | 0\n-0 | -0\n"
_ROUNDING = _ODD + "inf | inf\n-inf | -inf\n3 | 3\n-3 | -3\n"
_LOGARITHM = "nan | nan\n<0 | nan\nzero | -inf\n1 | 0\ninf | inf"

#: functions of one real number
REAL = {
    "abs": "nan | nan\n-0 | 0\n-inf | inf",
    "acos": "nan | nan\n>1 | nan\n<-1 | nan\n1 | 0",
    "acosh": "nan | nan\n<1 | nan\n1 | 0\ninf | inf",
    "asin": _ODD + ">1 | nan\n<-1 | nan",
    "asinh": _ODD + "inf | inf\n-inf | -inf",
    "atan": _ODD + "inf | pi/2\n-inf | -pi/2",
    "atanh": _ODD + ">1 | nan\n<-1 | nan\n1 | inf\n-1 | -inf",
    "ceil": _ROUNDING + "-0.5 | -0\n0.5 | 1",
    "cos": "nan | nan\nzero | 1\ninfs | nan",
    "cosh": "nan | nan\nzero | 1\ninfs | inf",
    "exp": "nan | nan\nzero | 1\ninf | inf\n-inf | 0",
    "expm1": _ODD + "inf | inf\n-inf | -1",
    "floor": _ROUNDING + "-0.5 | -1\n0.5 | 0",
    "log": _LOGARITHM,
    "log1p": _ODD + "<-1 | nan\n-1 | -inf\ninf | inf",
    "log2": _LOGARITHM,
    "log10": _LOGARITHM,
    "reciprocal": "nan | nan\n0 | inf\n-0 | -inf\ninf | 0\n-inf | -0",
    "round": _ROUNDING + "0.5 | 0\n1.5 | 2\n2.5 | 2\n-0.5 | -0\n-1.5 | -2",
    "sign": "nan | nan\n<0 | -1\n>0 | 1\nzero | 0",
    "sin": _ODD + "infs | nan",
    "sinh": _ODD + "inf | inf\n-inf | -inf",
    "sqrt": _ODD + "<0 | nan\ninf | inf",
    "square": "nan | nan\nzero | 0\ninfs | inf",
    "tan": _ODD + "infs | nan",
    "tanh": _ODD + "inf | 1\n-inf | -1",
    "trunc": _ROUNDING + "0.5 | 0\n-0.5 | -0",
}

_QUOTIENT_OF_ZEROS = """
0 >0 | 0
-0 >0 | -0
0 <0 | -0
-0 <0 | 0
pos 0 | inf
pos -0 | -inf
neg 0 | -inf
neg -0 | inf
"""
_UNDEFINED = "nan any | nan\nany nan | nan\ninfs infs | nan\nzero zero | nan\n"

#: functions of two real numbers
REAL_PAIRS = {
    "add": """
        nan any | nan
        any nan | nan
        inf -inf | nan
        -inf inf | nan
        inf inf | inf
        -inf -inf | -inf
        inf finite | inf
        -inf finite | -inf
        finite inf | inf
        finite -inf | -inf
        -0 -0 | -0
        -0 0 | 0
        0 -0 | 0
        0 0 | 0
        3 -3 | 0
        zero 3 | 3
        -3 zero | -3""",
    "subtract": """
        nan any | nan
        any nan | nan
        inf inf | nan
        -inf -inf | nan
        inf -inf | inf
        inf finite | inf
        finite inf | -inf
        -0 0 | -0
        -0 -0 | 0
        0 0 | 0
        3 3 | 0""",
    "multiply": """
        nan any | nan
        any nan | nan
        infs zero | nan
        zero infs | nan
        0 pos | 0
        -0 pos | -0
        neg 0 | -0
        neg -0 | 0
        inf >0 | inf
        inf <0 | -inf
        -inf >0 | -inf
        <0 -inf | inf""",
    "divide": _UNDEFINED
    + _QUOTIENT_OF_ZEROS
    + """
        inf pos | inf
        inf neg | -inf
        -inf pos | -inf
        -inf neg | inf
        pos inf | 0
        pos -inf | -0
        neg inf | -0
        neg -inf | 0""",
    # as in Python and NumPy, which the standard allows: NaN of infinite dividends, -1 below zero
    "floor_divide": _UNDEFINED
    + _QUOTIENT_OF_ZEROS
    + """
        infs nonzero | nan
        pos inf | 0
        pos -inf | -1
        neg inf | -1
        neg -inf | 0
        3 -0.5 | -6
        -3 0.5 | -6""",
    "remainder": _UNDEFINED
    + """
        zero >0 | 0
        zero <0 | -0
        nonzero zero | nan
        infs finite | nan
        3 inf | 3
        pos -inf | -inf
        neg inf | inf
        -3 -inf | -3
        3 -0.5 | -0
        -3 0.5 | 0""",
    "pow": """
        !=1 nan | nan
        any zero | 1
        nan !=0 | nan
        large inf | inf
        large -inf | 0
        unit infs | 1
        1 number | 1
        small inf | 0
        small -inf | inf
        inf >0 | inf
        inf <0 | 0
        -inf odd | -inf
        -inf uneven | inf
        -inf -odd | -0
        -inf -uneven | 0
        0 >0 | 0
        0 <0 | inf
        -0 odd | -0
        -0 uneven | 0
        -0 -odd | -inf
        -0 -uneven | inf
        neg broken | nan""",
    "atan2": """
        nan any | nan
        any nan | nan
        >0 zero | pi/2
        0 >0 | 0
        0 0 | 0
        0 -0 | pi
        0 <0 | pi
        -0 >0 | -0
        -0 0 | -0
        -0 -0 | -pi
        -0 <0 | -pi
        <0 zero | -pi/2
        pos inf | 0
        pos -inf | pi
        neg inf | -0
        neg -inf | -pi
        inf finite | pi/2
        -inf finite | -pi/2
        inf inf | pi/4
        inf -inf | 3pi/4
        -inf inf | -pi/4
        -inf -inf | -3pi/4""",
    "copysign": """
        3 <0 | -3
        -3 -0 | -3
        -3 0 | 3
        inf -0 | -inf
        -3 nan | 3
        nan any | nan""",
    "hypot": """
        infs any | inf
        any infs | inf
        zero 3 | 3
        -3 zero | 3
        finite nan | nan
        nan finite | nan
        nan nan | nan
        1e30 1e-30 | 1e30
        3e-30 4e-30 | 5e-30
        3e30 4e30 | 5e30""",
    "logaddexp": """
        nan any | nan
        any nan | nan
        inf number | inf
        number inf | inf
        -inf -inf | -inf
        -inf 3 | 3""",
    "maximum": "nan any | nan\nany nan | nan\n-inf 3 | 3\n3 inf | inf",
    "minimum": "nan any | nan\nany nan | nan\ninf 3 | 3",
    "nextafter": "nan any | nan\nany nan | nan\n-0 0 | 0\n0 -0 | -0\ninf inf | inf",
}

#: functions of one complex number that commute with conjugation; with (n, sign): also
#: f(-z) = sign f(z)
COMPLEX = {
    "abs": """
        infs any | inf 0
        any infs | inf 0
        zero -3 | 3 0
        -3 zero | 3 0
        nan finite | nan 0
        finite nan | nan 0
        nan nan | nan 0""",
    "acos": """
        zero 0 | pi/2 -0
        zero nan | pi/2 nan
        finite inf | pi/2 -inf
        nonzero nan | nan nan
        -inf pos | pi -inf
        inf pos | 0 -inf
        -inf inf | 3pi/4 -inf
        inf inf | pi/4 -inf
        infs nan | nan ~inf
        nan finite | nan nan
        nan inf | nan -inf
        nan nan | nan nan""",
    "acosh": """
        zero 0 | 0 pi/2
        finite inf | inf pi/2
        nonzero nan | nan nan
        0 nan | nan ~pi/2
        -inf pos | inf pi
        inf pos | inf 0
        -inf inf | inf 3pi/4
        inf inf | inf pi/4
        infs nan | inf nan
        nan finite | nan nan
        nan inf | inf nan
        nan nan | nan nan""",
    "asinh": """
        0 0 | 0 0
        pos inf | inf pi/2
        finite nan | nan nan
        inf pos | inf 0
        inf inf | inf pi/4
        nan 0 | nan 0
        nan nonzero | nan nan
        nan inf | ~inf nan
        nan nan | nan nan""",
    "atanh": """
        0 0 | 0 0
        0 nan | 0 nan
        1 0 | inf 0
        pos inf | 0 pi/2
        nonzero nan | nan nan
        inf pos | 0 pi/2
        inf inf | 0 pi/2
        inf nan | 0 nan
        nan finite | nan nan
        nan inf | ~0 pi/2
        nan nan | nan nan""",
    "cosh": """
        0 0 | 1 0
        0 inf | nan ~0
        0 nan | nan ~0
        nonzero inf | nan nan
        nonzero nan | nan nan
        inf 0 | inf 0
        inf nonzero | inf*cis
        inf inf | ~inf nan
        inf nan | inf nan
        nan zero | nan ~0
        nan nonzero | nan nan
        nan nan | nan nan""",
    "exp": """
        zero 0 | 1 0
        finite inf | nan nan
        finite nan | nan nan
        inf 0 | inf 0
        -inf finite | 0*cis
        inf nonzero | inf*cis
        -inf inf | ~0 ~0
        inf inf | ~inf nan
        -inf nan | ~0 ~0
        inf nan | ~inf nan
        nan 0 | nan 0
        nan nonzero | nan nan
        nan inf | nan nan
        nan nan | nan nan""",
    "expm1": """
        zero 0 | ~0 0
        finite inf | nan nan
        finite nan | nan nan
        inf 0 | inf 0
        -inf finite | 0*cis-1
        inf nonzero | inf*cis
        -inf inf | -1 ~0
        inf inf | ~inf nan
        -inf nan | -1 ~0
        inf nan | ~inf nan
        nan 0 | nan 0
        nan nonzero | nan nan
        nan inf | nan nan
        nan nan | nan nan""",
    "log": """
        -0 0 | -inf pi
        0 0 | -inf 0
        finite inf | inf pi/2
        finite nan | nan nan
        -inf pos | inf pi
        inf pos | inf 0
        -inf inf | inf 3pi/4
        inf inf | inf pi/4
        infs nan | inf nan
        nan finite | nan nan
        nan inf | inf nan
        nan nan | nan nan""",
    "log1p": """
        -1 0 | -inf 0
        finite inf | inf pi/2
        finite nan | nan nan
        -inf pos | inf pi
        inf pos | inf 0
        -inf inf | inf 3pi/4
        inf inf | inf pi/4
        infs nan | inf nan
        nan finite | nan nan
        nan inf | inf nan
        nan nan | nan nan""",
    "round": """
        nan 2.5 | nan 2
        -0 inf | -0 inf
        -0.5 1.5 | -0 2""",
    "sign": """
        zero zero | ~0 ~0
        nan any | nan nan
        any nan | nan nan
        0 3 | ~0 1
        -3 0 | -1 ~0""",
    "sinh": """
        0 0 | 0 0
        0 inf | ~0 nan
        0 nan | ~0 nan
        pos inf | nan nan
        pos nan | nan nan
        inf 0 | inf 0
        inf pos | inf*cis
        inf inf | ~inf nan
        inf nan | ~inf nan
        nan 0 | nan 0
        nan nonzero | nan nan
        nan nan | nan nan""",
    # of -inf and inf with a positive imaginary part as C99 Annex G has it
    "sqrt": """
        zero 0 | 0 0
        any inf | inf inf
        finite nan | nan nan
        -inf pos | 0 inf
        inf pos | inf 0
        -inf nan | nan ~inf
        inf nan | inf nan
        nan finite | nan nan
        nan nan | nan nan""",
    "tanh": """
        0 0 | 0 0
        nonzero inf | nan nan
        0 inf | 0 nan
        nonzero nan | nan nan
        0 nan | 0 nan
        inf pos | 1 ~0
        inf inf | 1 ~0
        inf nan | 1 ~0
        nan 0 | nan 0
        nan nonzero | nan nan
        nan nan | nan nan""",
}

#: f(-z) = sign f(z)
PARITY = {"asinh": -1, "atanh": -1, "sinh": -1, "tanh": -1, "cosh": 1}
#: f(z) = -i g(iz)
ROTATED = {"asin": "asinh", "atan": "atanh", "sin": "sinh", "tan": "tanh"}


def _operands(word):
    if word in SETS:
        return SETS[word]
    return (NUMBERS[word] if word in NUMBERS else float(word),)


class Number(float):
    """An expected number; `signed` says whether the sign of a zero or an infinity counts."""

    signed = True


def _result(word):
    made = Number(NUMBERS[word.lstrip("~")] if word.lstrip("~") in NUMBERS else float(word))
    made.signed = not word.startswith("~")
    return made


def _negated(x, sign=-1):
    made = Number(x * sign)
    made.signed = getattr(x, "signed", True)
    return made


def real_rows(text):
    """(operands, result) of each line of a table of real functions."""
    for line in filter(None, map(str.strip, text.splitlines())):
        left, right = line.split("|")
        for xs in itertools.product(*map(_operands, left.split())):
            yield xs, _result(right.strip())


def _parts(words, b):
    if words[0].endswith("cis"):
        scale = INF if words[0].startswith("inf") else 0.0
        return Number(scale * math.cos(b)), Number(scale * math.sin(b) if b else (scale and b) or b)
    if words[0] == "0*cis-1":
        return Number(-1.0), Number(0.0 * math.sin(b))
    return tuple(map(_result, words))


def complex_rows(name):
    """((a, b), (real part, imaginary part)) of each line, and of its mirror images."""
    source = ROTATED.get(name, "cosh" if name == "cos" else name)
    rows = {}
    for line in filter(None, map(str.strip, COMPLEX[source].splitlines())):
        left, right = line.split("|")
        for a, b in itertools.product(*map(_operands, left.split())):
            u, v = _parts(right.split(), b)
            images = [((a, b), (u, v)), ((a, -b), (u, _negated(v)))]
            if source in PARITY:
                sign = PARITY[source]
                images += [
                    ((-x, -y), (_negated(p, sign), _negated(q, sign))) for (x, y), (p, q) in images
                ]
            for z, w in images:
                if source in ("abs",):
                    w = (w[0], Number(0.0))
                rows.setdefault(repr(z), (z, w))
    for (a, b), (u, v) in rows.values():
        if name in ROTATED:  # at z with iz = a + bi the value is v - ui
            yield (b, -a), (v, _negated(u))
        elif name == "cos":
            yield (b, -a), (u, v)
        else:
            yield (a, b), (u, v)


def agrees(found, expected, rtol):
    """Whether a number is the expected one: NaN for NaN, signed zeros and infinities."""
    if math.isnan(expected):
        return math.isnan(found)
    if not expected.signed:
        found, expected = abs(found), abs(expected)
    if expected == 0 or math.isinf(expected):
        return found == expected and math.copysign(1, found) == math.copysign(1, expected)
    return math.isclose(found, expected, rel_tol=rtol)
