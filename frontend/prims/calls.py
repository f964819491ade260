"""Call-like primitives: they hold programs, or Python functions before these are traced.

`jit` calls a Program. `custom_jvp_call` and `custom_vjp_call` carry, beside the function, the
user's derivative rule as a Python function; on concrete values they call the function itself, so
that it may use Python control flow, and a staging trace turns it into a Program. `checkpoint` marks
a Program whose residuals are computed again on the backward pass.
"""

from hloom.frontend import dtypes, pytree
from hloom.frontend.capture import Capture, values_of
from hloom.frontend.errors import RefError
from hloom.frontend.ir import Program, Var
from hloom.frontend.primitive import Calling, Primitive, primitive
from hloom.frontend.trace import StageTracer, Tracer, aval_of, interpret, stage


def _program_type(*avals, program, **_):
    return program.out_avals


jit = Calling("jit", _program_type, doc="Call a Program, compiled as one function.")
checkpoint = Calling(
    "checkpoint", _program_type, doc="Call a Program whose residuals are recomputed."
)


def call(program, *args):
    """The results of a program on operands, inlined into the trace in force."""
    return program(*args) if not isinstance(program, Program) else interpret(program, args)


def staged_call(trace, prim, args, params, fun):
    """Stage a call of a Python function: its Program, closed, goes into the equation."""
    held = Capture()
    program = stage(fun, [aval_of(a) for a in args], prim.name, trace.what, held)
    if held.written:
        raise RefError(
            "a function with a derivative or a batching rule of its own writes no outer refs",
            f"it writes {held.written[0].aval}, which was made outside",
            "write it in the rule, or outside of the function",
        )
    closed = held.closed(program)
    consts = [*program.consts, *values_of(held.read)]
    extra = {"num_consts": len(consts) + params.pop("num_consts", 0)}
    return trace.emit(prim, [*consts, *args], {**params, "program": closed, **extra})


def _stage_custom(prim):
    def run(trace, args, params):
        fun = params["program"]
        if isinstance(fun, Program):
            return trace.emit(prim, args, params)
        return staged_call(trace, prim, args, dict(params), fun)

    return run


def _eager_custom(args, params):
    return call(params["program"], *args)


composite = Calling(
    "composite", _program_type, doc="Call a Program under a name that compilers may know."
)


class Custom(Calling):
    """A function with a derivative rule of its own.

    Parameters: `program`, a Program or, before staging, a Python function on flat operands; `rule`,
    an object that makes the derivative (transforms/custom.py); `num_consts`, how many leading
    operands the program closed over.
    """

    def __init__(self, name, doc):
        super().__init__(name, _program_type, doc=doc)
        self.stage = _stage_custom(self)
        self.eager = _eager_custom


custom_jvp_call = Custom("custom_jvp_call", "Call a function that has its own forward derivative.")
custom_vjp_call = Custom("custom_vjp_call", "Call a function that has its own reverse derivative.")


custom_vmap_call = Custom("custom_vmap_call", "Call a function that has its own batching rule.")


def _linear_type(*avals, map):
    return map.out_avals


linear_call = Calling(
    "linear_call", _linear_type, doc="Apply a linear map that knows how to transpose itself."
)
linear_call.eager = lambda args, params: params["map"].forward(*args)


def _sink_type(*_, keep):
    return ()


dce_sink = Primitive(
    "dce_sink", _sink_type, doc="Use the operands for nothing, so that they are computed.",
    effects=("sink",),
)  # fmt: skip


def _name_type(x, *, name):
    return x


name = Primitive("name", _name_type, doc="The operand, under a name that checkpoint policies know.")
name.family = "elementwise"
_name = name


def checkpoint_name(x, name):
    """`x`, under a name that checkpoint policies know."""
    return _name.bind(x, name=name)[0]


def _identity_type(*avals):
    return avals


@primitive(_identity_type)
def optimization_barrier(operand, /):
    """The arrays of a tree, unchanged; the compiler moves no computation across.

    >>> import hloom
    >>> hloom.lax.optimization_barrier({"x": 1.0})
    {'x': Array(1., dtype=float32, weak_type=True)}
    """
    leaves, tree = pytree.flatten(operand)
    return tree.unflatten(optimization_barrier.bind(*leaves)) if leaves else operand


def residual_sources(residuals, inputs, results):
    """Where each residual of a staged program is found: ("in", i), ("out", j), or ("new", k).

    A residual that is an input or a result of the program need not be returned a second time. The
    third value is the list of new results.
    """
    ins = {t.var: i for i, t in enumerate(inputs)}
    outs = {t.var: j for j, t in enumerate(results) if type(t) is StageTracer}
    sources: list[tuple] = []
    new: list = []
    for r in residuals:
        var = r.var if type(r) is StageTracer else None
        if type(var) is Var and var in ins:
            sources.append(("in", ins[var]))
        elif type(var) is Var and var in outs:
            sources.append(("out", outs[var]))
        else:
            sources.append(("new", len(new)))
            new.append(r)
    return sources, new


def _same_type(x):
    return x


stop = Primitive("stop_gradient", _same_type, doc="The operand, without its derivatives.")
stop.family = "elementwise"


def stop_gradient(x):
    """The arrays of a tree, taken as constants by every derivative.

    >>> import hloom
    >>> float(hloom.grad(lambda x: x * hloom.lax.stop_gradient(x))(3.0))
    3.0
    """
    traced = lambda leaf: isinstance(leaf, Tracer) and dtypes.is_inexact(leaf.dtype)
    return pytree.map(lambda leaf: stop.bind(leaf)[0] if traced(leaf) else leaf, x)
