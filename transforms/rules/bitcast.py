"""Rules of bitcast_convert_type."""

from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.transforms import batch, jvp
from hloom.transforms.batch import move

jvp.none(bitcast_convert_type, "the bits of a number are integers to calculus")


@batch.rule(bitcast_convert_type)
def _bitcast_batch(axis, operands, dims, *, new_dtype):
    # the last axis may appear or vanish
    return bitcast_convert_type.bind(move(operands[0], dims[0], 0), new_dtype=new_dtype), [0]
