"""Programs on typed keys to programs on the words in memory, just before lowering.

An array of keys is an array of words with one more axis, the last. What moves keys about (reshape,
concatenate, select, gather, ...) does the same to the words, for each place of that axis: it is the
operation batched over it, so the batching rules say how. Wrapping and unwrapping disappear.

    { lambda ; a:u32[3,2]. b:key<fry>[3] = random_wrap a; c:key<fry>[1] = slice b in (c) }
 -> { lambda ; a:u32[3,2]. c:u32[1,2] = slice a in (c) }
"""

from hloom.frontend import context as contexts
from hloom.frontend.dtypes import uint32
from hloom.frontend.errors import DTypeError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Literal, Program, Var, memoised, sub_programs
from hloom.frontend.keys import in_memory, is_key
from hloom.frontend.prims.elementwise import eq, ne
from hloom.frontend.prims.random import random_unwrap, random_wrap
from hloom.frontend.prims.reduction import reduce_and, reduce_or
from hloom.frontend.prims.structural import broadcast_in_dim
from hloom.frontend.trace import StageTrace, aval_of
from hloom.transforms import batch
from hloom.transforms.batch import AxisData, move, spread

#: what may be done to keys, beside calls and control flow: moving them about
_MOVES = frozenset(
    (
        "broadcast_in_dim", "reshape", "transpose", "slice", "concatenate", "rev", "select_n",
        "gather", "scatter", "dynamic_slice", "dynamic_update_slice",
        "all_gather", "all_to_all", "ppermute",
    )
)  # fmt: skip
#: operations that take a list of arrays and give each back
_EACH = frozenset(("optimization_barrier", "device_put", "copy"))


@memoised
def has_keys(program):
    """Whether a typed key occurs in a program."""
    avals = {v.aval for e in program.eqns for v in e.outvars}
    avals.update(v.aval for v in program.constvars + program.invars)
    return any(map(is_key, avals)) or any(
        has_keys(nested) for e in program.eqns for nested in sub_programs(e)
    )


def physical(program):
    """The program on words; itself if there are no typed keys in it."""
    return _physical(program) if has_keys(program) else program


@memoised
def _physical(program):
    trace = StageTrace("physical")
    given = program.constvars + program.invars
    inputs = [trace.input(in_memory(v.aval)) for v in given]
    env = dict(zip(given, inputs, strict=True))
    with contexts.tracing(trace):
        for eqn in program.eqns:
            trace.source = eqn.source
            operands = [env[a] if type(a) is Var else _stored(a) for a in eqn.invars]
            env.update(zip(eqn.outvars, _rewrite(trace, eqn, operands), strict=True))
        results = [env[a] if type(a) is Var else _stored(a) for a in program.outvars]
    made = trace.program(inputs, results)
    n = len(program.constvars)
    return Program(
        made.constvars + made.invars[:n],
        made.invars[n:],
        made.eqns,
        made.outvars,
        made.consts + program.consts,
        program.name,
    )


def _stored(literal):
    """A literal in memory: the number of a key is that of each of its words."""
    if not is_key(literal.aval):
        return literal
    return broadcast_in_dim(_word(literal), in_memory(literal.aval).shape, ())


def _word(value):
    if type(value) is Literal and is_key(value.aval):
        return typed_literal(value.value, uint32)
    return value


def _rewrite(trace, eqn, operands):
    """The results of an equation on values in memory."""
    primitive, params = eqn.primitive, eqn.params
    if sub_programs(eqn):
        params = {name: _nested(value) for name, value in params.items()}
        return trace.emit(primitive, operands, params)
    keyed = [is_key(a.aval) for a in eqn.invars]
    if not any(keyed) and not any([is_key(v.aval) for v in eqn.outvars]):
        return trace.emit(primitive, operands, params)
    if primitive in (random_wrap, random_unwrap):
        return operands
    if primitive.name in _EACH:
        return trace.emit(primitive, operands, params)
    if primitive.name not in _MOVES and primitive not in (eq, ne):
        raise DTypeError(
            f"{primitive.name}: does not take PRNG keys",
            f"the operands are {', '.join(str(a.aval) for a in eqn.invars)}",
            "keys are for hloom.random; hloom.random.key_data gives their words",
            eqn.source,
        )
    return _batched(eqn, operands, keyed)


def _nested(value):
    if type(value) is Program:
        return physical(value)
    if type(value) is tuple:
        return tuple([_nested(v) for v in value])
    return value


def _batched(eqn, operands, keyed):
    primitive = eqn.primitive
    words = next(a.aval.dtype.words for a, k in zip(eqn.invars, keyed, strict=True) if k)
    dims = [aval_of(x).ndim - 1 if k else None for x, k in zip(operands, keyed, strict=True)]
    axis = AxisData(None, words)
    params = {name: _word(value) for name, value in eqn.params.items()}
    rule = batch.rules.get(primitive)
    if rule is None:
        outs, dims = batch.families[primitive.family](axis, primitive, operands, dims, params)
    else:
        outs, dims = rule(axis, operands, dims, **params)
    if primitive is eq or primitive is ne:
        return [(reduce_and if primitive is eq else reduce_or)(outs[0], dims)]
    return [
        spread(y, words, v.aval.ndim) if d is None else move(y, d, v.aval.ndim)
        for y, d, v in zip(outs, dims, eqn.outvars, strict=True)
    ]
