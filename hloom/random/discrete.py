"""Coins, choices and orders: bernoulli, rademacher, geometric, categorical, choice, permutation."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import flag, integer
from hloom.frontend.errors import ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.cumulative import cumsum
from hloom.frontend.prims.reduction import argmax
from hloom.frontend.prims.sorting import sort_key_val, top_k
from hloom.frontend.prims.structural import (
    canonical_axis,
    canonical_shape,
    full,
    iota,
    reshape,
    slice_in_dim,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.numpy.promotion import broadcast_to, not_an_array, operand, to_dtype
from hloom.numpy.searching import searchsorted
from hloom.numpy.taking import take
from hloom.random.continuous import extreme, fine_unit, mode_is_high, sign_of
from hloom.random.draw import (
    bits_of,
    check_fits,
    float_dtype,
    full_shape,
    int_dtype,
    placed,
    requested,
    spread,
    subkeys,
    work_dtype,
)
from hloom.random.uniform import randint, unit
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


# ---------------------------------------------------------------- coins
@fused
def bernoulli(
    key: ArrayLike, p: ArrayLike = 0.5, shape=None, mode="low", *, out_sharding=None
) -> Array:
    """True with probability `p`.

    `mode` "high" resolves probabilities below the steps of uniform numbers.

    >>> import hloom
    >>> hloom.random.bernoulli(hloom.random.key(0), 0.5, (3,)).dtype
    dtype('bool')
    """
    p = operand("bernoulli", p)
    dtype = dtypes.to_inexact(aval_of(p).dtype)
    work = work_dtype(float_dtype("bernoulli", dtype))
    p = to_dtype(p, work)
    shape = full_shape("bernoulli", shape, p)
    sample = fine_unit if mode_is_high("bernoulli", mode) else unit
    x = to_dtype(sample("bernoulli", key, shape, dtype), work)
    return placed(e.lt(x, spread(p, shape)), out_sharding)


@fused
def rademacher(key: ArrayLike, shape=(), dtype=None, *, out_sharding=None) -> Array:
    """-1 or 1, with equal chances."""
    dtype = dtypes.python_scalar_dtype(int)[0] if dtype is None else requested(dtype)
    shape = canonical_shape("rademacher", shape)
    return placed(sign_of("rademacher", key, shape, dtype), out_sharding)


@fused
def geometric(key: ArrayLike, p: ArrayLike, shape=None, dtype=None, *, out_sharding=None) -> Array:
    """The number of trials up to the first success, when each succeeds with probability `p`."""
    dtype = int_dtype("geometric", dtype)
    p = operand("geometric", p)
    p = to_dtype(p, work_dtype(dtypes.to_inexact(aval_of(p).dtype)))
    shape = full_shape("geometric", shape, p)
    real = aval_of(p).dtype
    u = unit("geometric", key, shape, real, float(dtypes.finfo(real).tiny), 1.0)
    trials = e.add(e.floor(e.div(e.log(u), spread(e.log1p(e.neg(p)), shape))), 1.0)
    # a number beyond the range of the dtype becomes its largest
    trials = e.min(trials, float(dtypes.iinfo(dtype).max))
    return placed(e.convert_element_type(trials, dtype), out_sharding)


# ---------------------------------------------------------------- classes
@fused
def categorical(
    key: ArrayLike,
    logits: ArrayLike,
    axis=-1,
    shape=None,
    replace=True,
    mode=None,
    *,
    out_sharding=None,
) -> Array:
    """Positions along `axis`, each with a probability in proportion to exp(logits).

    The result has the shape of `logits` without `axis`, or `shape`, which ends in it. Without
    `replace` the draws in front of that are distinct. The position of the largest of
    logits + Gumbel noise has just these probabilities, those of the k largest too.

    >>> import hloom
    >>> hloom.random.categorical(hloom.random.key(0), hloom.numpy.array([0.0, -1e9]), shape=(3,))
    Array([0, 0, 0], dtype=int32)
    """
    logits = operand("categorical", logits)
    logits = to_dtype(logits, work_dtype(dtypes.to_inexact(aval_of(logits).dtype)))
    lengths = aval_of(logits).shape
    axis = canonical_axis("categorical", axis, len(lengths))
    own = lengths[:axis] + lengths[axis + 1 :]
    shape = own if shape is None else canonical_shape("categorical", shape)
    check_fits("categorical", own, shape)
    lead = len(shape) - len(own)
    dtype = aval_of(logits).dtype
    index = _index_dtype()
    if flag("categorical", "replace", replace):
        wide = (*shape[: lead + axis], lengths[axis], *shape[lead + axis :])
        noise = extreme("categorical", key, wide, dtype, mode)
        return placed(argmax(e.add(noise, spread(logits, wide)), lead + axis, index), out_sharding)
    count = math.prod(shape[:lead])
    if count > lengths[axis]:
        found = f"there are {lengths[axis]} classes"
        what = f"categorical: {count} distinct draws"
        raise ValueRangeError(what, found, "draw fewer, or with replace=True")
    noise = extreme("categorical", key, lengths, dtype, mode)
    _, chosen = top_k(e.add(noise, logits), count, axis=axis)
    others = [i for i in range(len(lengths)) if i != axis]
    chosen = e.convert_element_type(transpose(chosen, (axis, *others)), index)
    return placed(broadcast_to(reshape(chosen, shape[:lead] + own), shape), out_sharding)


# ---------------------------------------------------------------- orders
@judged
def permutation(
    key: ArrayLike, x: ArrayLike, axis=0, independent=False, *, out_sharding=None
) -> Array:
    """`x` in a random order along an axis; for an integer, its range in a random order.

    Rows stay together unless `independent`, which permutes each line of the axis on its own.

    >>> import hloom
    >>> sorted(hloom.random.permutation(hloom.random.key(0), 5).tolist())
    [0, 1, 2, 3, 4]
    """
    independent = flag("permutation", "independent", independent)
    if isinstance(x, int | np.integer):
        n = integer("permutation", "x", x, least=0)
        return placed(_range_permuted(key, n), out_sharding)
    return placed(_permuted(key, x, axis, independent), out_sharding)


@fused
def _range_permuted(key: ArrayLike, n):
    return _shuffled(key, iota(_index_dtype(), n), 0)


@fused
def _permuted(key: ArrayLike, x: ArrayLike, axis, independent):
    x = operand("permutation", x)
    shape = aval_of(x).shape
    if not shape:
        found = f"it was given {aval_of(x)}"
        raise ShapeError("permutation: takes an int or an array with an axis", found, "pass one")
    axis = canonical_axis("permutation", axis, len(shape))
    if independent or len(shape) == 1:
        return _shuffled(key, x, axis)
    order = _shuffled(key, iota(_index_dtype(), shape[axis]), 0)
    return take(x, order, axis, mode="clip")


def _shuffled(key, x, axis):
    """Lines of an axis sorted by random keys, as often as makes equal keys unlikely to matter."""
    size = max(1, aval_of(x).size)
    for _ in range(math.ceil(3 * math.log(size) / math.log(2**32 - 1))):
        key, now = subkeys("permutation", key, 2)
        order = bits_of("permutation", now, aval_of(x).shape, 32)
        _, x = sort_key_val(order, x, axis)
    return x


def _index_dtype():
    return dtypes.python_scalar_dtype(int)[0]


# ---------------------------------------------------------------- choice
@judged
def choice(
    key: ArrayLike,
    a: ArrayLike,
    shape=(),
    replace=True,
    p: ArrayLike = None,
    axis=0,
    mode=None,
) -> Array:
    """Elements of `a` along an axis, or of range(a) for an integer, in a result of `shape`.

    `p` gives the probability of each; without `replace` no element is taken twice.

    >>> import hloom
    >>> hloom.random.choice(hloom.random.key(0), 10, (4,), replace=False).shape
    (4,)
    """
    shape = canonical_shape("choice", shape)
    replace = flag("choice", "replace", replace)
    if a is None:
        raise not_an_array("choice", a)
    whole = isinstance(a, int | np.integer)
    size = int(a) if whole else None
    return _choice(key, None if whole else a, size, shape, replace, p, axis, mode)


@fused
def _choice(key: ArrayLike, a: ArrayLike, size, shape, replace, p: ArrayLike, axis, mode):
    if a is not None:
        a = operand("choice", a)
        lengths = aval_of(a).shape
        if not lengths:
            found = f"it was given {aval_of(a)}"
            raise ShapeError("choice: takes an int or an array with an axis", found, "pass one")
        axis = canonical_axis("choice", axis, len(lengths))
        size = lengths[axis]
    draws = math.prod(shape)
    if draws and size < 1:
        raise ValueRangeError("choice: nothing to choose from", f"the size is {size}", "pass more")
    if not replace and draws > size:
        what = f"choice: {draws} different elements"
        raise ValueRangeError(what, f"there are {size}", "draw fewer, or with replace=True")
    if p is not None:
        p = operand("choice", p)
        p = to_dtype(p, work_dtype(dtypes.to_inexact(aval_of(p).dtype)))
        if aval_of(p).shape != (size,):
            found = f"p has shape {aval_of(p).shape}, there are {size} elements"
            raise ShapeError("choice: takes one probability for each element", found, "match them")
    chosen = _chosen(key, size, shape, replace, p, mode)
    if a is None:
        return e.convert_element_type(chosen, _index_dtype())
    return take(a, chosen, axis, mode="clip")


def _chosen(key, size, shape, replace, p, mode):
    """Positions below `size`."""
    draws = math.prod(shape)
    if not draws:
        return full(shape, 0, _index_dtype())
    if p is None and replace:
        return randint(key, shape, 0, size)
    if p is None:
        return reshape(slice_in_dim(_range_permuted(key, size), 0, draws), shape)
    dtype = aval_of(p).dtype
    if not replace:
        noise = extreme("choice", key, (size,), dtype, mode)
        _, chosen = top_k(e.add(noise, e.log(p)), draws)
        return reshape(chosen, shape)
    up_to = cumsum(p, 0)
    total = reshape(slice_in_dim(up_to, size - 1, size), ())
    level = e.mul(total, e.sub(1.0, unit("choice", key, shape, dtype)))
    return searchsorted(up_to, level)
