"""Tracing: run a Python function on stand-ins for its arguments and note each primitive it applies.

`stage(fun, avals)` gives the Program of `fun`. While it runs, `thread.context.trace` is a
`StageTrace`, every primitive lands in its `bind`, and the stand-ins are `StageTracer`s. Values of
an enclosing trace, and concrete arrays, become constants of the program. `interpret` is the way
back: it binds the equations of a program, one after another, in whatever trace is in force.

    >>> import hloom
    >>> print(hloom.make_program(lambda x: hloom.numpy.sin(x) * 2.0)(1.0))
    { lambda ; a:~f32[]. let b:~f32[] = sin a; c:~f32[] = mul b 2.0 in (c) }
"""

import numpy as np

from hloom.frontend import dtypes, leaks, pytree, source
from hloom.frontend.array import Array
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import collector_paused, thread, tracing
from hloom.frontend.errors import (
    ArgumentError,
    LeakedTracerError,
    TracedValueError,
    TracerArrayError,
    TracerBoolError,
    TracerIntegerError,
)
from hloom.frontend.ir import Eqn, Literal, Program, Var, check

PYTHON_SCALARS = frozenset((bool, int, float, complex))


class Tracer(Array):
    """A stand-in for an array while a function is traced; `trace` is the one that made it."""

    __slots__ = ("aval", "trace")
    aval: ShapedArray
    trace: "Trace"

    def concrete(self):
        """The concrete array behind this tracer, or None."""
        return

    def _demand(self, what, error, remedy):
        found = self.concrete()
        if found is None:
            raise error(what, f"the value is traced under {self.trace.what} ({self.aval})", remedy)
        return found

    def __bool__(self):
        remedy = "use hloom.numpy.where or hloom.lax.cond, or mark the argument static"
        return bool(self._demand("`if` needs a concrete bool", TracerBoolError, remedy))

    def __int__(self):
        return int(self._demand("int() needs a concrete value", TracerIntegerError, _STATIC))

    def __index__(self):
        what = "an index, a length or a shape needs a concrete integer"
        return self._demand(what, TracerIntegerError, _STATIC).__index__()

    def __float__(self):
        remedy = "use x.astype(float), or call outside the traced function"
        return float(self._demand("float() needs a concrete value", TracedValueError, remedy))

    def __complex__(self):
        remedy = "use x.astype(complex), or call outside the traced function"
        return complex(self._demand("complex() needs a concrete value", TracedValueError, remedy))

    def __array__(self, dtype=None, copy=None):
        remedy = "use hloom.numpy in place of numpy, or call outside the traced function"
        found = self._demand("numpy needs a concrete array", TracerArrayError, remedy)
        return np.asarray(found, dtype)

    def __hash__(self):
        raise TracedValueError(
            "a traced array cannot be hashed, so it cannot be a dict key or set element",
            f"the value is traced under {self.trace.what} ({self.aval})",
            "use its position or a static value as the key",
        )

    def item(self, *args):
        """The element as a Python scalar."""
        remedy = "keep the array, or call outside the traced function"
        return self._demand("item() needs a concrete value", TracedValueError, remedy).item(*args)

    def tolist(self):
        """The elements as nested Python lists."""
        remedy = "keep the array, or call outside the traced function"
        return self._demand("tolist() needs a concrete value", TracedValueError, remedy).tolist()

    def block_until_ready(self):
        """This tracer: there is nothing to wait for."""
        return self

    def __repr__(self):
        return f"{type(self).__name__}<{self.aval}>"


_STATIC = "mark the argument static with jit(f, static_argnums=...), or use hloom.lax control flow"


class Trace:
    """What is done with each primitive while a function runs."""

    __slots__ = ()
    what = "a transformation"
    done = False

    def bind(self, primitive, args, params):
        """Apply a primitive under this trace; the list of results."""
        raise NotImplementedError

    def runs_at_once(self, operands):
        """Whether an operation on a tree of operands is run, and not noted or transformed."""
        return False


