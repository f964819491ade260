"""`jit`: compile a Python function at its first call for each signature, and run it from then on.

A call whose positional arguments are all arrays is found by their avals alone; any other is
flattened, and found by the tree, the avals and the static arguments. Under a trace, a jitted
function becomes one `jit` equation whose Program is kept with the function.
"""

import functools
import inspect
import weakref

from hloom.frontend import pytree
from hloom.frontend.array import Array
from hloom.frontend.capture import Capture, Lending, own_values_of, values_of, write_back
from hloom.frontend.context import thread
from hloom.frontend.errors import ArgumentError, RefError
from hloom.frontend.flat import Flat, flatten_args, flatten_result, name_of
from hloom.frontend.ir import Program
from hloom.frontend.prims import calls
from hloom.frontend.refs import Cells, places_of
from hloom.frontend.trace import Tracer, aval_of, is_staged, stage
from hloom.frontend.tracebacks import hide_frames
from hloom.runtime import guards, marks, nans, room
from hloom.runtime.array import DeviceArray, as_array, wrap_all
from hloom.runtime.compile import compiled, prepared
from hloom.runtime.dispatch import after, entry, launch
from hloom.runtime.execution import explain
from hloom.runtime.stages import Traced, sorted_options

_ENTRIES = 4096


#: every jitted function that is alive, for `clear`
_jitted: weakref.WeakSet = weakref.WeakSet()


class Staged:
    """A traced signature: the Program, and how results become a tree.

    `held` is the Capture of the refs that it closes over, `lent` tells about those it is passed.
    """

    __slots__ = ("held", "in_tree", "lent", "out_tree", "program")

    def __init__(self, program, in_tree, out_tree, held, lent):
        self.program = program
        self.in_tree = in_tree
        self.out_tree = out_tree
        self.held = held
        self.lent = lent


