"""Products in which consecutive rows of an array form groups, each with a matrix of its own.

    grouped_dot(x, w, starts, ends)     y[b, i] = x[b, i] @ w[b, group of row i]
    grouped_outer(x, y, starts, ends)   w[b, j] = x[b, rows of group j].T @ y[b, rows of group j]

Group j of batch b is the rows from starts[b, j] to before ends[b, j]; rows of no group give zeros.
Each is the other's derivative. `lax.ragged_dot_general` brings its operands into these forms.
"""

from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ShapeError
from hloom.frontend.primitive import Primitive


def _product_dtype(x, y, preferred_element_type):
    if preferred_element_type is not None:
        return preferred_element_type, False
    return dtypes.join(x.dtype, x.weak_type, y.dtype, y.weak_type)


def _dot_type(x, w, starts, ends, *, precision, preferred_element_type):
    (b, m, k), (c, g, d, n) = x.shape, w.shape
    if (b, k) != (c, d) or starts.shape != (b, g) or ends.shape != (b, g):
        found = f"the operands are {x}, {w}, {starts} and {ends}"
        what = "grouped_dot: takes shapes (b, m, k), (b, g, k, n), (b, g) and (b, g)"
        raise ShapeError(what, found, "use lax.ragged_dot_general")
    return ShapedArray((b, m, n), *_product_dtype(x, w, preferred_element_type))


grouped_dot = Primitive(
    "grouped_dot", _dot_type, doc="The rows of x, each times the matrix of its group."
)


def _outer_type(x, y, starts, ends, *, precision, preferred_element_type):
    (b, m, k), (c, d, n) = x.shape, y.shape
    if (b, m) != (c, d) or starts.shape[:1] != (b,) or starts.shape != ends.shape:
        found = f"the operands are {x}, {y}, {starts} and {ends}"
        what = "grouped_outer: takes shapes (b, m, k), (b, m, n), (b, g) and (b, g)"
        raise ShapeError(what, found, "use lax.ragged_dot_general")
    shape = (b, starts.shape[1], k, n)
    return ShapedArray(shape, *_product_dtype(x, y, preferred_element_type))


grouped_outer = Primitive(
    "grouped_outer", _outer_type, doc="For each group the sum over its rows of x[i] times y[i]."
)
