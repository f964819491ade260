"""Program -> StableHLO module, through the bindings' generic operation constructor.

Each equation goes to the rule of its primitive, `rule(ctx, *operands, **params)`, which emits
operations through `ctx` and returns the results. `ctx` is the `Function` being filled: it knows the
equation's avals (`ctx.ins`, `ctx.outs`), makes constants, calls sub-programs and builds regions. A
program that is used several times becomes one private function. Arguments the main function gets:
first the constants of the program, then its inputs.

    rules.one_to_one(sin, "stablehlo.sine")

    @rules.rule(reshape)
    def _(ctx, x, *, new_sizes):
        return ctx.op("stablehlo.reshape", [x])
"""

import functools
import io
import re

import numpy as np
from jaxlib.mlir import ir, passmanager

import hloom.lowering.rules  # noqa: F401 - fills the table
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import collector_paused
from hloom.frontend.errors import RuleError
from hloom.frontend.families import typed_literal
from hloom.frontend.ir import Var, exact
from hloom.frontend.trace import stage
from hloom.lowering.context import context, dense
from hloom.lowering.portable import legalize
from hloom.lowering.table import platform_rules, rules

_create = ir.Operation.create


class Module:
    """The module being built: its functions, its platform and its target (`xla` or `portable`)."""

    def __init__(self, name, platform, target):
        self.context = context()
        self.context.uses += 1
        self.scoped = self.context.scoped
        self.platform = platform
        self.target = target
        self.symbols: dict = {}
        self.names: dict = {}
        #: Python functions that the module calls, by their number; whether they wait for each other
        self.callbacks: list = []
        self.ordered = False
        #: libraries of kernels that the module calls, to be registered before it is compiled
        self.libraries: set = set()
        with self.context.mlir, self.context.unknown:
            self.ir = ir.Module.create()
            self.ir.operation.attributes["sym_name"] = ir.StringAttr.get(_identifier(name))
            self.top = ir.InsertionPoint(self.ir.body)

    def bytecode(self):
        """The module as MLIR bytecode."""
        buffer = io.BytesIO()
        self.ir.operation.write_bytecode(buffer)
        return buffer.getvalue()

    def fingerprint(self):
        """Bytecode without locations: equal for programs that differ only in where they stand.

        Names of scopes stand in locations, and in what the compiler makes of them: they are kept.
        """
        if self.context.scoped > self.scoped:
            return self.bytecode()
        with self.context.mlir:
            bare = self.ir.operation.clone()
            passmanager.PassManager.parse("builtin.module(strip-debuginfo)").run(bare)
        buffer = io.BytesIO()
        bare.write_bytecode(buffer)
        return buffer.getvalue()

    def text(self, debug_info=False):
        """The module as text."""
        return self.ir.operation.get_asm(enable_debug_info=debug_info)

    def unique(self, name):
        """A function name not used yet in this module."""
        name = _identifier(name)
        n = self.names[name] = self.names.get(name, -1) + 1
        return f"{name}_{n}" if n else name

    def symbol(self, program):
        """The private function of a sub-program, made at its first use."""
        found = self.symbols.get(program)
        if found is None:
            name = self.unique(program.name)
            self.function(name, program, "private")
            found = self.symbols[program] = ir.FlatSymbolRefAttr.get(name)
        return found

    def function(self, name, program, visibility, argument_attributes=None, result_attributes=None):
        """Emit `program` as a function; a public one takes the constants first.

        A portable module has nobody to pass them, so they are in it.
        """
        hidden = [] if visibility == "private" or self.target == "portable" else program.constvars
        inputs = hidden + program.invars
        kinds = [self.context.type(v.aval) for v in inputs]
        signature = ir.FunctionType.get(kinds, [self.context.type(v.aval) for v in program.outvars])
        attributes = {
            "sym_name": ir.StringAttr.get(name),
            "sym_visibility": ir.StringAttr.get(visibility),
            "function_type": ir.TypeAttr.get(signature),
        }
        if argument_attributes:
            attributes["arg_attrs"] = ir.ArrayAttr.get(argument_attributes)
        if result_attributes:
            attributes["res_attrs"] = ir.ArrayAttr.get(result_attributes)
        unknown = self.context.unknown
        made = _create("func.func", (), (), attributes, regions=1, ip=self.top, loc=unknown)
        block = made.regions[0].blocks.append(*kinds, arg_locs=[unknown] * len(kinds))
        body = Function(self, block)
        values = list(block.arguments)
        first = len(inputs) - len(program.invars)
        results = body.run(program, values[first:], values[:first] or None)
        _create("func.return", (), results, None, loc=unknown, ip=body.ip)


