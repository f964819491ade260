"""What every operation promises, for each row of the table in ops.py.

Each test makes one program of all that it asks of a row, since compiling is what takes the time.
For the same reason derivatives and batches of pointwise rows are run by StableHLO's interpreter.
"""

import itertools

import numpy as np
import pytest

import hloom
import ops
from hloom.frontend import dtypes
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import RuleError
from hloom.frontend.trace import stage
from hloom.lowering.module import lower
from hloom.transforms.physical import physical
from hurry import hurried
from interpreter import interpreted

pytestmark = pytest.mark.usefixtures("wide")

ROWS = ops.collect()
SMOOTH = [row for row in ROWS if row.grad]
POINTWISE = [row for row in ROWS if any(p.family == "elementwise" for p in row.covers)]
STEP = 1e-4


def each(rows):
    """One test for each row, with its name."""
    return pytest.mark.parametrize("row", rows, ids=repr)


def outputs(result):
    """The results of a row's function as a list."""
    return list(result) if isinstance(result, list | tuple) else [result]


def bound(row, case):
    """The row's function of arrays only, giving a list."""
    return lambda *xs: outputs(row.function(*xs, **case.params))


def runner(row):
    """What runs a function: the interpreter for pointwise rows, else XLA, in a hurry."""
    return interpreted if row in POINTWISE else hurried


def main_dtype(row):
    """The dtype for what is not checked in all of them."""
    return "float64" if "float64" in row.dtypes else row.dtypes[-1]


def wide(x):
    """NumPy values as the oracle gets them: floats as float64, complex numbers as complex128."""
    x = np.asarray(x)
    kind = dtypes.dtype(x.dtype)
    if dtypes.is_float(kind):
        return x.astype(np.float64)
    return x.astype(np.complex128) if dtypes.is_complex(kind) else x


def close(got, want, rtol, atol):
    """Assert equality up to tolerances; NaN equals NaN, and subnormal numbers 0."""
    dtype = got.dtype
    if not dtypes.is_inexact(dtypes.dtype(dtype)):
        np.testing.assert_array_equal(got, want)
        return
    tiny = float(dtypes.finfo(dtype).smallest_normal)
    with np.errstate(all="ignore"):
        want = np.asarray(want).astype(dtype)
    np.testing.assert_allclose(wide(got), wide(want), rtol, max(atol, tiny))


def expected(row, case, xs):
    """The oracle's results for operands as made."""
    with np.errstate(all="ignore"):
        return outputs(row.oracle(*(map(wide, xs) if row.wide else xs), **case.params))


# ---------------------------------------------------------------- values
@each(ROWS)
def test_oracle(row):
    samples = [
        (case, case.make(dtype))
        for case in [*row.cases, *row.edges]
        for dtype in row.dtypes
        if case.fits(dtype)
    ]
    flat = [x for _, xs in samples for x in xs]

    def everything(*xs):
        rest = iter(xs)
        return [bound(row, case)(*itertools.islice(rest, len(ys))) for case, ys in samples]

    for (case, xs), got in zip(samples, hloom.jit(everything)(*flat), strict=True):
        wanted = expected(row, case, xs)
        assert len(got) == len(wanted)
        for g, w in zip(got, wanted, strict=True):
            assert g.shape == np.shape(w)
            close(np.asarray(g), w, *row.tolerance(g.dtype))


@each(ROWS)
def test_eager_is_jit(row):
    case = row.cases[0]
    xs = case.make(main_dtype(row))
    f = bound(row, case)
    for eager, jitted in zip(f(*xs), hloom.jit(f)(*xs), strict=True):
        assert eager.aval is jitted.aval
        close(np.asarray(eager), np.asarray(jitted), *row.tolerance(eager.dtype))