class Jitted:
    """What stands behind a jitted function: its options, its programs and its executables."""

    def __init__(self, fun, static, donated, keep_unused, inline, compiler_options):
        self.fun = fun
        self.name = name_of(fun)
        self.keep_unused, self.inline = keep_unused, inline
        self.compiler_options = sorted_options(self.name, compiler_options)
        parameters = marks.Parameters(fun)
        static = parameters.marks("static", *static)
        donated = parameters.marks("donate", *donated)
        marks.disjoint(self.name, static, donated)
        (self.static_nums, self.static_names), self.positions = static, len(parameters.positional)
        self.donate_nums, self.donate_names = donated
        self.plain = not (self.static_nums or self.static_names)
        #: key -> entry (runtime/dispatch.py); the key is settings and avals if all are arrays
        self.entries: dict = {}
        self.staged: dict = {}
        _jitted.add(self)

    def function(self):
        """The function that people call; its attributes are the stages."""
        entries, call_anyhow = self.entries, self.call
        flatten, plain, arrays = pytree.flatten, self.plain, True

        def call(*args, **kwargs):
            nonlocal arrays  # whether the calls so far were of arrays alone
            context = thread.context
            if plain and context.trace is None:
                try:
                    if not arrays or kwargs:
                        leaves, tree = flatten((args, kwargs))
                        buffers: tuple | list = [x._raw for x in leaves]
                        key = (context.settings, tree, *[x.aval for x in leaves])
                    elif len(args) == 2:
                        x, y = args
                        key = context.settings, x.aval, y.aval
                        buffers = x._raw, y._raw
                    elif len(args) == 1:
                        (x,) = args
                        key = context.settings, x.aval
                        buffers = (x._raw,)
                    else:
                        key = (context.settings, *[x.aval for x in args])
                        buffers = [x._raw for x in args]
                    execute, handlers, avals, structure = entries[key]
                except AttributeError:
                    arrays = False
                except (KeyError, ValueError):
                    pass  # a signature that is new, or a tree that has no order
                else:
                    try:
                        results = execute(buffers).consume_with_handlers(handlers)
                    except RuntimeError as e:
                        raise explain(e, buffers) from None
                    if structure is None:
                        made = DeviceArray()
                        made._raw, made.aval = results[0], avals
                        return made
                    return structure.unflatten(wrap_all(results, avals))
            try:
                return call_anyhow(args, kwargs)
            except Exception as error:
                hide_frames(error)
                raise

        functools.update_wrapper(call, self.fun)
        vars(call)["jitted"] = self
        for stage_name in ("trace", "lower", "eval_shape", "clear_cache"):
            setattr(call, stage_name, getattr(self, stage_name))
        return call

    # ------------------------------------------------------------ signatures
    def call(self, args, kwargs):
        """Call the function with arguments of any kind."""
        context = thread.context
        if context.settings.disable_jit:
            return self.fun(*args, **kwargs)
        fun, key, leaves, tree = self._signature(args, kwargs)
        if context.trace is not None:
            return self._stage_call(fun, key, leaves, tree)
        try:
            buffers = [x._raw for x in leaves]
        except AttributeError:
            places = places_of(self.name, leaves)
            if places:
                return self._lend(fun, key, leaves, tree, places)
            leaves = list(map(as_array, leaves))
            buffers = [x._raw for x in leaves]
        avals = [x.aval for x in leaves]
        full = (context.settings, *key, *avals)
        found = self.entries.get(full)
        if found is None:
            found = self._compile(fun, key, avals, tree)
            if len(self.entries) > _ENTRIES:
                self.entries.clear()
            self.entries[full] = found
            if self.plain and not kwargs and all([type(a) is DeviceArray for a in args]):
                self.entries[(context.settings, *avals)] = found
        return launch(found, buffers)

    def _lend(self, fun, key, leaves, tree, places):
        """Call the function with refs among its arguments."""
        arrays = [x.take() if i in places else as_array(x) for i, x in enumerate(leaves)]
        avals = [x.aval for x in arrays]
        full = (thread.context.settings, *key, *avals, *places)
        found = self.entries.get(full)
        if found is None:
            found = self.entries[full] = self._compile(fun, key, avals, tree, places)
        writing = found[3]
        for r in writing.closed_over:
            if r in leaves:
                raise RefError(
                    f"{self.name}: a ref is either passed to a function or closed over",
                    f"{r.aval} is both",
                    "use the argument only, or pass another ref",
                )
        written = [leaves[i] for i in writing.lent]
        for i, x in zip(writing.lent, own_values_of(written)):
            arrays[i] = x
        result, values = launch(found, [x._raw for x in arrays])
        write_back(written, values, shared=False)
        return result

    def _signature(self, args, kwargs):
        """The function of dynamic arguments alone, the static key, the dynamic leaves and tree."""
        if self.plain:
            try:
                leaves, tree = pytree.flatten((args, kwargs))
            except ValueError:
                leaves, tree = flatten_args(self.fun, args, kwargs, lend=True)
            for x in leaves:
                if type(x) is not DeviceArray and not isinstance(x, Tracer):
                    leaves, tree = flatten_args(self.fun, args, kwargs, lend=True)
                    break
            return self.fun, (tree,), leaves, tree
        statics, dynamic, names = [], [], {}
        n = len(args)
        positions = {i % n if i < 0 else i for i in self.static_nums if -n <= i < n}
        for i, a in enumerate(args):
            if i in positions:
                statics.append((i, _hashable(self.name, a, f"argument {i}")))
            else:
                dynamic.append(a)
        for k, v in kwargs.items():
            if k in self.static_names:
                statics.append((k, _hashable(self.name, v, f"argument {k!r}")))
            else:
                names[k] = v
        fun = _with_statics(self.fun, statics, n)
        leaves, tree = flatten_args(self.fun, tuple(dynamic), names, lend=True)
        key = tree, tuple([(i, type(v), v) for i, v in statics]), n
        return fun, key, leaves, tree

    def stage(self, fun, key, avals, tree, places=()):
        """The Staged form of a signature; kept unless it closes over the trace around."""
        context = thread.context
        full = (context.settings, tuple(context.axes.items()), *key, *avals, *places)
        found = self.staged.get(full)
        if found is None:
            guards.tracing(self.name, full, self.staged)
            flat, held = Flat(fun, tree), Capture()
            lent = Lending(flat, places) if places else None
            program = stage(lent or flat, avals, self.name, held=held)
            found = Staged(prepared(program), tree, flat.out_tree, held, lent)
            if held.lasting and not any([isinstance(c, Tracer) for c in program.consts]):
                if len(self.staged) > _ENTRIES:
                    self.staged.clear()
                self.staged[full] = found
        return found

    def _stage_call(self, fun, key, leaves, tree):
        if self.compiler_options and is_staged():
            raise ArgumentError(
                f"{self.name}: compiler_options are those of the outermost jitted function",
                "it is called while another is traced, and they are compiled as one",
                "give them to the outer one",
            )
        places = places_of(self.name, leaves)
        if not self.inline and not places:
            found = self.stage(fun, key, [aval_of(x) for x in leaves], tree)
        if self.inline or places or found.held.refs:  # what touches refs is not called, but inlined
            args, kwargs = tree.unflatten([_as_whole(x) for x in leaves])
            results, out_tree = flatten_result(fun, fun(*args, **kwargs))
            return out_tree.unflatten([_as_whole(x) for x in results])
        program = found.program
        outs = calls.jit.bind(*program.consts, *leaves, program=program.closed())
        return found.out_tree.unflatten(outs)

    def donated(self, tree):
        """Positions of donated leaves among the dynamic ones."""
        if not (self.donate_nums or self.donate_names):
            return ()
        found = []
        shift = [i for i in range(self.positions) if i not in self.static_nums]
        for i, path in enumerate(pytree.leaf_keys(tree)):
            if path[0].idx == 0:
                place = path[1].idx
                place = shift[place] if place < len(shift) else place
                if place in self.donate_nums:
                    found.append(i)
            elif path[1].key in self.donate_names:
                found.append(i)
        return tuple(found)

    def _compile(self, fun, key, avals, tree, places=()):
        found = self.stage(fun, key, avals, tree, places)
        program, kept = found.program, None
        donated = self.donated(tree)
        if found.held.refs or places:
            donated = sorted({*donated, *_written(found, len(avals))})
        if not self.keep_unused:
            program, kept = without_unused(program, donated)
            donated = donated if kept is None else [kept.index(i) for i in donated]
        executable = compiled(program, self.name, donated, options=self.compiler_options)
        made = entry(executable, found.out_tree, kept)
        if not (places or found.held.refs):
            return made
        return with_refs(made, executable.out_avals, found)

    # ------------------------------------------------------------ stages
    def trace(self, *args, **kwargs):
        """Trace the function for arguments, or `ShapeDtypeStruct`s; a Traced stage."""
        fun, key, leaves, tree = self._signature(*_specs(args, kwargs))
        places = places_of(self.name, leaves)
        avals = [x.aval.inner_aval if i in places else aval_of(x) for i, x in enumerate(leaves)]
        found = self.stage(fun, key, avals, tree, places)
        ref = [*[leaves[i] for i in places], *found.held.refs, None][0]
        trees = found.in_tree, found.out_tree
        options = self.compiler_options
        return Traced(found.program, *trees, self.name, self.donated(tree), ref, options)

    def lower(self, *args, **kwargs):
        """Trace and lower the function for arguments; a Lowered stage."""
        return self.trace(*args, **kwargs).lower()

    def eval_shape(self, *args, **kwargs):
        """The shapes and dtypes of the results, without computing them."""
        return self.trace(*args, **kwargs).out_info

    def clear_cache(self):
        """Forget what has been traced and compiled."""
        self.entries.clear()
        self.staged.clear()


