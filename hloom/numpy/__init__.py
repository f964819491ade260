"""Arrays and functions on them, with NumPy's names and meanings.

Arrays are immutable; results have 32 bits unless 64-bit types are on; Python numbers take the dtype
of the array beside them. A function called on concrete arrays runs as one compiled program.

    >>> import hloom.numpy as np
    >>> np.arange(3.0) + 0.5
    Array([0.5, 1.5, 2.5], dtype=float32)
"""

from hloom import api as _api
from hloom.frontend.array import Array as ndarray
from hloom.numpy import fft, linalg, methods as _methods, types as _types
from hloom.numpy.axes import (
    expand_dims,
    flip,
    fliplr,
    flipud,
    matrix_transpose,
    moveaxis,
    permute_dims,
    roll,
    rollaxis,
    rot90,
    squeeze,
    swapaxes,
    transpose,
)
from hloom.numpy.bits import (
    packbits,
    unpackbits,
)
from hloom.numpy.conditions import (
    piecewise,
    select,
    where,
)
from hloom.numpy.convolution import (
    convolve,
    correlate,
)
from hloom.numpy.creation import (
    arange,
    array,
    asarray,
    copy,
    empty,
    empty_like,
    full,
    full_like,
    ones,
    ones_like,
    zeros,
    zeros_like,
)
from hloom.numpy.cumulative import (
    cumprod,
    cumsum,
    cumulative_prod,
    cumulative_sum,
)
from hloom.numpy.diagonals import trace
from hloom.numpy.differences import (
    diff,
    ediff1d,
    gradient,
    trapezoid,
    unwrap,
)
from hloom.numpy.editing import (
    delete,
    insert,
    trim_zeros,
)
from hloom.numpy.einstein import einsum, einsum_path
from hloom.numpy.elementwise import (
    abs,
    absolute,
    acos,
    acosh,
    arccos,
    arccosh,
    arcsin,
    arcsinh,
    arctan,
    arctan2,
    arctanh,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    cbrt,
    cos,
    cosh,
    deg2rad,
    degrees,
    divide,
    divmod,
    exp,
    exp2,
    expm1,
    fabs,
    float_power,
    floor_divide,
    fmod,
    hypot,
    log,
    log1p,
    log2,
    log10,
    mod,
    positive,
    pow,
    power,
    rad2deg,
    radians,
    reciprocal,
    remainder,
    sign,
    sin,
    sinc,
    sinh,
    sqrt,
    square,
    tan,
    tanh,
    true_divide,
)
from hloom.numpy.floats import (
    angle,
    conj,
    conjugate,
    copysign,
    fmax,
    fmin,
    frexp,
    heaviside,
    imag,
    ldexp,
    modf,
    nan_to_num,
    nextafter,
    real,
    signbit,
    spacing,
)
from hloom.numpy.histograms import (
    bincount,
    digitize,
    histogram,
    histogram2d,
    histogram_bin_edges,
    histogramdd,
)
from hloom.numpy.index_tricks import (
    c_,
    diag_indices,
    diag_indices_from,
    index_exp,
    ix_,
    mask_indices,
    mgrid,
    ogrid,
    r_,
    ravel_multi_index,
    s_,
    tril_indices,
    tril_indices_from,
    triu_indices,
    triu_indices_from,
    unravel_index,
)
from hloom.numpy.inspection import (
    array_repr,
    array_str,
    can_cast,
    get_printoptions,
    iscomplexobj,
    isdtype,
    isrealobj,
    isscalar,
    iterable,
    ndim,
    printoptions,
    promote_types,
    result_type,
    save,
    savez,
    set_printoptions,
    shape,
    size,
)
from hloom.numpy.integers import (
    gcd,
    lcm,
)
from hloom.numpy.interchange import (
    from_dlpack,
    frombuffer,
    fromfile,
    fromfunction,
    fromiter,
    fromstring,
    load,
)
from hloom.numpy.interpolation import (
    interp,
)
from hloom.numpy.joining import (
    append,
    array_split,
    block,
    column_stack,
    concat,
    concatenate,
    dsplit,
    dstack,
    hsplit,
    hstack,
    split,
    stack,
    unstack,
    vsplit,
    vstack,
)
from hloom.numpy.logic import (
    allclose,
    array_equal,
    array_equiv,
    bitwise_count,
    bitwise_invert,
    bitwise_left_shift,
    bitwise_not,
    bitwise_right_shift,
    equal,
    greater,
    greater_equal,
    invert,
    isclose,
    iscomplex,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    isreal,
    left_shift,
    less,
    less_equal,
    logical_not,
    not_equal,
    right_shift,
)
from hloom.numpy.manipulation import (
    astype,
    atleast_1d,
    atleast_2d,
    atleast_3d,
    broadcast_arrays,
    broadcast_shapes,
    broadcast_to,
    ravel,
    reshape,
    resize,
)
from hloom.numpy.namespace import (
    VERSION as __array_api_version__,
    NamespaceInfo as __array_namespace_info__,
)
from hloom.numpy.nans import (
    nanargmax,
    nanargmin,
    nancumprod,
    nancumsum,
    nanmax,
    nanmean,
    nanmin,
    nanprod,
    nanstd,
    nansum,
    nanvar,
)
from hloom.numpy.padding import (
    pad,
)
from hloom.numpy.polynomials import (
    poly,
    polyadd,
    polyder,
    polydiv,
    polyfit,
    polyint,
    polymul,
    polysub,
    polyval,
    roots,
)
from hloom.numpy.products import (
    cross,
    dot,
    inner,
    kron,
    matmul,
    matvec,
    outer,
    tensordot,
    vdot,
    vecdot,
    vecmat,
)
from hloom.numpy.putting import (
    fill_diagonal,
    place,
    put,
    put_along_axis,
)
from hloom.numpy.quantiles import (
    median,
    nanmedian,
    nanpercentile,
    nanquantile,
    percentile,
    quantile,
)
from hloom.numpy.reductions import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    count_nonzero,
    max,
    min,
    minmax,
    prod,
    ptp,
    sum,
)
from hloom.numpy.repetition import (
    repeat,
    tile,
)
from hloom.numpy.rounding import (
    around,
    ceil,
    floor,
    rint,
    round,
    trunc,
)
from hloom.numpy.searching import (
    argwhere,
    flatnonzero,
    nonzero,
    searchsorted,
)
from hloom.numpy.selection import (
    clip,
)
from hloom.numpy.setops import intersect1d, isin, setdiff1d, setxor1d, union1d
from hloom.numpy.sets import (
    unique,
    unique_all,
    unique_counts,
    unique_inverse,
    unique_values,
)
from hloom.numpy.sorting import (
    argpartition,
    argsort,
    lexsort,
    partition,
    sort,
    sort_complex,
    top_k,
)
from hloom.numpy.spaces import (
    geomspace,
    indices,
    linspace,
    logspace,
    meshgrid,
)
from hloom.numpy.statistics import average, corrcoef, cov, mean, std, var
from hloom.numpy.taking import (
    choose,
    compress,
    extract,
    take,
    take_along_axis,
)
from hloom.numpy.triangles import (
    diag,
    diagflat,
    diagonal,
    eye,
    identity,
    tri,
    tril,
    triu,
    vander,
)
from hloom.numpy.types import (
    ComplexWarning,
    bfloat16,
    bool,
    bool_,
    cdouble,
    character,
    complex64,
    complex128,
    complex_,
    complexfloating,
    csingle,
    double,
    dtype,
    e,
    euler_gamma,
    finfo,
    flexible,
    float4_e2m1fn,
    float6_e2m3fn,
    float6_e3m2fn,
    float8_e3m4,
    float8_e4m3,
    float8_e4m3b11fnuz,
    float8_e4m3fn,
    float8_e4m3fnuz,
    float8_e5m2,
    float8_e5m2fnuz,
    float8_e8m0fnu,
    float16,
    float32,
    float64,
    float_,
    floating,
    generic,
    iinfo,
    inexact,
    inf,
    int2,
    int4,
    int8,
    int16,
    int32,
    int64,
    int_,
    integer,
    issubdtype,
    nan,
    newaxis,
    number,
    object_,
    pi,
    signedinteger,
    single,
    uint,
    uint2,
    uint4,
    uint8,
    uint16,
    uint32,
    uint64,
    unsignedinteger,
)
from hloom.numpy.ufuncs import (
    add,
    bitwise_and,
    bitwise_or,
    bitwise_xor,
    frompyfunc,
    logaddexp,
    logaddexp2,
    logical_and,
    logical_or,
    logical_xor,
    maximum,
    minimum,
    multiply,
    negative,
    subtract,
    ufunc,
)
from hloom.numpy.vectorized import (
    apply_along_axis,
    apply_over_axes,
    vectorize,
)
from hloom.numpy.windows import (
    bartlett,
    blackman,
    hamming,
    hanning,
    i0,
    kaiser,
)

if hasattr(_types, "int1"):
    from hloom.numpy.types import int1, uint1
