"""The functions next to the primitives: operations that promote nothing, and control flow.

>>> import hloom
>>> hloom.lax.fori_loop(0, 3, lambda i, x: x + i, 0)
Array(3, dtype=int32, weak_type=True)
"""

import importlib

from hloom.frontend.accuracy import AccuracyMode, Tolerance
from hloom.frontend.precision import DotAlgorithm, DotAlgorithmPreset, Precision, PrecisionLike
from hloom.frontend.prims.bitcast import bitcast_convert_type
from hloom.frontend.prims.calls import optimization_barrier, stop_gradient
from hloom.frontend.prims.collectives import (
    all_gather,
    all_to_all,
    axis_index,
    axis_size,
    pmax,
    pmean,
    pmin,
    ppermute,
    pshuffle,
    psum,
    psum_scatter,
    pswapaxes,
)
from hloom.frontend.prims.contraction import batch_matmul, dot, dot_general
from hloom.frontend.prims.conv_layout import (
    ConvDimensionNumbers,
    ConvGeneralDilatedDimensionNumbers,
    conv_dimension_numbers,
    conv_general_permutations,
    conv_general_shape_tuple,
    conv_shape_tuple,
    conv_transpose_shape_tuple,
    padtype_to_pads,
)
from hloom.frontend.prims.convolution import (
    conv,
    conv_general_dilated,
    conv_general_dilated_local,
    conv_general_dilated_patches,
    conv_transpose,
    conv_with_general_padding,
)
from hloom.frontend.prims.cumulative import cumlogsumexp, cummax, cummin, cumprod, cumsum
from hloom.frontend.prims.elementwise import (
    RoundingMethod,
    abs,
    acos,
    acosh,
    add,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    cbrt,
    ceil,
    clamp,
    clz,
    complex,
    conj,
    convert_element_type,
    cos,
    cosh,
    digamma,
    div,
    eq,
    erf,
    erf_inv,
    erfc,
    exp,
    exp2,
    expm1,
    floor,
    ge,
    gt,
    imag,
    integer_pow,
    is_finite,
    le,
    lgamma,
    log,
    log1p,
    log2,
    logistic,
    lt,
    max,
    min,
    mul,
    mulhi,
    ne,
    neg,
    nextafter,
    one_minus_square,
    population_count,
    pow,
    real,
    reciprocal,
    reduce_precision,
    rem,
    round,
    rsqrt,
    select,
    select_n,
    shift_left,
    shift_right_arithmetic,
    shift_right_logical,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    sub,
    tan,
    tanh,
)
from hloom.frontend.prims.fft import FftType, fft
from hloom.frontend.prims.indexing import (
    GatherDimensionNumbers,
    GatherScatterMode,
    dynamic_index_in_dim,
    dynamic_slice,
    dynamic_slice_in_dim,
    dynamic_update_index_in_dim,
    dynamic_update_slice,
    dynamic_update_slice_in_dim,
    gather,
    index_in_dim,
    index_take,
)
from hloom.frontend.prims.random import RandomAlgorithm, rng_bit_generator, rng_uniform
from hloom.frontend.prims.reduction import (
    argmax,
    argmin,
    reduce,
    reduce_and,
    reduce_max,
    reduce_min,
    reduce_or,
    reduce_prod,
    reduce_sum,
    reduce_xor,
)
from hloom.frontend.prims.scatter import (
    ScatterDimensionNumbers,
    scatter,
    scatter_add,
    scatter_apply,
    scatter_max,
    scatter_min,
    scatter_mul,
    scatter_sub,
)
from hloom.frontend.prims.sorting import approx_max_k, approx_min_k, sort, sort_key_val, top_k
from hloom.frontend.prims.special import (
    bessel_i0e,
    bessel_i1e,
    betainc,
    igamma,
    igamma_grad_a,
    igammac,
    polygamma,
    random_gamma_grad,
    zeta,
)
from hloom.frontend.prims.structural import (
    broadcast,
    broadcast_in_dim,
    broadcasted_iota,
    concatenate,
    expand_dims,
    full,
    iota,
    pad,
    reshape,
    rev,
    slice,
    slice_in_dim,
    squeeze,
    transpose,
)
from hloom.frontend.prims.windows import reduce_window, reduce_window_shape_tuple
from hloom.lax.arrays import (
    broadcast_like,
    broadcast_shapes,
    broadcast_to_rank,
    collapse,
    dtype,
    empty,
    full_like,
    polynomial,
    shape_as_value,
    split,
    stack,
    stage,
    tile,
    unstack,
)
from hloom.lax.associative import associative_scan
from hloom.lax.branches import cond, platform_dependent, switch
from hloom.lax.composite import composite, dce_sink
from hloom.lax.implicit import custom_linear_solve, custom_root
from hloom.lax.loops import fori_loop, scan, while_loop
from hloom.lax.mapping import map
from hloom.lax.ragged import RaggedDotDimensionNumbers, ragged_dot, ragged_dot_general
from hloom.lax.scaled import scaled_dot

importlib.import_module("hloom.numpy")  # gives arrays their operators
linalg = importlib.import_module("hloom.lax.linalg")