class Writing:
    """The structure of a call whose last results are new values of refs.

    Those of refs that it closes over are written. With refs among the arguments, the result is a
    pair: that of the function, and the new values of the refs at the places `lent`.
    """

    def __init__(self, staged):
        self.tree, held = staged.out_tree, staged.held
        self.closed_over, self.written = held.refs, held.written
        self.lent = staged.lent and staged.lent.written

    def unflatten(self, arrays):
        """The result of the call; writes the refs."""
        n = len(arrays) - len(self.written)
        write_back(self.written, arrays[n:], shared=False)
        if self.lent is None:
            return self.tree.unflatten(arrays[:n])
        k = n - len(self.lent)
        return self.tree.unflatten(arrays[:k]), arrays[k:n]


def with_refs(made, avals, staged):
    """The entry of a call (see `entry`) that reads and writes refs."""
    held = staged.held

    def take(buffers):
        values = own_values_of(held.written) + values_of(held.read)
        return [*buffers, *[x._raw for x in values]]

    return after(made[0], take), made[1], avals, Writing(staged)


def _written(staged, n):
    """Positions of inputs whose memory new values of refs may take; there are n arguments."""
    settings = thread.context.settings
    if settings.debug_nans or settings.debug_infs:
        return ()  # the inputs are looked at afterwards
    lent = staged.lent.written if staged.lent else ()
    return *lent, *range(n, n + len(staged.held.written))