class FoldTrace(Trace):
    """Runs operations on concrete values at once, and sends the others to the trace `parent`."""

    __slots__ = ("parent",)
    what = "ensure_compile_time_eval"

    def __init__(self, parent):
        self.parent = parent

    def bind(self, primitive, args, params):
        """Apply a primitive at once, if it can be, or under the parent."""
        with tracing(None if self.runs_at_once(args) else self.parent):
            return primitive.bind(*args, **params)

    def runs_at_once(self, operands):
        """Operations without traced operands are."""
        return all_concrete(operands)


def all_concrete(operands):
    """Whether nothing in a tree of operands is traced."""
    return not any([isinstance(x, Tracer) for x in pytree.leaves(operands)])


class StageTracer(Tracer):
    """The tracer of a StageTrace: it stands for one variable."""

    __slots__ = ("var",)

    def __init__(self, trace, var):
        self.trace = trace
        self.var = var
        self.aval = var.aval


class StageTrace(Trace):
    """Collects equations. `source`, when set, is the origin given to each (passes set it).

    `held`, when set, collects the refs from outside that are touched (see refs.py).
    """

    __slots__ = ("constants", "done", "eqns", "held", "settings", "source", "what")

    def __init__(self, what="jit"):
        self.eqns = []
        self.constants = {}
        self.source = self.held = None
        self.done = False
        self.what = what

    def input(self, aval):
        """A tracer for a new input."""
        return StageTracer(self, Var(aval))

    def bind(self, primitive, args, params):
        """Append one equation and return tracers of its results."""
        if primitive.stage is not None:
            return primitive.stage(self, args, params)
        return self.emit(primitive, args, params)

    def emit(self, primitive, args, params):
        """Append one equation, without the primitive's own way of staging."""
        atoms, avals = [], []
        for a in args:
            a = a.var if type(a) is StageTracer and a.trace is self else self.lift(a)
            atoms.append(a)
            avals.append(a.aval)
        key = (*avals, *params.items()) if params else tuple(avals)
        out_avals = primitive.types.get(key)
        if out_avals is None:
            out_avals = primitive.type(*avals, **params)
        snapshot = self.source or source.capture() or source.awake()
        if len(out_avals) == 1:
            var = Var(out_avals[0])
            self.eqns.append(Eqn(primitive, atoms, [var], params, snapshot))
            return [StageTracer(self, var)]
        outvars = [Var(aval) for aval in out_avals]
        self.eqns.append(Eqn(primitive, atoms, outvars, params, snapshot))
        return [StageTracer(self, v) for v in outvars]

    def lift(self, x):
        """The atom for a value that is not of this trace: a literal or a constant."""
        kind = type(x)
        if kind is Literal:
            return x
        if kind in PYTHON_SCALARS:
            return literal(x)
        if isinstance(x, np.ndarray | np.generic):
            if x.ndim == 0 and x.dtype.kind in "biufc":
                dtype, value = dtypes.canonicalize(x.dtype), x.item()
                if type(value) is int and not dtypes.holds(dtype, value):
                    raise dtypes.unfit("an operand", value, dtype)
                return literal(value, dtype)
        elif isinstance(x, Tracer) and x.trace.done:
            raise leaked(x)
        elif not isinstance(x, Array):
            return self.lift(convert(x))
        else:
            made_of = getattr(x, "literal", None)  # the Python number that the array was made of
            if made_of is not None:
                return made_of
        found = self.constants.get(id(x))
        if found is None:
            # the value is kept beside its variable, so its id stays its own
            found = self.constants[id(x)] = Var(aval_of(x)), x
        return found[0]

    def constant(self, x):
        """A tracer for a constant."""
        atom = self.lift(x)
        return StageTracer(self, atom) if type(atom) is Var else atom

    def program(self, inputs, results, name="main"):
        """The Program from input tracers to results; ends the trace."""
        atoms = [
            r.var if type(r) is StageTracer and r.trace is self else self.lift(r) for r in results
        ]
        self.done = True
        constvars = [v for v, _ in self.constants.values()]
        consts = [x for _, x in self.constants.values()]
        made = Program(constvars, [t.var for t in inputs], self.eqns, atoms, consts, name)
        if thread.context.settings.check:
            check(made)
        return made


def leaked(tracer):
    """The error for a tracer used after its trace has ended."""
    return LeakedTracerError(
        f"a traced value ({tracer.aval}) was used after its function had been traced",
        f"it was made under {tracer.trace.what} and has leaked out, "
        "through a global or an attribute",
        "return it from the function instead",
    )


