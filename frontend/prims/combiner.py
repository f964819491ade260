"""Combiners: the functions of two scalars that reductions, windows and scans apply again and again.

A combiner is a Program from pairs of scalars to scalars. Those that are one of the library's own
operations are known by name, so that they get that operation's derivative and lowering; each of
these has an identity, the value that changes nothing.
"""

import functools

import numpy as np

from hloom.frontend import dtypes, pytree
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.ir import Eqn, Literal, Program, Var
from hloom.frontend.prims import elementwise as e
from hloom.frontend.trace import Tracer, aval_of, stage


# ---------------------------------------------------------------- identities
def lowest(dtype):
    """The value below which no element of `dtype` lies: the identity of max."""
    if dtypes.is_bool(dtype):
        return False
    if dtypes.is_complex(dtype):
        return complex(-np.inf, -np.inf)
    if dtypes.is_float(dtype):
        return -np.inf if _has_infinity(dtype) else float(dtypes.finfo(dtype).min)
    return int(dtypes.iinfo(dtype).min)


def highest(dtype):
    """The value above which no element of `dtype` lies: the identity of min."""
    if dtypes.is_bool(dtype):
        return True
    if dtypes.is_complex(dtype):
        return complex(np.inf, np.inf)
    if dtypes.is_float(dtype):
        return np.inf if _has_infinity(dtype) else float(dtypes.finfo(dtype).max)
    return int(dtypes.iinfo(dtype).max)


@functools.lru_cache(64)
def _has_infinity(dtype):
    return bool(np.isinf(np.array(np.inf, np.float32).astype(dtype).astype(np.float32)))


def _all_ones(dtype):
    return True if dtypes.is_bool(dtype) else -1 if dtypes.is_signed(dtype) else highest(dtype)


def _nothing(dtype):
    return False if dtypes.is_bool(dtype) else 0


def _one(dtype):
    return True if dtypes.is_bool(dtype) else 1


#: operation -> its identity in a dtype
IDENTITIES = {
    e.add: _nothing,
    e.mul: _one,
    e.max: lowest,
    e.min: highest,
    e.bitwise_and: _all_ones,
    e.bitwise_or: _nothing,
    e.bitwise_xor: _nothing,
}


def is_identity(operation, value):
    """Whether a known scalar `value` is the identity of `operation`; False for a traced one."""
    if isinstance(value, Literal):
        found = value.value
    elif isinstance(value, Tracer):
        return False
    else:
        found = np.asarray(value).item()
    dtype = aval_of(value).dtype
    expected = IDENTITIES[operation](dtype)
    return bool(found == (expected if dtypes.is_bool(dtype) else np.array(expected, dtype).item()))


# ---------------------------------------------------------------- programs
def split(name, operands, init_values):
    """Flat operands, initial values of their dtypes, and the structure they share."""
    flat, structure = pytree.flatten(operands)
    inits, init_structure = pytree.flatten(init_values)
    if structure != init_structure:
        found = f"they are {structure} and {init_structure}"
        remedy = "give each operand one initial value, in the same containers"
        raise ArgumentError(
            f"{name}: operands and initial values differ in structure", found, remedy
        )
    flat = [as_operand(x) for x in flat]
    typed = []
    for x, init in zip(flat, inits, strict=True):
        init, dtype = as_operand(init), aval_of(x).dtype
        aval = aval_of(init)
        if aval.shape:
            raise ShapeError(
                f"{name}: an initial value is a scalar", f"it is {aval}", "pass one number"
            )
        if aval.dtype != dtype:
            if not aval.weak_type:
                found = f"the operand is {aval_of(x)}, its initial value is {aval}"
                raise DTypeError(f"{name}: dtypes differ", found, "convert one with x.astype(...)")
            init = e.convert_element_type(init, dtype) if not isinstance(init, Literal) else init
        if isinstance(init, Literal):
            init = Literal(np.array(init.value, dtype).item(), ShapedArray((), dtype))
        typed.append(init)
    return flat, typed, structure


def combiner(name, computation, structure, scalars):
    """The Program of `computation(x, y)` on trees of scalars; kept, so equal calls share it."""
    return _combiner(name, computation, structure, tuple(scalars), thread.context.settings)


@functools.lru_cache(512)
def _combiner(name, computation, structure, scalars, _settings):
    n = len(scalars)

    def flat(*xs):
        result = computation(structure.unflatten(xs[:n]), structure.unflatten(xs[n:]))
        return [as_operand(y) for y in pytree.leaves(result)]

    program = _without_constants(
        name, stage(flat, scalars * 2, getattr(computation, "__name__", name))
    )
    found = [(a.shape, a.dtype) for a in program.out_avals]
    if found != [(a.shape, a.dtype) for a in scalars]:
        raise DTypeError(
            f"{name}: the computation must give what it takes",
            f"it takes {_listed(scalars)} and gives {_listed(program.out_avals)}",
            "return scalars of the operands' dtypes, one for each operand",
        )
    return program


def _listed(avals):
    return ", ".join(map(str, avals))


def _without_constants(name, program):
    """The program with the concrete scalars that it closes over made literals."""
    if not program.constvars:
        return program
    known = {}
    for var, x in zip(program.constvars, program.consts, strict=True):
        if isinstance(x, Tracer) or var.aval.shape:
            what = (
                "a traced value" if isinstance(x, Tracer) else f"an array of shape {var.aval.shape}"
            )
            remedy = "make it part of the operands, or a number"
            raise ArgumentError(
                f"{name}: the computation closes over {what}", f"it is {x!r}", remedy
            )
        known[var] = Literal(np.asarray(x).item(), var.aval)

    def replaced(atoms):
        return [known.get(a, a) if type(a) is Var else a for a in atoms]

    eqns = [
        Eqn(q.primitive, replaced(q.invars), q.outvars, q.params, q.source) for q in program.eqns
    ]
    return Program((), program.invars, eqns, replaced(program.outvars), name=program.name)


def known_operation(computation, scalars, structure, name):
    """The operation of IDENTITIES that `computation` is, or None.

    The operation itself is known at once; any other function is traced, and known if it comes to
    one equation.
    """
    if len(scalars) != 1:
        return None
    if computation in IDENTITIES:
        return computation
    program = combiner(name, computation, structure, scalars)
    if len(program.eqns) != 1 or program.eqns[0].outvars != program.outvars:
        return None
    eqn = program.eqns[0]
    takes_both = set(eqn.invars) == set(program.invars)
    return eqn.primitive if takes_both and eqn.primitive in IDENTITIES else None


def is_array(x):
    """Whether `x` is one array, not a tree of them."""
    return isinstance(x, Array | np.ndarray | np.generic)