class Function:
    """A block being filled: emits operations for the equation that is now lowered."""

    __slots__ = (
        "attribute",
        "block",
        "constants",
        "context",
        "eqn",
        "ins",
        "ip",
        "loc",
        "module",
        "outs",
    )

    def __init__(self, module, block):
        self.module = module
        self.context = module.context
        self.attribute = module.context.attribute
        self.block = block
        self.ip = ir.InsertionPoint(block)
        self.constants: dict = {}
        self.loc = module.context.unknown
        self.ins: list = []
        self.outs: list = []
        self.eqn = None

    # ------------------------------------------------------------ equations
    def run(self, program, values, consts=None):
        """Lower the equations of a program on values for its inputs; the values of its results."""
        if consts is None:
            consts = [self.constant(np.asarray(c)) for c in program.consts]
        env = dict(zip(program.constvars, consts, strict=True))
        env.update(zip(program.invars, values, strict=True))
        outer = self.eqn, self.ins, self.outs, self.loc
        location, platform = self.context.location, self.module.platform
        snapshot = None
        for eqn in program.eqns:
            self.eqn = eqn
            if eqn.source is not snapshot:
                snapshot = eqn.source
                self.loc = location(snapshot)
            self.ins = [a.aval for a in eqn.invars]
            self.outs = [v.aval for v in eqn.outvars]
            primitive = eqn.primitive
            found = platform_rules.get((primitive, platform)) or rules.get(primitive)
            if found is None:
                raise missing(eqn)
            if primitive.family == "elementwise":
                shape = self.outs[0].shape
                operands = [
                    self.spread(env[a], a.aval, shape) if type(a) is Var else self.literal(a, shape)
                    for a in eqn.invars
                ]
            else:
                operands = [env[a] if type(a) is Var else self.literal(a) for a in eqn.invars]
            results = found(self, *operands, **eqn.params)
            for var, value in zip(eqn.outvars, results, strict=True):
                env[var] = value
        self.eqn, self.ins, self.outs, self.loc = outer
        return [env[a] if type(a) is Var else self.literal(a) for a in program.outvars]

    # ------------------------------------------------------------ operations
    def op(self, name, operands, attributes=None, out=None, regions=None):
        """Emit an operation with one result, of aval `out` or the equation's; its results."""
        kind = self.context.type(self.outs[0] if out is None else out)
        made = _create(name, (kind,), operands, attributes, None, regions or 0, self.loc, self.ip)
        return [made.result]

    def ops(self, name, operands, attributes=None, outs=None, regions=0):
        """Emit an operation with results of avals `outs` (default: the equation's)."""
        kinds = [self.context.type(a) for a in (self.outs if outs is None else outs)]
        made = _create(name, kinds, operands, attributes, None, regions, self.loc, self.ip)
        return list(made.results)

    def regional(self, name, operands, attributes, bodies, outs=None):
        """Emit an operation with regions, for each a pair (avals of its arguments, build)."""
        kinds = [self.context.type(a) for a in (self.outs if outs is None else outs)]
        n = len(bodies)
        made = _create(name, kinds, operands, attributes, None, n, self.loc, self.ip)
        for region, (avals, build) in zip(made.regions, bodies, strict=True):
            self.region(region, avals, build)
        return list(made.results)

    def spread(self, value, aval, shape):
        """A value in the shape of an elementwise result: repeated, if it is of rank 0."""
        if aval.shape == shape:
            return value
        return self.broadcast(value, ShapedArray(shape, aval.dtype), ())

    def broadcast(self, value, out, dimensions):
        """`broadcast_in_dim` to the aval `out`."""
        attrs = {"broadcast_dimensions": self.ints(dimensions)}
        return self.op("stablehlo.broadcast_in_dim", [value], attrs, out)[0]

    def reshape(self, value, out):
        """`reshape` to the aval `out`."""
        return self.op("stablehlo.reshape", [value], None, out)[0]

    # ------------------------------------------------------------ constants
    def literal(self, atom, shape=()):
        """The value of a Literal, repeated to `shape`; one operation for equal ones."""
        key = (atom, shape)
        found = self.constants.get(key)
        if found is None:
            found = self.constants[key] = self._constant(
                self.attribute(_splat, atom.value, atom.aval.dtype, shape, exact(atom.value))
            )
        return found

    def scalar(self, value, dtype, shape=()):
        """A constant of one Python number, repeated to `shape`."""
        return self.literal(typed_literal(value, np.dtype(dtype)), shape)

    def constant(self, array):
        """A constant with the values of a NumPy array."""
        return self._constant(dense(array))

    def _constant(self, value):
        # constants stand first in the block, so that all of it may use them
        first = ir.InsertionPoint.at_block_begin(self.block)
        return _create(
            "stablehlo.constant",
            (value.type,),
            (),
            {"value": value},
            loc=self.context.unknown,
            ip=first,
        ).result

    # ------------------------------------------------------------ attributes
    def ints(self, values):
        """A dense array of 64-bit integers."""
        return self.attribute(ir.DenseI64ArrayAttr.get, tuple(values))

    def pairs(self, values):
        """An n x 2 tensor of 64-bit integers, such as the padding of n axes."""
        return self.attribute(_pairs, tuple(values))

    def bools(self, values):
        """A dense array of bools."""
        return self.attribute(ir.DenseBoolArrayAttr.get, tuple(values))

    def i64(self, value):
        """A 64-bit integer attribute."""
        return self.attribute(_i64, value)

    def i32(self, value):
        """A 32-bit integer attribute."""
        return self.attribute(_i32, value)

    def string(self, text):
        """A string attribute."""
        return self.attribute(ir.StringAttr.get, text)

    def enum(self, make, value):
        """An enum attribute: `make(value)`."""
        return self.attribute(make, value)

    # ------------------------------------------------------------ programs and regions
    def call(self, program, operands):
        """Call a sub-program as a function."""
        symbol = self.module.symbol(program)
        kinds = [self.context.type(v.aval) for v in program.outvars]
        made = _create("func.call", kinds, operands, {"callee": symbol}, loc=self.loc, ip=self.ip)
        return list(made.results)

    def inline(self, program, operands):
        """Lower the equations of a sub-program here."""
        return self.run(program, operands)

    def lower_fun(self, primitive_call, operands, avals, **params):
        """Lower a function written with primitives (a decomposition) on values of given avals."""
        program = staged(primitive_call, tuple(avals), tuple(params.items()))
        return self.run(program, operands)

    def call_fun(self, function, operands, avals, **params):
        """Call a function of primitives as one function of the module, shared by its uses."""
        return self.call(staged(function, tuple(avals), tuple(params.items())), operands)

    def region(self, owner_region, avals, build):
        """Fill a region: `build(function, *arguments)` gives the values that end the block."""
        kinds = [self.context.type(a) for a in avals]
        block = owner_region.blocks.append(*kinds, arg_locs=[self.loc] * len(kinds))
        body = Function(self.module, block)
        body.loc, body.eqn = self.loc, self.eqn
        results = build(body, *block.arguments)
        _create("stablehlo.return", (), results, None, loc=self.loc, ip=body.ip)