@each(POINTWISE)
def test_scalars_and_empty_arrays(row):
    """An operand of rank 0 goes with every shape, in values and in derivatives."""
    case = row.cases[0]
    xs = [x.ravel()[:2] for x in case.make(main_dtype(row))]
    ranks = [r for r in itertools.product((0, 1), repeat=len(xs)) if sum(r) in (0, len(xs) - 1)]
    mixed = [[x if r else x[0] for x, r in zip(xs, rank, strict=True)] for rank in ranks]
    empty = [np.zeros((2, 0, 3), x.dtype) for x in xs]
    active = row.active(xs) if row.grad else []

    def everything(mixed, empty):
        f = bound(row, case)
        return [with_vjp(f, ys, active) for ys in mixed], f(*empty)

    results, nothing = runner(row)(everything)(mixed, empty)
    assert nothing[0].shape == (2, 0, 3)
    for ys, (got, tangents, cotangents) in zip(mixed, results, strict=True):
        (w,) = expected(row, case, [np.broadcast_to(y, (2,)) for y in ys])
        w = w if any(y.ndim for y in ys) else w[0]
        assert got[0].shape == w.shape
        close(np.asarray(got[0]), w, *row.tolerance(dtypes.dtype(got[0].dtype)))
        if active:
            assert tangents[0].shape == got[0].shape
            assert [c.shape for c in cotangents] == [np.shape(ys[i]) for i in active]
            total = sum(float(np.sum(np.real(c))) for c in cotangents)
            np.testing.assert_allclose(np.sum(np.real(tangents[0])), total, 1e-12)


def with_vjp(f, xs, active):
    """f(*xs), and what its derivative and the transpose of it make of ones."""
    if not active:
        return f(*xs), [], []
    g = on_active(f, xs, active)
    ys = [xs[i] for i in active]
    got, tangents = hloom.jvp(g, ys, [np.ones(y.shape, y.dtype) for y in ys])
    _, back = hloom.vjp(g, *ys)
    return got, tangents, back([np.ones(y.shape, y.dtype) for y in got])


def on_active(f, xs, active):
    """The list of inexact results of `f` as a function of the operands at `active`."""

    def g(*ys):
        full = list(xs)
        for i, y in zip(active, ys, strict=True):
            full[i] = y
        return [y for y in f(*full) if dtypes.is_inexact(y.dtype)]

    return g


# ---------------------------------------------------------------- derivatives
def directions(like, seed):
    """Arrays of numbers in [-1, 1], complex where `like` is."""
    rng = np.random.default_rng(seed)
    made = []
    for x in like:
        v = rng.uniform(-1, 1, np.shape(x))
        if np.iscomplexobj(x):
            v = v + 1j * rng.uniform(-1, 1, np.shape(x))
        made.append(np.asarray(v))
    return made


def along(f, xs, vs):
    """The derivative of `f`, NumPy to a list of arrays, at `xs` in the direction `vs`."""
    at = [f([x + k * STEP * v for x, v in zip(xs, vs, strict=True)]) for k in (-2, -1, 1, 2)]
    # an element that is infinite, such as the largest of nothing, does not change
    at = [[np.where(np.isinf(y), 0, y) for y in ys] for ys in at]
    return [(a - 8 * b + 8 * c - d) / (12 * STEP) for a, b, c, d in zip(*at, strict=True)]


def product(xs, ys):
    """The real part of the sum of products, by which cotangents are paired with tangents."""
    return sum(np.sum(x * y).real for x, y in zip(xs, ys, strict=True))


def differentiable(rows):
    """A test for each row and wide dtype that has derivatives."""
    pairs = [(r, d) for r in rows for d in ("float64", "complex128") if d in r.dtypes]
    return pytest.mark.parametrize(("row", "dtype"), pairs, ids=str)


@differentiable(SMOOTH)
def test_derivatives(row, dtype):
    for case in row.cases:
        xs = case.make(dtype)
        active = row.active(xs)
        if not active:
            continue
        g = on_active(bound(row, case), xs, active)

        def everything(ys, v, u, w, g=g):
            value, tangent = hloom.jvp(g, ys, v)
            w = w[: len(value)]
            back = hloom.vjp(g, *ys)[1](w)
            if row.order < 2:
                return value, tangent, back

            def slope(*ys):
                return hloom.jvp(g, ys, v)[1]

            curve = hloom.jvp(slope, ys, u)[1]
            return value, tangent, back, curve, hloom.vjp(slope, *ys)[1](w)

        program = runner(row)(everything)
        at = [xs[i] for i in active]
        v, u = directions(at, 1), directions(at, 2)
        shapes = hloom.eval_shape(g, *at)
        w = directions([np.zeros(s.shape, s.dtype) for s in shapes], 3)

        def run(ys, program=program, v=v, u=u, w=w):
            return [[np.asarray(x) for x in xs] for xs in program(ys, v, u, w)]

        _, tangent, back, *second = run(at)
        agree(tangent, along(lambda ys: run(ys)[0], at, v), row.grad_tol)
        assert_product(tangent, w, back, v)
        if second:
            curve, bend = second
            agree(curve, along(lambda ys: run(ys)[1], at, u), row.grad_tol)
            assert_product(curve, w, bend, u)


