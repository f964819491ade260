"""The MLIR context, with its dialects, and caches of the types and attributes made in it.

One `Context` is shared by every module, since types and attributes belong to a context and are made
again and again. MLIR grows with what it interns, so the context is replaced now and then.
"""

import threading

import numpy as np
from jaxlib.mlir import ir
from jaxlib.mlir._mlir_libs import _jax_mlir_ext

from hloom.frontend import dtypes
from hloom.frontend.scopes import Scoped
from hloom.frontend.source import is_internal, user_frame
from hloom.lowering.dialects import chlo, mhlo, stablehlo, without_classes

_MODULES_PER_CONTEXT = 512

_FLOATS = {
    "float4_e2m1fn": ir.Float4E2M1FNType,
    "float8_e3m4": ir.Float8E3M4Type,
    "float8_e4m3": ir.Float8E4M3Type,
    "float8_e4m3b11fnuz": ir.Float8E4M3B11FNUZType,
    "float8_e4m3fn": ir.Float8E4M3FNType,
    "float8_e4m3fnuz": ir.Float8E4M3FNUZType,
    "float8_e5m2": ir.Float8E5M2Type,
    "float8_e5m2fnuz": ir.Float8E5M2FNUZType,
    "float8_e8m0fnu": ir.Float8E8M0FNUType,
    "bfloat16": ir.BF16Type,
    "float16": ir.F16Type,
    "float32": ir.F32Type,
    "float64": ir.F64Type,
}


class _Plain(ir.Context):
    """An ir.Context without the bindings' own choice of dialects."""

    def __init__(self):
        super(ir.Context, self).__init__()


class Context:
    """An MLIR context with memoised types, attributes and locations."""

    def __init__(self):
        registry = ir.DialectRegistry()
        _jax_mlir_ext.register_dialects(registry)
        self.mlir = _Plain()
        self.mlir.append_dialect_registry(registry)
        self.mlir.load_all_available_dialects()
        for dialect in (chlo, stablehlo):
            dialect.register_dialect(self.mlir)
        mhlo.register_mhlo_dialect(self.mlir)
        self.elements: dict = {}
        self.types: dict = {}
        self.attributes: dict = {}
        self.uses = 0
        #: how many locations with scopes have been made
        self.scoped = 0
        with self.mlir:
            self.unknown = ir.Location.unknown()
            self._locations = _jax_mlir_ext.TracebackToLocationCache(
                code_to_filename=_user_file, frame_limit=1
            )

    def location(self, snapshot):
        """The MLIR location of a snapshot of the stack: the user's innermost frame, and scopes."""
        try:
            return self._locations.get(snapshot)
        except TypeError:
            if type(snapshot) is Scoped:
                self.scoped += 1
                return ir.Location.name(snapshot.path, self.location(snapshot.snapshot), self.mlir)
            if (frame := user_frame(snapshot)) is None:
                return self.unknown
            line = ir.Location.file(frame.file_name, frame.line_num, 0, self.mlir)
            return ir.Location.name(frame.function_name, line, self.mlir)

    def element(self, dtype):
        """The MLIR element type of a dtype."""
        found = self.elements.get(dtype)
        if found is None:
            found = self.elements[dtype] = element_type(dtype)
        return found

    def type(self, aval):
        """The tensor type of an aval."""
        found = self.types.get(aval)
        if found is None:
            found = self.types[aval] = ir.RankedTensorType.get(aval.shape, self.element(aval.dtype))
        return found

    def attribute(self, make, *args):
        """`make(*args)`, made once for equal hashable arguments."""
        key = (make, *args)
        found = self.attributes.get(key)
        if found is None:
            with without_classes():
                found = self.attributes[key] = make(*args)
        return found


def _user_file(code):
    return None if is_internal(code.co_filename) else code.co_filename


def element_type(dtype):
    """The MLIR type of the elements of arrays of a dtype."""
    if dtypes.is_bool(dtype):
        return ir.IntegerType.get_signless(1)
    if dtypes.is_integer(dtype):
        bits = dtypes.itemsize_bits(dtype)
        signed = dtypes.is_signed(dtype)
        return ir.IntegerType.get_signless(bits) if signed else ir.IntegerType.get_unsigned(bits)
    if dtypes.is_complex(dtype):
        return ir.ComplexType.get(element_type(dtypes.to_real(dtype)))
    if dtype == dtypes.float0:
        return ir.IntegerType.get_signless(1)
    return _FLOATS[dtype.name].get()


_local = threading.local()


def context():
    """This thread's Context, ready to use."""
    found = getattr(_local, "context", None)
    if found is None or found.uses >= _MODULES_PER_CONTEXT:
        found = _local.context = Context()
    return found


def dense(array, shape=None):
    """The constant attribute of a NumPy array, or of a scalar repeated to `shape`."""
    array = np.asarray(array, order="C")
    shape = list(array.shape if shape is None else shape)
    element = element_type(array.dtype)
    small = dtypes.itemsize_bits(array.dtype) < 8
    # MLIR packs bools into bits, and takes a single byte to be one bool repeated
    if (small and array.size) or (array.dtype == np.bool_ and 0 < array.size <= 8):
        attribute = ir.FloatAttr if dtypes.is_float(array.dtype) else ir.IntegerAttr
        number = float if dtypes.is_float(array.dtype) else int
        values = [attribute.get(element, number(v)) for v in array.ravel()]
        kind = ir.RankedTensorType.get(shape, element)
        if len(values) == 1:
            return ir.DenseElementsAttr.get_splat(kind, values[0])
        return ir.DenseElementsAttr.get(values, kind)
    if array.dtype == np.bool_:
        array = np.packbits(array, bitorder="little")
    elif array.dtype.isbuiltin != 1:  # one of ml_dtypes
        array = array.view(np.dtype(f"u{array.dtype.itemsize}"))
    return ir.DenseElementsAttr.get(array, type=element, shape=shape)
