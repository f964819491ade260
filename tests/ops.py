"""The table of operations: one row says what an operation is checked against, and on which samples.

`test_ops.py` generates the tests. A family of operations writes its rows in a file of its own,
`tests/ops_<family>.py`, as a list `OPS`; `collect()` finds the files by themselves.

    from ops import A, FLOATS, INEXACT, Op, case

    OPS = [
        Op(sin, np.sin, [case(A(5, low=-9, high=9))], INEXACT),
        Op(
            reduce_sum,
            lambda x, axes: x.sum(tuple(axes)),
            [case(A(3, 4), axes=(0,)), case(A(3, 4), axes=(0, 1))],
            NUMERIC,
        ),
        Op(
            lambda x, i: dynamic_slice(x, (i,), (3,)), oracle, [case(A(6), np.int32(2))], FLOATS,
            name="dynamic_slice", covers=(dynamic_slice,), grad=(0,),
        ),
    ]

A case is operands, then parameters by name. An operand `A(*shape, low, high)` is an array of
distinct values spread over [low, high] (for complex numbers, both parts) in the dtype of the sweep,
or in its own `dtype`; `V(1, 2)` is an array of given values; a NumPy array or number stands for
itself. The function is called as `function(*arrays, **params)` and gives an array or a list of
arrays. The oracle is called alike, with NumPy arrays: floats as float64, complex numbers as
complex128, others in their own dtype. Its result is rounded to the dtype of the function's result
before it is compared.

A row generates: the oracle in every dtype; eager = jit; where `grad` (True: every inexact operand;
or a tuple of positions; or False), in float64, and in complex128 if `dtypes` has it: jvp against
central differences, ⟨Jv, w⟩ = ⟨v, Jᵀw⟩, the second derivative and its transpose; vmap = loop for
the combinations of `in_axes` over swept operands; vmap of grad and grad of vmap; StableHLO that
MLIR verifies, for both targets; StableHLO's reference interpreter.
"""

import importlib
import itertools
import math
from dataclasses import dataclass, field
from pathlib import Path

import ml_dtypes  # noqa: F401 - teaches NumPy the names of the narrow floats
import numpy as np

from hloom.frontend import dtypes as kinds
from hloom.frontend.primitive import Primitive

BOOL = ("bool",)
SIGNED_INTS = ("int8", "int16", "int32", "int64")
UNSIGNED_INTS = ("uint8", "uint16", "uint32", "uint64")
INTS = SIGNED_INTS + UNSIGNED_INTS
FLOATS = ("bfloat16", "float16", "float32", "float64")
WIDE = ("float32", "float64")
COMPLEX = ("complex64", "complex128")
INEXACT = FLOATS + COMPLEX
REAL = INTS + FLOATS
NUMERIC = INTS + INEXACT
ORDERED = BOOL + REAL
ANY = BOOL + NUMERIC


class A:
    """A sample array: distinct values spread over [low, high]; see the top of this file."""

    def __init__(self, *shape, low=-2.0, high=2.0, dtype=None):
        self.shape, self.low, self.high, self.dtype = shape, low, high, dtype

    def make(self, dtype, rng):
        """The NumPy array for a dtype."""
        dtype = kinds.dtype(self.dtype or dtype)
        if kinds.is_complex(dtype):
            return (self._spread(rng) + 1j * self._spread(rng)).astype(dtype)
        if kinds.is_bool(dtype):
            return rng.random(self.shape) < 0.5
        if kinds.is_integer(dtype):
            info = kinds.iinfo(dtype)
            low, high = self.low, self.high
            if high < info.min:  # a range of negative numbers, for an unsigned dtype
                low, high = -high, -low
            low, high = max(math.ceil(low), info.min), min(math.floor(high), info.max)
            return rng.integers(low, high, self.shape, endpoint=True).astype(dtype)
        return self._spread(rng).astype(dtype)

    def _spread(self, rng):
        # one value at random from each of n equal parts of the range, in random order
        n = math.prod(self.shape)
        parts = (rng.permutation(n) + rng.random(n)) / max(n, 1)
        return (self.low + (self.high - self.low) * parts).reshape(self.shape)


class V(A):
    """A sample array of given values, in the dtype of the sweep if it can hold them."""

    def __init__(self, *values, dtype=None):
        self.values, self.dtype = np.array(values), dtype

    def make(self, dtype, rng):
        """The NumPy array for a dtype."""
        dtype = kinds.dtype(self.dtype or dtype)
        return self.values.astype(dtype)


