"""The errors that hloom raises: each says what was asked, what was found and what to do.

>>> import hloom
>>> try:
...     hloom.numpy.ones((3, 4)) + hloom.numpy.ones(3)
... except hloom.errors.ShapeError as e:
...     print(str(e).splitlines()[0])
add: shapes (3, 4) and (3,) do not broadcast
"""

from hloom.frontend.errors import (
    ArgumentError,
    ArtifactError,
    AxisError,
    CacheWarning,
    ControlFlowError,
    DeletedArrayError,
    DeviceError,
    DTypeError,
    ForbiddenError,
    HloomError,
    IndexingError,
    IndexTypeError,
    IntegerRangeError,
    InterchangeError,
    IreeError,
    KeyReuseError,
    LeakedTracerError,
    MatrixError,
    NanError,
    NonConcreteIndexError,
    ProgramError,
    RefError,
    RuleError,
    ShapeError,
    TracedValueError,
    TracerArrayError,
    TracerBoolError,
    TracerIntegerError,
    TreeError,
    TypePromotionError,
    UnsupportedError,
    ValueRangeError,
)
from hloom.frontend.prims.collectives import UnboundAxisError
from hloom.runtime.failures import CallbackError
from hloom.runtime.pjrt import BackendError, JaxlibError

# the names under which JAX's users know them
ConcretizationTypeError = TracedValueError
TracerBoolConversionError = TracerBoolError
TracerIntegerConversionError = TracerIntegerError
TracerArrayConversionError = TracerArrayError
NonConcreteBooleanIndexError = NonConcreteIndexError
UnexpectedTracerError = LeakedTracerError
JAXTypeError = TracedValueError
JaxprTypeError = ProgramError
JaxRuntimeError = JaxlibError
