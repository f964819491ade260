"""How exactly products of floating-point arrays are computed, where the hardware has a choice.

Three ways to say it: a `Precision` for each operand, which each backend reads in its own way; a
`DotAlgorithm`, which states types and the number of passes; a `DotAlgorithmPreset`, one by name.
"""

import enum
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np

from hloom.frontend.choices import one_of
from hloom.frontend.context import thread
from hloom.frontend.errors import ValueRangeError


class Precision(enum.Enum):
    """The precision of one operand: fastest, better, or that of float32."""

    DEFAULT = 0
    HIGH = 1
    HIGHEST = 2

    @classmethod
    def _missing_(cls, value):
        return _NAMES.get(value)

    def __repr__(self):
        return self.name

    __str__ = __repr__


_NAMES = {
    None: Precision.DEFAULT,
    "default": Precision.DEFAULT,
    "fastest": Precision.DEFAULT,
    "bfloat16": Precision.DEFAULT,
    "high": Precision.HIGH,
    "bfloat16_3x": Precision.HIGH,
    "tensorfloat32": Precision.HIGH,
    "highest": Precision.HIGHEST,
    "float32": Precision.HIGHEST,
}


class DotAlgorithm(NamedTuple):
    """An exact way to multiply: types of operands and accumulator, and the number of passes.

    It is that of StableHLO's dot_general. A type is a dtype, or "tf32". A backend refuses an
    algorithm that it lacks.
    """

    lhs_precision_type: Any
    rhs_precision_type: Any
    accumulation_type: Any
    lhs_component_count: int = 1
    rhs_component_count: int = 1
    num_primitive_operations: int = 1
    allow_imprecise_accumulation: bool = False

    def swapped(self):
        """The algorithm for the operands in the other order."""
        return self._replace(
            lhs_precision_type=self.rhs_precision_type,
            rhs_precision_type=self.lhs_precision_type,
            lhs_component_count=self.rhs_component_count,
            rhs_component_count=self.lhs_component_count,
        )


_F16, _BF16 = np.dtype("float16"), np.dtype(ml_dtypes.bfloat16)
_F32, _F64 = np.dtype("float32"), np.dtype("float64")


class DotAlgorithmPreset(enum.Enum):
    """Algorithms by name: operand, operand and accumulator types, and the number of passes."""

    DEFAULT = enum.auto()
    ANY_F8_ANY_F8_F32 = enum.auto()
    ANY_F8_ANY_F8_F32_FAST_ACCUM = enum.auto()
    ANY_F8_ANY_F8_ANY = enum.auto()
    ANY_F8_ANY_F8_ANY_FAST_ACCUM = enum.auto()
    F16_F16_F16 = enum.auto()
    F16_F16_F32 = enum.auto()
    BF16_BF16_BF16 = enum.auto()
    BF16_BF16_F32 = enum.auto()
    BF16_BF16_F32_X3 = enum.auto()
    BF16_BF16_F32_X6 = enum.auto()
    BF16_BF16_F32_X9 = enum.auto()
    TF32_TF32_F32 = enum.auto()
    TF32_TF32_F32_X3 = enum.auto()
    F32_F32_F32 = enum.auto()
    F64_F64_F64 = enum.auto()

    def __repr__(self):
        return self.name

    __str__ = __repr__

    def algorithm(self, left, right, result):
        """The DotAlgorithm of this preset for dtypes of operands and result; None for DEFAULT."""
        if self is DotAlgorithmPreset.DEFAULT:
            return None
        if self.name.startswith("ANY_F8"):
            fast = self.name.endswith("FAST_ACCUM")
            sums = _F32 if "_F32" in self.name else result
            return DotAlgorithm(left, right, sums, allow_imprecise_accumulation=fast)
        return DotAlgorithm(*_PRESETS[self])


_P = DotAlgorithmPreset
_PRESETS = {
    _P.F16_F16_F16: (_F16, _F16, _F16),
    _P.F16_F16_F32: (_F16, _F16, _F32),
    _P.BF16_BF16_BF16: (_BF16, _BF16, _BF16),
    _P.BF16_BF16_F32: (_BF16, _BF16, _F32),
    _P.BF16_BF16_F32_X3: (_BF16, _BF16, _F32, 1, 1, 3),
    _P.BF16_BF16_F32_X6: (_BF16, _BF16, _F32, 1, 1, 6),
    _P.BF16_BF16_F32_X9: (_BF16, _BF16, _F32, 1, 1, 9),
    _P.TF32_TF32_F32: ("tf32", "tf32", _F32),
    _P.TF32_TF32_F32_X3: ("tf32", "tf32", _F32, 1, 1, 3),
    _P.F32_F32_F32: (_F32, _F32, _F32),
    _P.F64_F64_F64: (_F64, _F64, _F64),
}


#: What functions take as `precision`: see `canonical_precision`.
PrecisionLike = (
    None
    | str
    | Precision
    | tuple[str, str]
    | tuple[Precision, Precision]
    | DotAlgorithm
    | DotAlgorithmPreset
)


def canonical_precision(precision):
    """A pair of Precisions (left, right), an algorithm, a preset, or None for the default."""
    if precision is None:
        precision = thread.context.settings.default_matmul_precision
        if precision is None:
            return None
    if isinstance(precision, DotAlgorithm):
        left, right, sums = [t if t == "tf32" else np.dtype(t) for t in precision[:3]]
        return precision._replace(
            lhs_precision_type=left, rhs_precision_type=right, accumulation_type=sums
        )
    if isinstance(precision, str) and precision in _P.__members__:
        precision = DotAlgorithmPreset[precision]
    if isinstance(precision, _P):
        return None if precision is _P.DEFAULT else precision
    pair = precision if isinstance(precision, tuple | list) else (precision, precision)
    found = tuple(
        [
            p if isinstance(p, Precision) else _NAMES.get(p) if one_of(p, _NAMES) else None
            for p in pair
        ]
    )
    if len(found) != 2 or None in found:
        names = ", ".join(repr(k) for k in _NAMES if k)
        remedy = "use one of these, a lax.Precision or a lax.DotAlgorithmPreset"
        raise ValueRangeError(f"precision {precision!r} is not known", f"known are {names}", remedy)
    return None if found == (Precision.DEFAULT,) * 2 else found


def swapped(precision):
    """A canonical precision for the operands in the other order."""
    if isinstance(precision, DotAlgorithm):
        return precision.swapped()
    return precision[::-1] if type(precision) is tuple else precision