def agree(got, want, rtol):
    """Assert that derivatives equal differences, up to `rtol` of the largest of each array."""
    for g, w in zip(got, want, strict=True):
        assert np.isfinite(g).all()
        scale = max(1.0, float(np.max(np.abs(w), initial=0)))
        np.testing.assert_allclose(g, w, rtol, rtol * scale)


def assert_product(tangents, w, cotangents, v):
    """Assert ⟨Jv, w⟩ = ⟨v, Jᵀw⟩, up to the rounding of its terms and of numbers near 1."""
    size = sum(np.sum(np.abs(t * x)) for t, x in zip(tangents, w, strict=True))
    error = 1e-12 * float(size) + 1e-14
    np.testing.assert_allclose(product(tangents, w), product(cotangents, v), 1e-10, error)


# ---------------------------------------------------------------- batches
BATCH = 3


def stacked(row, case, dtype):
    """Samples of a case, the swept operands of each different, and the batchings to check."""
    samples = [case.make(dtype, seed) for seed in range(BATCH)]
    return samples, row.batchings(samples[0], case.swept())


def batched(samples, dims):
    """The operands of a batch: stacked at `dims`, or those of the first sample."""
    columns = zip(*samples, strict=True)
    return [xs[0] if d is None else np.stack(xs, d) for xs, d in zip(columns, dims, strict=True)]


def one(samples, dims, i):
    """The operands of one member of a batch."""
    return [samples[0 if d is None else i][k] for k, d in enumerate(dims)]


@each(ROWS)
def test_vmap_is_a_loop(row):
    dtype = main_dtype(row)
    for case in row.cases:
        samples, batchings = stacked(row, case, dtype)
        f = bound(row, case)
        operands = [batched(samples, dims) for dims in batchings]

        def everything(operands, f=f, batchings=batchings):
            return [
                hloom.vmap(f, in_axes=dims)(*xs)
                for dims, xs in zip(batchings, operands, strict=True)
            ]

        results = runner(row)(everything)(operands)
        single = runner(row)(f)
        for dims, got in zip(batchings, results, strict=True):
            members = [single(*one(samples, dims, i)) for i in range(BATCH)]
            for g, *want in zip(got, *members, strict=True):
                want = np.stack([np.asarray(x) for x in want])
                assert g.shape == want.shape
                close(np.asarray(g), want, *row.tolerance(dtypes.dtype(g.dtype)))


@each([r for r in SMOOTH if r.mixed and main_dtype(r) in ("float64", "complex128")])
def test_vmap_of_grad_and_grad_of_vmap(row):
    dtype = main_dtype(row)
    case = row.cases[0]
    samples, _ = stacked(row, case, dtype)
    active = row.active(samples[0])
    dims = [0 if i in active else None for i in range(len(samples[0]))]
    f = bound(row, case)
    g = on_active(f, samples[0], active)
    shapes = hloom.eval_shape(g, *[samples[0][i] for i in active])
    w = directions([np.zeros((BATCH, *s.shape), s.dtype) for s in shapes], 5)
    xs = batched(samples, dims)
    ys = [xs[i] for i in active]

    def pull(ys, w):
        return hloom.vjp(g, *ys)[1](w)

    def everything(ys, w):
        return hloom.vmap(pull)(ys, w), hloom.vjp(hloom.vmap(g), *ys)[1](w)

    inside, outside = runner(row)(everything)(ys, w)
    single = runner(row)(pull)
    members = [single([y[i] for y in ys], [x[i] for x in w]) for i in range(BATCH)]
    for a, b, *want in zip(inside, outside, *members, strict=True):
        want = np.stack([np.asarray(x) for x in want])
        np.testing.assert_allclose(a, want, 1e-10, 1e-10)
        np.testing.assert_allclose(b, want, 1e-10, 1e-10)


# ---------------------------------------------------------------- StableHLO
@each(ROWS)
def test_module_is_verified_and_portable(row):
    for case, dtype in itertools.product(row.cases, row.dtypes):
        xs = case.make(dtype)
        avals = [ShapedArray(x.shape, dtypes.dtype(x.dtype)) for x in xs]
        program = physical(stage(bound(row, case), avals))
        assert lower(program).ir.operation.verify()
        if row.refused:
            with pytest.raises(RuleError) as refusal:
                lower(program, target="portable")
            assert row.refused in str(refusal.value)
            continue
        portable = lower(program, target="portable")
        assert portable.ir.operation.verify()
        text = portable.text()
        assert "chlo." not in text
        assert ("custom_call" in text) == row.custom_call
