"""Scaled dot-product attention, with grouped heads, masks, lengths and local windows."""

import math

import numpy as np

from hloom.frontend import dtypes
from hloom.frontend.choices import flag, integer, one_of, whole
from hloom.frontend.errors import ArgumentError, HloomError, ShapeError, ValueRangeError
from hloom.frontend.families import typed_literal
from hloom.frontend.prims import elementwise as e
from hloom.frontend.prims.contraction import dot_general
from hloom.frontend.prims.structural import (
    broadcast_in_dim,
    broadcasted_iota,
    reshape,
    transpose,
)
from hloom.frontend.trace import aval_of
from hloom.nn.softmax import logsumexp, softmax
from hloom.numpy.promotion import operand, promote_dtypes_inexact, select, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike


@fused
def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    bias: ArrayLike = None,
    mask: ArrayLike = None,
    *,
    scale=None,
    is_causal=False,
    query_seq_lengths: ArrayLike = None,
    key_value_seq_lengths: ArrayLike = None,
    local_window_size=None,
    implementation=None,
    return_residual=False,
):
    """softmax(query . key * scale + bias) . value for each head.

    query has shape (B, T, N, H) or (T, N, H); key and value have (B, S, K, H) or (S, K, H), where K
    divides N: each of their heads serves N / K heads of the query. `bias` and the bool `mask`
    broadcast to (B, N, T, S). `scale` is 1 / sqrt(H) by default. `is_causal` lets a position see
    those up to its own; `local_window_size` (left, right), those not farther away.
    `query_seq_lengths` and `key_value_seq_lengths`, of shape (B,), say how many positions count.
    With `return_residual` the logsumexp of the scores too, of shape (B, T, N).

    >>> import hloom
    >>> x = hloom.numpy.ones((5, 4, 8))
    >>> hloom.nn.dot_product_attention(x, x, x, is_causal=True).shape
    (5, 4, 8)
    """
    if not one_of(implementation, (None, "xla")):
        found = f"it is {implementation!r}"
        what = "dot_product_attention: no such implementation"
        raise ValueRangeError(what, found, "leave it away, or use 'xla'")
    is_causal = flag("dot_product_attention", "is_causal", is_causal)
    window = _window(local_window_size)
    q, k, v = promote_dtypes_inexact("dot_product_attention", query, key, value)
    batched = aval_of(q).ndim == 4
    if not batched:
        q, k, v = (_with_batch(x) for x in (q, k, v))
    _check(q, k, v)
    b, t, n, h = aval_of(q).shape
    s, groups = aval_of(k).shape[1:3]
    q = reshape(q, (b, t, groups, n // groups, h))
    # scores and their softmax are computed in float32 for narrower dtypes
    wide = dtypes.promote_types(aval_of(q).dtype, dtypes.float32)
    scores = dot_general(
        q, k, (((4,), (3,)), ((0, 2), (0, 2))), preferred_element_type=wide
    )  # b k t g s
    scores = transpose(scores, (0, 1, 3, 2, 4))
    scores = e.mul(scores, 1 / math.sqrt(h) if scale is None else _number(scale))
    scores = reshape(scores, (b, n, t, s))
    full = (b, n, t, s)
    if bias is not None:
        scores = e.add(
            scores, _fitted("bias", to_dtype(operand("dot_product_attention", bias), wide), full)
        )
    masks = _masks(full, mask, is_causal, window)
    masks += _length_masks(full, query_seq_lengths, key_value_seq_lengths)
    for m in masks:
        scores = select(m, scores, typed_literal(_lowest(wide), wide))
    weights = softmax.function(scores)
    weights = reshape(to_dtype(weights, aval_of(v).dtype), (b, groups, n // groups, t, s))
    out = dot_general(weights, v, (((4,), (1,)), ((0, 1), (0, 2))))  # b k g t h
    out = reshape(transpose(out, (0, 3, 1, 2, 4)), (b, t, n, h))
    if query_seq_lengths is not None:
        (live,) = _length_masks((b, n, t, h), query_seq_lengths, None)
        out = select(transpose(live, (0, 2, 1, 3)), out, 0.0)
    out = out if batched else reshape(out, (t, n, h))
    if not return_residual:
        return out
    residual = transpose(logsumexp.function(scores, -1), (0, 2, 1))
    return out, residual if batched else reshape(residual, (t, n))


def _lowest(dtype):
    # far below any score, and still finite, so that a row without a visible key stays finite
    return -0.7 * float(dtypes.finfo(dtype).max)


def _with_batch(x):
    return reshape(x, (1, *aval_of(x).shape))


def _check(q, k, v):
    shapes = [aval_of(x).shape for x in (q, k, v)]
    found = f"query, key and value have shapes {', '.join(map(str, shapes))}"
    if any([len(s) != 4 for s in shapes]):
        what = "dot_product_attention: takes arrays of 3 or 4 axes"
        raise ShapeError(what, found, "give all of them (B, T, N, H), or (T, N, H) without a batch")
    (b, _, n, h), key, value = shapes
    if key != value or key[0] != b or key[3] != h:
        what = "dot_product_attention: key and value have one shape, and the query's B and H"
        raise ShapeError(what, found, "match the batch, the lengths and the head dimension")
    if n % key[2]:
        what = "dot_product_attention: the key's heads divide the query's"
        raise ShapeError(what, found, "use a number of heads that is a multiple of the key's")


def _fitted(what, x, full):
    """A bias or a mask repeated to (B, N, T, S)."""
    shape = aval_of(x).shape
    lead = 4 - len(shape)
    fits = lead >= 0 and all([n in (1, m) for n, m in zip(shape, full[lead:], strict=True)])
    if not fits:
        found = f"its shape is {shape}, the scores have shape {full}"
        remedy = "give it the shape (B, N, T, S), with 1 where it is the same for all"
        raise ShapeError(
            f"dot_product_attention: the {what} broadcasts to the scores", found, remedy
        )
    return broadcast_in_dim(x, full, range(lead, 4))


def _number(scale):
    try:
        return float(scale)
    except HloomError:  # a traced value, which says so
        raise
    except (TypeError, ValueError):
        asked, found = "dot_product_attention: scale is a number", f"it is {scale!r}"
        raise ArgumentError(asked, found, "give a float, or None for 1 / sqrt(H)") from None


def _window(size):
    """How far to the left and to the right a position sees; None for everywhere."""
    if size is None:
        return None
    pair = (size, size) if whole(size) is not None else size
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        asked = "dot_product_attention: local_window_size is an integer or a pair of them"
        raise ArgumentError(asked, f"it is {size!r}", "give (left, right)")
    return [integer("dot_product_attention", "local_window_size", n, least=0) for n in pair]


def _masks(full, mask, is_causal, window):
    """The masks that say which keys each query sees, in the shape of the scores."""
    found = []
    if mask is not None:
        mask = to_dtype(operand("dot_product_attention", mask), dtypes.bool_)
        found.append(_fitted("mask", mask, full))
    if is_causal or window is not None:
        row, column = (broadcasted_iota(np.int32, full, axis) for axis in (2, 3))
    if is_causal:
        found.append(e.le(column, row))
    if window is not None:
        found.append(e.le(e.sub(row, column), window[0]))
        found.append(e.le(e.sub(column, row), window[1]))
    return found


def _length_masks(full, queries, keys):
    """The masks of positions below the lengths of each sequence."""
    found = []
    for lengths, axis in ((queries, 2), (keys, 3)):
        if lengths is None:
            continue
        lengths = to_dtype(operand("dot_product_attention", lengths), dtypes.int32)
        if aval_of(lengths).shape != (full[0],):
            what = "dot_product_attention: takes one length for each sequence of the batch"
            where = f"the lengths have shape {aval_of(lengths).shape}, the batch is {full[0]}"
            raise ShapeError(what, where, "give them the shape (B,)")
        limit = broadcast_in_dim(lengths, full, (0,))
        found.append(e.lt(broadcasted_iota(np.int32, full, axis), limit))
    return found
