"""Rules of the calls with custom derivatives."""

from hloom.frontend.errors import ArgumentError
from hloom.frontend.ir import Program
from hloom.frontend.prims import calls
from hloom.frontend.prims.calls import (
    call,
    custom_jvp_call,
    custom_vjp_call,
    custom_vmap_call,
    jit,
    linear_call,
    optimization_barrier,
)
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, linearize, transpose
from hloom.transforms.batch import to_front
from hloom.transforms.custom import BatchedJvpRule, BatchedVjpRule, LinearMap
from hloom.transforms.programs import batch_program
from hloom.transforms.transpose import is_linear
from hloom.transforms.zeros import as_array, instantiate, tangent_aval


def _no_closure(rule, tangents, num_consts):
    if any(t is not None for t in tangents[:num_consts]):
        raise ArgumentError(
            f"{rule.name}: closes over a value that is being differentiated",
            "its custom derivative says nothing about that value",
            "pass the value as an argument of the function",
        )


@jvp.rule(custom_jvp_call)
def _custom_jvp(primals, tangents, *, program, rule, num_consts):
    _no_closure(rule, tangents, num_consts)
    return rule(primals[num_consts:], tangents[num_consts:])


@transpose.rule(custom_jvp_call)
@transpose.rule(custom_vmap_call)
def _transpose(cts, *operands, program, rule, num_consts):
    # called on tangents, by the derivative of another function, so it is linear in them
    return transpose.rules[jit](cts, *operands, program=program)


@batch.rule(custom_jvp_call)
def _custom_jvp_batch(axis, operands, dims, *, program, rule, num_consts):
    batched = BatchedJvpRule(rule, axis, tuple(dims[num_consts:]))
    return _batched_call(custom_jvp_call, axis, operands, dims, program, batched, num_consts)


@batch.rule(custom_vjp_call)
def _custom_vjp_batch(axis, operands, dims, *, program, rule, num_consts):
    batched = BatchedVjpRule(rule, axis, tuple(dims[num_consts:]))
    return _batched_call(custom_vjp_call, axis, operands, dims, program, batched, num_consts)


def _batched_call(primitive, axis, operands, dims, program, rule, num_consts):
    if isinstance(program, Program):
        found = batch_program(program, axis, dims, (True,) * len(program.outvars))
        run = found.program
        rule.settle(found.dims)
    else:

        def run(*values):
            outs, found = batch.batch(lambda *xs: call(program, *xs), axis, values, dims)
            rule.settle(found)
            return rule.front(outs, found)

    outs = primitive.bind(*operands, program=run, rule=rule, num_consts=num_consts)
    return outs, rule.out_dims(len(outs))


def _linear_map(primals, tangents, rule, num_consts):
    """The results, and the residuals with the LinearMap of their tangents."""
    _no_closure(rule, tangents, num_consts)
    active = [t is not None for t in tangents[num_consts:]]
    outs, residuals, token = rule.fwd(primals[num_consts:], active)
    avals = [tangent_aval(aval_of(p)) for p, a in zip(primals[num_consts:], active) if a]
    out_avals = tuple([tangent_aval(aval_of(y)) for y in outs])
    return outs, residuals, LinearMap(rule, token, active, len(residuals), avals, out_avals)


@linearize.rule(custom_vjp_call)
def _custom_vjp_linearize(primals, tangents, *, program, rule, num_consts):
    outs, residuals, linear = _linear_map(primals, tangents, rule, num_consts)
    given = [t for t in tangents if t is not None]
    found = linear_call.bind(*residuals, *given, map=linear)
    return outs, _without_float0(found, linear.out_avals)


@jvp.rule(custom_vjp_call)
def _custom_vjp_jvp(primals, tangents, *, program, rule, num_consts):
    outs, residuals, linear = _linear_map(primals, tangents, rule, num_consts)
    found = linear.forward(*residuals, *[t for t in tangents if t is not None])
    return outs, _without_float0(found, linear.out_avals)


def _without_float0(tangents, avals):
    return [None if a.dtype.itemsize == 0 else t for t, a in zip(tangents, avals)]


# ---------------------------------------------------------------- linear maps
@jvp.rule(linear_call)
def _linear_jvp(primals, tangents, *, map):
    n = map.num_residuals
    if all([t is None for t in tangents[:n]]):  # the map is its own derivative
        outs = linear_call.bind(*primals, map=map)
        given = [instantiate(t, p) for t, p in zip(tangents[n:], primals[n:])]
        return outs, linear_call.bind(*primals[:n], *given, map=map)
    outs, found = jvp.jvp(map.forward, primals, tangents)
    return outs, [instantiate(t, y) for t, y in zip(found, outs)]


@transpose.rule(linear_call)
def _linear_transpose(cts, *operands, map):
    n = map.num_residuals
    known, given = [as_array(x) for x in operands[:n]], [as_array(c) for c in cts]
    found = iter(map.transposed(known, given))
    return [None] * n + [next(found) for _ in operands[n:]]


@batch.rule(linear_call)
def _linear_batch(axis, operands, dims, *, map):
    batched = _BatchedMap(map, axis, dims)
    outs = linear_call.bind(*operands, map=batched)
    return outs, [0] * len(outs)


class _BatchedMap:
    """A LinearMap applied to a batch of residuals and tangents."""

    def __init__(self, inner, axis, dims):
        self.inner, self.axis, self.dims = inner, axis, dims
        self.num_residuals = inner.num_residuals
        self.out_avals = tuple([a.update(shape=(axis.size, *a.shape)) for a in inner.out_avals])

    def forward(self, *operands):
        """Tangents of the results, with the batch in front."""
        outs, found = batch.batch(self.inner.forward, self.axis, operands, self.dims)
        return [to_front(y, d, self.axis.size) for y, d in zip(outs, found)]

    def transposed(self, residuals, cotangents):
        """Cotangents of the tangents' inputs, with a batch dimension where the input has one."""
        n = self.num_residuals

        def run(*values):
            return self.inner.transposed(values[:n], values[n:])

        dims = [*self.dims[:n], *[0] * len(cotangents)]
        outs, found = batch.batch_some(run, self.axis, [*residuals, *cotangents], dims)
        found = zip(outs, found, self.dims[n:])
        return [batch.unmapped(c, d, dim, self.axis.size) for c, d, dim in found]


# ---------------------------------------------------------------- identities
@jvp.rule(optimization_barrier)
def _barrier_jvp(primals, tangents):
    outs = optimization_barrier.bind(*primals)
    given = [t for t in tangents if t is not None]
    found = iter(optimization_barrier.bind(*given) if given else ())
    return outs, [None if t is None else next(found) for t in tangents]


@transpose.rule(optimization_barrier)
def _barrier_back(cts, *operands):
    given = [c for c in cts if c is not None]
    found = iter(optimization_barrier.bind(*given))
    return [None if c is None or not is_linear(x) else next(found) for c, x in zip(cts, operands)]


@batch.rule(optimization_barrier)
def _barrier_batch(axis, operands, dims):
    return optimization_barrier.bind(*operands), dims


@jvp.rule(calls.name)
def _name_jvp(primals, tangents, *, name):
    return calls.name.bind(*primals, name=name), list(tangents)


jvp.none(calls.stop, "its operand counts as a constant")

for _primitive in (calls.custom_vjp_call, calls.checkpoint):
    transpose.none(_primitive, "its derivative is another operation")
transpose.none(calls.name, "tangents have no name")