def stage(fun, avals, name="main", what="jit", held=None):
    """Trace `fun`, which takes tracers of `avals` and returns a list of arrays, to a Program.

    Refs from outside can be touched only if there is a refs.Capture, `held`, that collects them.
    """
    trace = StageTrace(what)
    trace.held = held
    inputs = [trace.input(a) for a in avals]
    try:
        with tracing(trace), collector_paused():
            results = fun(*inputs)
            if held is not None and held.entries:
                results = [*results, *held.close(inputs)]
            made = trace.program(inputs, results, name)
    finally:
        trace.done = True
        if type(thread.context.trace) is not StageTrace:
            source.rest()
    if thread.context.watches.check_tracer_leaks:
        inputs.clear()
        del results
        leaks.check(trace, Tracer, fun)
    return made


def interpret(program, args, consts=None):
    """Bind the equations of a program, in the trace in force, on `args`; the list of results."""
    env = dict(zip(program.constvars, program.consts if consts is None else consts, strict=True))
    env.update(zip(program.invars, args, strict=True))
    collecting = _collecting(thread.context.trace)
    before = [t.source for t in collecting]
    try:
        for eqn in program.eqns:
            for t in collecting:
                t.source = eqn.source
            operands = [env[a] if type(a) is Var else a for a in eqn.invars]
            for var, value in zip(
                eqn.outvars, eqn.primitive.bind(*operands, **eqn.params), strict=True
            ):
                env[var] = value
    finally:
        for t, source_before in zip(collecting, before):
            t.source = source_before
    return [env[a] if type(a) is Var else a for a in program.outvars]


def is_staged():
    """Whether operations are noted in a program, not run at once."""
    trace = thread.context.trace
    while trace is not None and type(trace) is not StageTrace:
        trace = getattr(trace, "parent", None)
    return trace is not None


def _collecting(trace):
    """The traces that collect equations among those that `trace` hands primitives on to."""
    found: list[StageTrace] = []
    while trace is not None:
        if isinstance(trace, StageTrace):
            return [*found, trace]
        if hasattr(trace, "tangent"):
            found.append(trace.tangent)
        trace = getattr(trace, "parent", None)
    return found


def literal(value, dtype=None):
    """The Literal of a Python scalar: weakly typed, or of the given dtype."""
    if dtype is None:
        return Literal(value, scalar_aval(type(value)))
    return Literal(value, ShapedArray((), dtype))


def scalar_aval(kind):
    """The aval of a Python scalar type under the settings in force."""
    return ShapedArray((), *dtypes.python_scalar_dtype(kind))


def aval_of(x):
    """The aval of any value that an operation takes."""
    if isinstance(x, Array | Literal):
        return x.aval
    if type(x) in PYTHON_SCALARS:
        return scalar_aval(type(x))
    if isinstance(x, np.ndarray | np.generic):
        return ShapedArray(x.shape, dtypes.canonicalize(x.dtype))
    return convert(x).aval


def is_value(x):
    """Whether `x` is something that an operation takes without conversion."""
    return isinstance(x, Array | Literal | np.ndarray | np.generic) or type(x) in PYTHON_SCALARS


def convert(x):
    """An array from an object with `__hloom_array__` or `__array__`, or a subclass of a scalar."""
    if hasattr(x, "__hloom_array__"):
        return x.__hloom_array__()
    kinds: tuple[type, ...] = (bool, int, float, complex)
    for kind in kinds:
        if isinstance(x, kind):
            return literal(kind(x))
    if hasattr(x, "__array__"):
        made = np.asarray(x)
        dtypes.dtype(made.dtype)
        return made
    raise ArgumentError(
        "an operation needs arrays or numbers",
        f"one of its arguments is {brief(x)} of type {type(x).__name__}",
        "pass an array, a number or a NumPy array",
    )


def brief(x):
    """The text of a value, shortened."""
    text = repr(x)
    return text if len(text) < 60 else text[:57] + "..."


def concrete_or_none(x):
    """The concrete value of `x` (itself, or what an eager tracer holds), or None when traced."""
    return x.concrete() if isinstance(x, Tracer) else x
