"""Rules of `ffi_call`: a kernel has no derivative, and is batched as its caller says."""

from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import RuleError
from hloom.frontend.prims.control import scan
from hloom.frontend.prims.ffi import ffi_call
from hloom.frontend.trace import aval_of, stage
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import to_front
from hloom.transforms.rules.callbacks import WITHOUT_BATCH


@jvp.rule(ffi_call)
def _jvp(primals, tangents, *, kernel):
    raise RuleError(
        f"ffi_call: {kernel.target!r} is a kernel without a derivative",
        "an operand of it is being differentiated",
        "state its derivative with hloom.custom_jvp or hloom.custom_vjp",
    )


transpose.none(ffi_call, "it has no tangents")


@batch.rule(ffi_call)
def _batch(axis, operands, dims, *, kernel):
    method = kernel.vmap_method
    if method is None:
        raise RuleError(
            f"ffi_call: {kernel.target!r} does not say what vmap makes of it",
            "vmap_method is None",
            'pass vmap_method="sequential", or "expand_dims" or "broadcast_all" '
            "if the kernel takes leading axes",
        )
    if method.startswith("sequential"):
        return _one_by_one(axis, operands, dims, kernel)
    if kernel.in_layouts is not None or kernel.out_layouts is not None:
        raise RuleError(
            f"ffi_call: {kernel.target!r} has layouts, which have no place for a batch",
            f"vmap_method is {method!r}",
            'use vmap_method="sequential"',
        )
    full = [
        WITHOUT_BATCH[method](x, axis.size) if d is None else to_front(x, d, axis.size)
        for x, d in zip(operands, dims, strict=True)
    ]
    outs = tuple([ShapedArray((axis.size, *a.shape), a.dtype) for a in kernel.out_avals])
    return ffi_call.bind(*full, kernel=kernel._replace(out_avals=outs)), [0] * len(outs)


def _one_by_one(axis, operands, dims, kernel):
    """A scan over the batch."""
    consts = [x for x, d in zip(operands, dims) if d is None]
    xs = [to_front(x, d, axis.size) for x, d in zip(operands, dims) if d is not None]
    same = [aval_of(x) for x in consts]
    each = [a.update(shape=a.shape[1:]) for a in map(aval_of, xs)]

    def step(*values):
        fixed, moving = iter(values[: len(same)]), iter(values[len(same) :])
        given = [next(fixed) if d is None else next(moving) for d in dims]
        return ffi_call.bind(*given, kernel=kernel)

    outs = scan.bind(
        *consts, *xs, body=stage(step, [*same, *each], "ffi_call"), num_consts=len(consts),
        num_carry=0, length=axis.size, reverse=False, unroll=1,
    )  # fmt: skip
    return outs, [0] * len(outs)