def _as_whole(x):
    """What a jitted function gets and gives where it is inlined: arrays, not numbers."""
    return x if isinstance(x, Array | Cells) else as_array(x)


def without_unused(program, donated):
    """The program without inputs that it neither uses nor takes over; positions of the rest."""
    used = {a for eqn in program.eqns for a in eqn.invars}.union(program.outvars)
    kept = [i for i, v in enumerate(program.invars) if v in used or i in donated]
    if len(kept) == len(program.invars):
        return program, None
    invars = [program.invars[i] for i in kept]
    constvars, consts = program.constvars, program.consts
    return Program(constvars, invars, program.eqns, program.outvars, consts, program.name), kept


def _specs(args, kwargs):
    """Arguments with ShapeDtypeStructs made into stand-ins that have an aval."""
    return pytree.map(lambda x: x.stand_in() if hasattr(x, "stand_in") else x, (args, kwargs))


def _with_statics(fun, statics, n):
    """`fun` with its static arguments filled in, a function of the dynamic ones."""
    by_position = {i: v for i, v in statics if type(i) is int}
    by_name = {i: v for i, v in statics if type(i) is not int}

    def call(*dynamic, **kwargs):
        rest = iter(dynamic)
        args = [by_position[i] if i in by_position else next(rest) for i in range(n)]
        return fun(*args, **by_name, **kwargs)

    call.__name__ = name_of(fun)
    return call


def _hashable(name, value, what):
    if isinstance(value, Array):
        found = f"it is an array ({value.aval})"
    else:
        try:
            hash(value)
            return value
        except TypeError:
            found = f"it is {value!r} of type {type(value).__name__}, which cannot be hashed"
    raise ArgumentError(
        f"{name}: static {what} must be hashable, since it is part of the compiled function's key",
        found,
        "pass a tuple, a frozen dataclass or another hashable value, or do not mark it static",
    )


def jit(
    fun=None,
    /,
    *,
    static_argnums=None,
    static_argnames=None,
    donate_argnums=None,
    donate_argnames=None,
    keep_unused=False,
    inline=False,
    compiler_options=None,
):
    """Compile `fun` with XLA when it is called, once for each combination of shapes and dtypes.

    Static arguments are Python values that the trace may depend on; a new value compiles anew. If
    they are given by number alone or by name alone, they are static passed either way. The memory
    of donated arguments may be reused for results, and the arguments are then deleted. Arguments
    that the function does not use are not passed on, unless `keep_unused`. `inline` puts the
    function's equations into the trace around it instead of one call. `compiler_options` are XLA's,
    by name, of the outermost jitted function.

    >>> import hloom
    >>> @hloom.jit
    ... def f(x):
    ...     return x * 2
    >>> f(hloom.numpy.arange(3))
    Array([0, 2, 4], dtype=int32)
    """
    donate = donate_argnums, donate_argnames
    options = (static_argnums, static_argnames), donate, keep_unused, inline, compiler_options
    if fun is None:
        return lambda f: jit_function(f, *options)
    return jit_function(fun, *options)


def jit_function(fun, *options):
    """The jitted form of a function."""
    if not callable(fun):
        raise ArgumentError(
            "jit: its first argument is the function to compile",
            f"it is {fun!r} of type {type(fun).__name__}",
            "write jit(f)(x), not jit(f(x))",
        )
    if inspect.isgeneratorfunction(fun) or inspect.iscoroutinefunction(fun):
        what = "jit: compiles functions that return arrays"
        raise ArgumentError(
            what, f"{name_of(fun)} is a generator or coroutine", "return a list instead"
        )
    return Jitted(fun, *options).function()


def _eager_jit(args, params):
    """Run a `jit` equation on concrete values; the executable is kept with the program."""
    program = params["program"]
    key = "executable", thread.context.settings
    found = program.memo.get(key)
    if found is None:
        found = program.memo[key] = nans.checked(compiled(prepared(program), program.name))
    return found(tuple([as_array(a)._raw for a in args]))


calls.jit.eager = _eager_jit


@room.forgets
def _forget():
    """Forget what every jitted function has traced and compiled."""
    for jitted in list(_jitted):
        jitted.clear_cache()
