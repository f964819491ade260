"""Rules of convolution: linear in each operand, and its cotangents are convolutions again.

With x the operand, w the kernel and y the result, along an axis of space with stride s, dilations d
of x and r of w, and low pad p, the result is   y[a] = Σ_k x[(s a + r k - p) / d] w[k].   The
cotangent of x is a convolution of that of y, dilated by s, with the reversed w; that of w convolves
x with that of y, features and batch having changed places. Groups of features become groups of the
batch and back.
"""

from hloom.frontend.prims.conv_layout import ConvDimensionNumbers, dilate
from hloom.frontend.prims.convolution import conv_general_dilated
from hloom.frontend.prims.elementwise import add, convert_element_type
from hloom.frontend.prims.structural import reshape, rev
from hloom.frontend.trace import aval_of
from hloom.transforms import batch, jvp, transpose
from hloom.transforms.batch import move
from hloom.transforms.transpose import is_linear


@jvp.rule(conv_general_dilated)
def _conv(primals, tangents, **params):
    (x, w), (gx, gw) = primals, tangents
    out = conv_general_dilated.bind(x, w, **params)
    terms = [] if gx is None else conv_general_dilated.bind(gx, w, **params)
    terms += [] if gw is None else conv_general_dilated.bind(x, gw, **params)
    return out, [terms[0] if len(terms) == 1 else add(*terms)]


@transpose.rule(conv_general_dilated)
def _conv_back(cts, x, w, **params):
    (ct,) = cts
    if is_linear(x):
        return [_to_operand(ct, x.aval, w, **params), None]
    return [None, _to_kernel(ct, x, w.aval, **params)]


def _space(x, spec):
    return [aval_of(x).shape[a] for a in spec[2:]]


def _to_operand(
    ct,
    x,
    w,
    *,
    window_strides,
    padding,
    lhs_dilation,
    rhs_dilation,
    dimension_numbers,
    feature_group_count,
    batch_group_count,
    precision,
    preferred_element_type,
):
    x_spec, w_spec, y_spec = dimension_numbers
    out_feature, in_feature, *space = w_spec
    groups = max(feature_group_count, batch_group_count)
    if groups > 1:
        # the groups lead the features that the kernel gives, as they lead those of x
        w = _into(_out_of(w, out_feature, groups), out_feature, in_feature)
    pads = [
        (reach - 1 - low, dilate(n, d) + low - dilate(m, s))
        for n, reach, m, (low, _), d, s in zip(
            [x.shape[a] for a in x_spec[2:]],
            map(dilate, _space(w, w_spec), rhs_dilation),
            _space(ct, y_spec),
            padding,
            lhs_dilation,
            window_strides,
            strict=True,
        )
    ]
    found = conv_general_dilated(
        ct,
        rev(w, space),
        lhs_dilation,
        pads,
        window_strides,
        rhs_dilation,
        ConvDimensionNumbers(y_spec, (in_feature, out_feature, *space), x_spec),
        groups,
        1,
        precision,
        x.dtype if aval_of(ct).dtype != aval_of(w).dtype else None,
    )
    if batch_group_count > 1:
        found = _into(_out_of(found, x_spec[1], groups), x_spec[1], x_spec[0])
    return _in_dtype(found, x.dtype)


def _to_kernel(
    ct,
    x,
    w,
    *,
    window_strides,
    padding,
    lhs_dilation,
    rhs_dilation,
    dimension_numbers,
    feature_group_count,
    batch_group_count,
    precision,
    preferred_element_type,
):
    x_spec, w_spec, y_spec = dimension_numbers
    flip = lambda spec: (spec[1], spec[0], *spec[2:])
    pads = [
        (low, dilate(m, s) + dilate(k, r) - 1 - dilate(n, d) - low)
        for n, k, m, (low, _), d, r, s in zip(
            _space(x, x_spec),
            [w.shape[a] for a in w_spec[2:]],
            _space(ct, y_spec),
            padding,
            lhs_dilation,
            rhs_dilation,
            window_strides,
            strict=True,
        )
    ]
    found = conv_general_dilated(
        x,
        ct,
        rhs_dilation,
        pads,
        lhs_dilation,
        window_strides,
        ConvDimensionNumbers(flip(x_spec), flip(y_spec), flip(w_spec)),
        batch_group_count,
        feature_group_count,
        precision,
        w.dtype if aval_of(ct).dtype != aval_of(x).dtype else None,
    )
    return _in_dtype(found, w.dtype)


def _in_dtype(x, dtype):
    return x if aval_of(x).dtype == dtype else convert_element_type(x, dtype)


# ---------------------------------------------------------------- batching
@batch.rule(conv_general_dilated)
def _conv_batch(axis, operands, dims, *, dimension_numbers, feature_group_count,
                batch_group_count, **params):  # fmt: skip
    (x, w), (dx, dw) = operands, dims
    (x_batch, x_feature, *_), (w_out, *_), (y_batch, y_feature, *_) = dimension_numbers
    n, by_features, by_batch = axis.size, feature_group_count, batch_group_count
    groups = max(by_features, by_batch)
    if dx is not None and dw is not None:
        # each element of the batch is a group, or as many groups as there were
        if by_batch > 1:
            x, by_batch = _into(x, dx, x_batch), by_batch * n
        else:
            x, by_features = _into(x, dx, x_feature), by_features * n
        w = _into(w, dw, w_out)
    elif dx is not None:
        x = _beside(x, dx, x_batch, by_batch)
    else:
        w = _beside(w, dw, w_out, groups)
    (y,) = conv_general_dilated.bind(
        x,
        w,
        dimension_numbers=dimension_numbers,
        feature_group_count=by_features,
        batch_group_count=by_batch,
        **params,
    )
    if dx is not None and dw is not None:
        return [_out_of(y, y_feature, n)], [y_feature]
    if dx is not None:
        return [_out_of(y, y_batch, n)], [y_batch]
    if groups == 1:
        return [_out_of(y, y_feature, n)], [y_feature]
    # features are (group, batch, feature)
    y = _out_of(_out_of(y, y_feature, groups), y_feature + 1, n)
    return [_merge(move(y, y_feature + 1, 0), y_feature + 1)], [0]


def _out_of(x, axis, n):
    """Split an axis in two, the first of length n."""
    shape = aval_of(x).shape
    return reshape(x, (*shape[:axis], n, shape[axis] // n, *shape[axis + 1 :]))


def _merge(x, axis):
    """Make one axis of two that stand side by side."""
    shape = aval_of(x).shape
    return reshape(x, (*shape[:axis], shape[axis] * shape[axis + 1], *shape[axis + 2 :]))


def _into(x, source, destination):
    """Take an axis out and lead another with it, `destination` being counted without the first."""
    return _merge(move(x, source, destination), destination)


def _beside(x, source, destination, groups):
    """Put an axis into another one of which the first part numbers groups: (group, axis, rest)."""
    if groups == 1:
        return _into(x, source, destination)
    x = move(x, source, 0)
    x = move(_out_of(x, destination + 1, groups), 0, destination + 1)
    return _merge(_merge(x, destination), destination)
