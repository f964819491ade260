"""The primitive that calls an exported function: its module becomes part of the caller's.

The module is for fixed shapes, so that `vmap` of a call is a loop. It has no derivative by itself,
since the transformations do not see into StableHLO: see reverse.py.
"""

from jaxlib.mlir import ir

from hloom.frontend.errors import ArtifactError, RuleError
from hloom.frontend.keys import in_memory
from hloom.frontend.primitive import Primitive
from hloom.lax.mapping import map as lax_map
from hloom.lowering.table import rule
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import at_front


def _type(*avals, exported):
    return [in_memory(aval) for aval in exported.out_avals]


call_exported = Primitive("call_exported", _type, doc="Call an exported function.")


def no_derivative(exported):
    """The error of differentiating what has no exported derivative."""
    return RuleError(
        f"{exported.fun_name}: an exported function has no derivative of this kind",
        "a file holds StableHLO, not the program that could be differentiated",
        "for reverse mode, write it with serialize(vjp_order=1); or export the derivative itself",
    )


@jvp.rule(call_exported)
def _jvp(primals, tangents, *, exported):
    raise no_derivative(exported)


@transpose.rule(call_exported)
def _transpose(cotangents, *operands, exported):
    raise no_derivative(exported)


@batch.rule(call_exported)
def _batch(axis, operands, dims, *, exported):
    batched = [at_front(x, d) for x, d in zip(operands, dims) if d is not None]

    def one(values):
        rest = iter(values)
        full = [x if d is None else next(rest) for x, d in zip(operands, dims)]
        return call_exported.bind(*full, exported=exported)

    outs = lax_map(one, batched)
    return outs, [0] * len(outs)


@rule(call_exported)
def _lower(ctx, *operands, exported):
    platform = ctx.module.platform
    if platform not in exported.platforms and platform != "any":
        raise ArtifactError(
            f"{exported.fun_name}: called on the platform {platform}",
            f"it was exported for {', '.join(exported.platforms)}",
            f"export it with platforms=({platform!r},)",
        )
    symbol = ctx.module.symbols.get(exported)
    if symbol is None:
        symbol = ctx.module.symbols[exported] = _imported(ctx.module, exported)
    kinds = [ctx.context.type(aval) for aval in ctx.outs]
    attributes = {"callee": symbol}
    made = ir.Operation.create("func.call", kinds, operands, attributes, loc=ctx.loc, ip=ctx.ip)
    return list(made.results)


def _imported(module, exported):
    """Move an exported module's functions into another, under new names; the entry's symbol."""
    source = exported.module(module.context.mlir)
    functions = {ir.StringAttr(f.attributes["sym_name"]).value: f for f in source.body.operations}
    names = {}
    for old, function in functions.items():
        new = module.unique(f"{exported.fun_name}.{old}")
        while new in functions:
            new = module.unique(f"{exported.fun_name}.{old}")
        ir.SymbolTable.replace_all_symbol_uses(old, new, source.operation)
        ir.SymbolTable.set_symbol_name(function, new)
        ir.SymbolTable.set_visibility(function, "private")
        names[old] = new
    for function in functions.values():
        module.top.insert(function.operation.detach_from_parent())
    return ir.FlatSymbolRefAttr.get(names[exported.manifest["entry"]])