@functools.lru_cache(1024)
def staged(function, avals, params):
    """The Program of a decomposition, cleaned of nothing and kept for the next time."""
    return stage(lambda *xs: _as_list(function(*xs, **dict(params))), avals, function.__name__)


def _as_list(x):
    return list(x) if isinstance(x, list | tuple) else [x]


def missing(eqn):
    """The error for a primitive without a lowering."""
    name = eqn.primitive.name
    return RuleError(
        f"{name}: has no lowering",
        "the table `lowering.table.rules` has no entry for it",
        f"register one with hloom.lowering.table.rule({name})",
        eqn.source,
    )


def _splat(value, dtype, shape, _text):
    return dense(np.full((), value, dtype), shape)


def _pairs(values):
    return dense(np.array(values, np.int64).reshape(-1, 2))


def _i64(value):
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


def _i32(value):
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(32), value)


def _identifier(name):
    return re.sub(r"[^A-Za-z0-9_.$-]", "_", name) or "main"


def lower(program, name="main", platform="cpu", target="xla", donated=(), result_attributes=None):
    """The StableHLO module of a program; `donated` are positions among its inputs.

    A donated input whose type equals that of a result gives its memory to it; a portable module
    does not say it.
    """
    module = Module(name, platform, target)
    with collector_paused(), module.context.mlir, module.context.unknown:
        attributes = _donations(program, donated) if donated and target == "xla" else None
        module.function("main", program, "public", attributes, result_attributes)
        if target == "portable":
            legalize(module.ir)
    return module


def _donations(program, donated):
    offset, free = len(program.constvars), list(enumerate(program.out_avals))
    attributes: list[dict] = [{} for _ in range(offset + len(program.invars))]
    for i in donated:
        aval = program.invars[i].aval
        match = next(
            (p for p in free if (p[1].shape, p[1].dtype) == (aval.shape, aval.dtype)), None
        )
        if match is None:
            attributes[offset + i] = {"jax.buffer_donor": ir.BoolAttr.get(True)}
        else:
            free.remove(match)
            index = ir.IntegerAttr.get(ir.IntegerType.get_signless(32), match[0])
            attributes[offset + i] = {"tf.aliasing_output": index}
    return [ir.DictAttr.get(a) for a in attributes]