@dataclass(frozen=True, eq=False)
class Case:
    """Operands (`A`, `V`, or NumPy values that stand for themselves) and parameters."""

    operands: tuple
    params: dict

    def make(self, dtype, seed=0):
        """The operands as NumPy arrays; another seed gives others of the same shapes."""
        rng = np.random.default_rng(seed)
        return [x.make(dtype, rng) if isinstance(x, A) else np.asarray(x) for x in self.operands]

    def fits(self, dtype):
        """Whether values given as floats or complex numbers keep their kind in a dtype."""
        kind = {"f": kinds.is_float, "c": kinds.is_complex}
        given = [x.values.dtype.kind for x in self.operands if isinstance(x, V) and not x.dtype]
        return all(kind[k](kinds.dtype(dtype)) for k in given if k in kind)

    def swept(self):
        """The positions of the operands that take the dtype of the sweep."""
        return [i for i, x in enumerate(self.operands) if isinstance(x, A) and x.dtype is None]


def case(*operands, **params):
    """A case of a row."""
    return Case(operands, params)


@dataclass(frozen=True, eq=False)
class Op:
    """A row of the table; see the top of this file."""

    function: object
    oracle: object
    cases: list
    dtypes: tuple = FLOATS
    #: which operands have derivatives: True, False or positions
    grad: object = True
    #: relative error allowed, in units of the result's eps; a dict gives some dtypes their own
    tol: object = 4
    #: absolute error allowed, in units of eps; by default that of values near 1
    atol: object = None
    #: cases compared with the oracle only: infinities, NaN, zeros, the ends of a domain
    edges: list = field(default_factory=list)
    #: relative error allowed of derivatives in float64
    grad_tol: float = 1e-6
    #: orders of derivatives that are checked
    order: int = 2
    name: str = ""
    #: primitives that the row stands for, besides `function` if it is one
    covers: tuple = ()
    #: whether vmap of grad and grad of vmap are compared: the longest compositions have primitives
    #: that are, each by itself
    mixed: bool = True
    #: the in_axes that vmap is checked with, a list of tuples; by default all combinations
    in_axes: object = None
    #: whether the oracle gets floats as float64; if not, operands in their own dtypes
    wide: bool = True
    #: why the portable target refuses it: a part of its message
    refused: str = ""
    #: whether it is a custom call by its nature, also in a portable module
    custom_call: bool = False
    #: why StableHLO's reference interpreter cannot run it: a part of its message
    interpreter: str = ""

    def __post_init__(self):
        if not self.name:
            object.__setattr__(self, "name", self.function.__name__)
        if isinstance(self.function, Primitive):
            object.__setattr__(self, "covers", (self.function, *self.covers))

    def tolerance(self, dtype):
        """(relative, absolute) error allowed in results of a dtype."""
        if not kinds.is_inexact(dtype):
            return 0.0, 0.0
        tol = self.tol
        if isinstance(tol, dict):
            tol = tol.get(dtype.name, tol.get("default", 4))
        eps = float(kinds.finfo(dtype).eps)
        return tol * eps, (tol if self.atol is None else self.atol) * eps

    def active(self, made):
        """The positions of the operands, given as made, that derivatives are taken in."""
        inexact = [i for i, x in enumerate(made) if kinds.is_inexact(kinds.dtype(x.dtype))]
        if self.grad is True:
            return inexact
        return [i for i in inexact if i in self.grad] if self.grad else []

    def batchings(self, made, swept):
        """The in_axes to map a case over: every combination of no axis, the first, …, the last."""
        if self.in_axes is not None:
            return self.in_axes
        choices = [[None, *range(x.ndim + 1)] if i in swept else [None] for i, x in enumerate(made)]
        if math.prod(map(len, choices)) > 16:
            choices = [c if len(c) < 3 else [None, 0, c[-1]] for c in choices]
        found = [c for c in itertools.product(*choices) if any(d is not None for d in c)]
        return found if len(found) <= 16 else found[:: len(found) // 16 + 1]

    def __repr__(self):
        return self.name


def collect():
    """Every row of every tests/ops_<family>.py."""
    files = sorted(Path(__file__).parent.glob("ops_*.py"))
    rows = [row for f in files for row in importlib.import_module(f.stem).OPS]
    names = [row.name for row in rows]
    repeated = {n for n in names if names.count(n) > 1}
    assert not repeated, f"rows with the same name: {sorted(repeated)}"
    return rows
