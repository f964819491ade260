"""Reading the bits of one dtype as another."""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import DTypeError, ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.primitive import primitive


def _bitcast_type(x, *, new_dtype):
    if dtypes.is_extended(x.dtype) or any(
        test(x.dtype) != test(new_dtype) for test in (dtypes.is_bool, dtypes.is_complex)
    ):
        found = f"the operand is {x}, the new dtype {new_dtype}"
        raise DTypeError(
            "bitcast_convert_type: between number dtypes only", found, "use x.astype(...)"
        )
    old, new = dtypes.itemsize_bits(x.dtype), dtypes.itemsize_bits(new_dtype)
    if old == new:
        return ShapedArray(x.shape, new_dtype)
    if old > new:
        return ShapedArray((*x.shape, old // new), new_dtype)
    if not x.shape or x.shape[-1] * old != new:
        found = f"the operand is {x}"
        remedy = f"give it a last axis of length {new // old}"
        raise ShapeError(f"bitcast_convert_type: to the wider {new_dtype}", found, remedy)
    return ShapedArray(x.shape[:-1], new_dtype)


@primitive(_bitcast_type)
def bitcast_convert_type(operand, new_dtype):
    """The bits of each element read as `new_dtype`; a last axis takes up a difference in width."""
    dtype = dtypes.canonicalize(dtypes.dtype(new_dtype))
    return bitcast_convert_type.bind(as_operand(operand), new_dtype=dtype)[0]
