"""Mutable references: the same as NumPy's arrays, however the function that uses them is run."""

import warnings

import numpy as np
import pytest

import hloom
from control import message_of
from hloom import lax, numpy as hnp
from hloom.frontend.errors import (
    RefError,
)

START = np.array([1.0, 2.0, 3.0], np.float32)
X = 1.5


# ---------------------------------------------------------------- functions of a ref
def read_and_write(r, x):
    r[1] = x
    r[0] += r[1] * 2
    r[-1] *= r[0]
    return r[1:] * x


def whole(r, x):
    r[...] = r[...] * x
    r[...] += 1
    return r[...] * 2


def broadcast(r, x):
    r[...] = x
    r[1:] = 7
    r[np.array([0, 2])] += 1
    return r[::-1] + x


def views(r, x):
    tail = r.at[1:]
    tail[0] = x
    tail.at[1:][...] += 2.0
    return tail[...] + tail.at[1][...]


def views_of_numpy(r, x):
    tail = r[1:]
    tail[0] = x
    tail[1:] += 2.0
    return tail + tail[1]


def functions(r, x):
    before = hloom.ref.swap(r, 0, x)
    hloom.ref.addupdate(r, np.array([1, 1]), x)
    hloom.ref.set(r, 2, before)
    r.addupdate(1.0)
    return hloom.ref.get(r, slice(0, 2)) + hloom.ref.get(r)[2]


def functions_of_numpy(r, x):
    before = r[0]
    r[0] = x
    np.add.at(r, [1, 1], x)
    r[2] = before
    r += 1.0
    return r[:2] + r[2]


def nothing(r, x):
    return r[0] * x


def in_scan(r, x):
    def body(c, y):
        r[0] += y * x
        return c + r[0], r[...] * c

    return lax.scan(body, x, hnp.arange(3.0))


def in_scan_of_numpy(r, x):
    c, ys = x, []
    for y in np.arange(3.0):
        r[0] += y * x
        ys.append(r * c)
        c = c + r[0]
    return c, np.stack(ys)


def in_scan_read(r, x):
    return lax.scan(lambda c, y: (c * r[1], c + y), x, hnp.arange(3.0))


def in_scan_read_of_numpy(r, x):
    return x * r[1] ** 3, np.array([x, x * r[1] + 1, x * r[1] ** 2 + 2])


def along_refs(r, x):
    def body(c, parts):
        part, y = parts["r"], parts["y"]
        part[...] += c * y
        return c + 1, part[...]

    return lax.scan(body, x, {"r": r, "y": hnp.arange(3.0)}, reverse=True)[1]


def along_refs_of_numpy(r, x):
    r += np.array([0.0, x + 1, 2 * x])
    return r.copy()


def in_fori(r, x):
    def body(i, c):
        r[i] = r[i] * c
        return c + 1

    return lax.fori_loop(0, 3, body, x)


def in_fori_of_numpy(r, x):
    for i in range(3):
        r[i] *= x + i
    return x + 3


def in_while(r, x):
    def body(i):
        r[0] += x
        r[2] = r[0] * r[1]
        return i + 1

    return lax.while_loop(lambda i: r[0] + r[1] < 9, body, 0)


def in_while_of_numpy(r, x):
    n = 0
    while r[0] + r[1] < 9:
        r[0] += x
        r[2] = r[0] * r[1]
        n += 1
    return n


def in_branches(r, x):
    q = hloom.new_ref(hnp.zeros(2))

    def first(y):
        r[0] = y + q[1]
        return r[1]

    def second(y):
        q[1] = r[0]
        return y * r[2]

    def third(y):
        return y

    found = [lax.switch(i, [first, second, third], x) for i in (1, 0, 2, 1)]
    found.append(lax.cond(r[0] > 2, first, third, x))
    return hnp.stack([*found, *q])


def in_branches_of_numpy(r, x):
    a = r[0]
    first = x + a
    r[0] = first + (x + a if first > 2 else 0) - (first if first > 2 else 0)
    found = [x * r[2], r[1], x, x * r[2]]
    q = first
    if first > 2:
        r[0] = x + q
        found.append(r[1])
    else:
        found.append(x)
    return np.array([*found, 0, q])


def nested(r, x):
    def inner(i, _):
        lax.cond(i % 2 == 0, lambda: r.addupdate(x, i), lambda: None)

    def outer(c, y):
        lax.fori_loop(0, 3, hloom.jit(inner), None)
        r[1] += y
        return c, r[0]

    return lax.scan(outer, None, hnp.arange(2.0))[1]


def nested_of_numpy(r, x):
    found = []
    for y in range(2):
        r[0] += x
        r[2] += x
        r[1] += y
        found.append(r[0])
    return np.array(found)


CASES = {
    read_and_write: read_and_write,
    whole: whole,
    broadcast: broadcast,
    views: views_of_numpy,
    functions: functions_of_numpy,
    nothing: nothing,
    in_scan: in_scan_of_numpy,
    in_scan_read: in_scan_read_of_numpy,
    along_refs: along_refs_of_numpy,
    in_fori: in_fori_of_numpy,
    in_while: in_while_of_numpy,
    in_branches: in_branches_of_numpy,
    nested: nested_of_numpy,
}


# ---------------------------------------------------------------- ways to run them
def at_once(fun, r, x):
    return fun(r, x)


def jit_argument(fun, r, x):
    return hloom.jit(fun)(r, x)


def jit_keyword_in_tree(fun, r, x):
    return hloom.jit(lambda x, *, state: fun(state["r"], x))(x, state={"r": r})


def jit_closed_over(fun, r, x):
    return hloom.jit(lambda x: fun(r, x))(x)


def jit_in_jit(fun, r, x):
    return hloom.jit(lambda r, x: hloom.jit(fun)(r, x))(r, x)


def made_in_jit(fun, r, x):
    def run(a, x):
        made = hloom.new_ref(a)
        result = fun(made, x)
        return result, hloom.freeze(made)

    result, r[...] = hloom.jit(run)(r[...], x)
    return result


def in_a_scan(fun, r, x):
    return pick(lax.scan(lambda c, x: (c, fun(r, x)), None, hnp.array([x]))[1])


def in_a_branch(fun, r, x):
    return lax.cond(True, fun, lambda r, x: empty_like(fun, x), r, x)


def checkpointed(fun, r, x):
    return hloom.checkpoint(fun)(r, x)


def in_a_derivative(fun, r, x):
    return hloom.grad(lambda z: (z, fun(r, x)), has_aux=True)(2.0)[1]


def mapped(fun, r, x):
    rows = hloom.new_ref(hnp.stack([r[...], r[...]], axis=1))
    result = hloom.vmap(fun, in_axes=(1, None))(rows, x)
    r[...] = rows[:, 1]
    return pick(result)


def made_in_vmap(fun, r, x):
    def run(a, x):
        made = hloom.new_ref(a)
        return fun(made, x), made[...]

    result, last = hloom.vmap(run, in_axes=(None, 0))(r[...], hnp.array([x, 2 * x]))
    r[...] = last[0]
    return pick(result)


def without_jit(fun, r, x):
    with hloom.disable_jit():
        return hloom.jit(fun)(r, x)


WAYS = [
    at_once, jit_argument, jit_keyword_in_tree, jit_closed_over, jit_in_jit, made_in_jit,
    in_a_scan, in_a_branch, checkpointed, in_a_derivative, mapped, made_in_vmap, without_jit,
]  # fmt: skip


def pick(tree):
    """The first of the results that are stacked along axis 0."""
    return hloom.tree.map(lambda y: y[0], tree)


def empty_like(fun, x):
    shapes = hloom.eval_shape(lambda x: fun(hloom.new_ref(START), x), x)
    return hloom.tree.map(lambda s: hnp.zeros(s.shape, s.dtype), shapes)


@pytest.mark.parametrize("fun", CASES, ids=lambda f: f.__name__)
def test_a_ref_is_like_an_array_of_numpy(fun):
    wanted = START.copy()
    result = CASES[fun](wanted, X)
    for way in WAYS:
        r = hloom.new_ref(START)
        found = hloom.tree.leaves(way(fun, r, X))
        for y, z in zip(found, hloom.tree.leaves(result), strict=True):
            np.testing.assert_allclose(y, z, rtol=1e-6, err_msg=way.__name__)
        np.testing.assert_allclose(r[...], wanted, rtol=1e-6, err_msg=way.__name__)
        assert r.aval == hloom.ref.AbstractRef(hloom.typeof(hnp.asarray(START))), way.__name__


DIFFERENTIABLE = [f for f in CASES if f is not in_while]


@pytest.mark.parametrize("fun", DIFFERENTIABLE, ids=lambda f: f.__name__)
def test_derivatives_through_a_ref(fun, wide):
    def total(x, simulate=None):
        start = START.astype(np.float64) * x
        r = start if simulate else hloom.new_ref(start)
        found = (simulate or fun)(r, x)
        return sum([y.sum() for y in map(hnp.asarray, hloom.tree.leaves(found))]) + r[0] * r[2]

    h = 1e-5
    wanted = (total(X + h, CASES[fun]) - total(X - h, CASES[fun])) / (2 * h)
    for derivative in (
        hloom.grad(total),
        hloom.jit(hloom.grad(total)),
        hloom.grad(hloom.jit(total)),
        hloom.jacfwd(total),
        hloom.grad(hloom.checkpoint(total)),
        lambda x: hloom.vmap(hloom.grad(total))(hnp.array([x, 2.0]))[0],
    ):
        np.testing.assert_allclose(derivative(X), wanted, rtol=1e-7)


# ---------------------------------------------------------------- what jit keeps
def test_a_jitted_function_is_traced_once_for_all_refs_of_a_type():
    traces = []

    @hloom.jit
    def f(r, x):
        traces.append(1)
        r[0] += x

    a, b = hloom.new_ref(hnp.zeros(2)), hloom.new_ref(hnp.ones(2))
    for r in (a, b, a):
        assert f(r, 1.0) is None
    assert (a[0], b[0], len(traces)) == (2.0, 2.0, 1)
    f(hloom.new_ref(hnp.zeros(3)), 1.0)
    assert len(traces) == 2


def test_what_a_jitted_function_closes_over_is_read_at_each_call():
    scale, count = hloom.new_ref(2.0), hloom.new_ref(0)

    @hloom.jit
    def f(x):
        count[...] += 1
        return x * scale[...]

    x = hnp.arange(2.0)
    assert f(x).tolist() == [0.0, 2.0]
    scale[...] = 5.0
    assert f(x).tolist() == [0.0, 5.0]
    assert (count[...], scale[...]) == (2, 5.0)


def test_an_array_that_was_read_stays_as_it_was():
    r = hloom.new_ref(hnp.zeros(3))
    bump = hloom.jit(lambda: r.addupdate(1.0))
    bump()
    kept = r[...]
    bump()
    r[0] = 9.0
    bump()
    assert kept.tolist() == [1.0, 1.0, 1.0]
    assert r[...].tolist() == [10.0, 3.0, 3.0]


@pytest.mark.parametrize("lend", [False, True])
def test_jit_writes_in_place_but_not_in_arrays_that_others_hold(lend):
    def step(r):
        before = hloom.ref.swap(r, 0, r[0] + 1)
        return before, r[...]

    start = hnp.zeros(3)
    r = hloom.new_ref(start)
    f = hloom.jit(step) if lend else hloom.jit(lambda: step(r))
    results = [f(*[r] * lend) for _ in range(4)]
    assert [(float(b), a.tolist()) for b, a in results] == [
        (n, [n + 1, 0.0, 0.0]) for n in range(4)
    ]
    assert start.tolist() == [0.0, 0.0, 0.0]
    own = r.take()
    part = r[1:]
    f(*[r] * lend)
    assert own.is_deleted()
    kept = r[:]
    f(*[r] * lend)
    assert (kept.tolist(), part.tolist(), r[...].tolist()) == ([5, 0, 0], [0, 0], [6, 0, 0])


def test_a_ref_keeps_its_value_where_nans_are_looked_for():
    r = hloom.new_ref(hnp.ones(2))
    f = hloom.jit(lambda x: r.addupdate(hnp.log(x)))
    with hloom.debug_nans():
        f(1.0)
        with pytest.raises(hloom.errors.NanError, match="log"):
            f(-1.0)
    assert r[...].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("way", WAYS, ids=lambda f: f.__name__)
def test_no_traced_value_is_left_in_a_ref(way):
    r = hloom.new_ref(START)
    with hloom.check_tracer_leaks():
        way(nothing if way is in_a_branch else in_scan, r, X)


def test_a_read_ref_is_no_carry_and_an_untouched_one_no_operand():
    r, q = hloom.new_ref(2.0), hloom.new_ref(3.0)

    def body(c, x):
        return c * r[...], x

    program = hloom.make_program(lambda q: lax.scan(body, 1.0, hnp.ones(2)))(q)
    (scan,) = [e for e in program.eqns if e.primitive.name == "scan"]
    assert (scan.params["num_consts"], scan.params["num_carry"]) == (1, 1)


def test_the_program_of_a_function_that_writes_a_ref():
    r = hloom.new_ref(hnp.zeros(2))

    def f(x):
        r[...] = r[...] + x
        return x

    wanted = "{ lambda ; a:f32[] b:f32[2]. let c:f32[2] = add b a in (a, c) }"
    assert " ".join(str(hloom.make_program(f)(hnp.float32(1))).split()) == wanted
    assert r[...].tolist() == [0.0, 0.0]


# ---------------------------------------------------------------- derivatives and values aside
@hloom.custom_vjp
def stash(ref, x):
    """`x`, whose cotangent is put into a ref."""
    return x


def stash_bwd(ref, g):
    ref[...] = g
    return None, g


stash.defvjp(lambda ref, x: (x, ref), stash_bwd)


def loss(x, ref):
    return hnp.sin(stash(ref, x * 3.0))


def hidden(ref):
    """`loss` where only the derivative rule knows of the ref."""

    @hloom.custom_vjp
    def same(x):
        return x

    same.defvjp(lambda x: (x, None), lambda _, g: stash_bwd(ref, g)[1:])
    return lambda x: hnp.sin(same(x * 3.0))


@pytest.mark.parametrize(
    "run",
    [
        lambda x, ref: hloom.grad(loss)(x, ref),
        lambda x, ref: hloom.jit(hloom.grad(loss))(x, ref),
        lambda x, ref: hloom.grad(hloom.jit(loss))(x, ref),
        lambda x, ref: hloom.grad(hloom.jit(lambda x: loss(x, ref)))(x),
        lambda x, ref: hloom.jit(lambda x: hloom.grad(lambda x: loss(x, ref))(x))(x),
        lambda x, ref: hloom.vjp(lambda x: loss(x, ref), x)[1](1.0)[0],
        lambda x, ref: hloom.grad(hloom.jit(hidden(ref)))(x),
        lambda x, ref: hloom.grad(lambda x: lax.cond(x > 0, hidden(ref), hnp.cos, x))(x),
    ],
)
def test_a_derivative_rule_puts_the_cotangent_into_a_ref(run):
    ref = hloom.new_ref(0.0)
    np.testing.assert_allclose(run(X, ref), 3 * np.cos(3 * X), rtol=1e-6)
    np.testing.assert_allclose(ref[...], np.cos(3 * X), rtol=1e-6)


@pytest.mark.parametrize("call", [lambda f: f, hloom.jit])
def test_the_cotangents_of_each_step_of_a_scan(call):
    log, count = hloom.new_ref(hnp.zeros(3)), hloom.new_ref(1)

    @hloom.custom_vjp
    def logged(x, i):
        return x

    def bwd(i, g):
        log[i] = g * count[...]
        return g, None

    logged.defvjp(lambda x, i: (x, i), bwd)

    def f(x):
        def body(c, i):
            return lax.cond(i < 2, lambda c: logged(c, i) * x, lambda c: c * x, c), None

        return lax.scan(body, x, hnp.arange(3))[0]

    for n in (1, 2):
        count[...] = n
        log[...] = np.zeros(3)
        np.testing.assert_allclose(call(hloom.grad(f))(2.0), 4 * 2.0**3)
        np.testing.assert_allclose(log[...], n * np.array([8.0, 4.0, 0.0]))


def test_the_cotangent_of_a_ref_is_none():
    log = hloom.new_ref(0.0)
    y, pullback = hloom.vjp(lambda x, r: loss(x["a"], r["b"]), {"a": X}, {"b": log})
    (found, none) = pullback(1.0)
    np.testing.assert_allclose(found["a"], 3 * np.cos(3 * X), rtol=1e-6)
    assert none == {"b": None}
    np.testing.assert_allclose([y, log[...]], [np.sin(3 * X), np.cos(3 * X)], rtol=1e-6)


def test_cotangents_of_a_batch():
    refs = hloom.new_ref(hnp.zeros(2))
    x = np.array([0.5, 1.0], np.float32)
    hloom.vmap(hloom.grad(loss))(x, refs)
    np.testing.assert_allclose(refs[...], np.cos(3 * x), rtol=1e-6)


@pytest.mark.parametrize("call", [hloom.grad, lambda f: hloom.jit(hloom.grad(f))])
def test_values_aside_of_a_differentiated_function(call):
    log = hloom.new_ref(hnp.zeros(2))

    def f(x, log):
        y = x * x
        log[0] = lax.stop_gradient(y)
        log[1] += 1
        return y + log[1]

    assert [float(call(f)(3.0, log)) for _ in range(2)] == [6.0, 6.0]
    assert log[...].tolist() == [9.0, 2.0]


# ---------------------------------------------------------------- the box itself
def test_what_is_known_of_a_ref():
    r = hloom.new_ref(np.zeros((2, 3), np.int32))
    assert isinstance(r, hloom.Ref)
    assert (r.shape, r.dtype, r.ndim, r.size, len(r)) == ((2, 3), np.int32, 2, 6, 2)
    assert (r.at[0].shape, r.at[0, 1].ndim) == ((3,), 0)
    assert str(r.aval) == str(hloom.typeof(r)) == "Ref(i32[2,3])"
    assert hloom.eval_shape(lambda r: r[0], r) == hloom.ShapeDtypeStruct((3,), np.int32)
    assert hloom.tree.leaves({"a": r}) == [r]
    assert repr(hloom.new_ref(np.eye(2, dtype=np.float32))) == (
        "Ref([[1., 0.],\n     [0., 1.]], dtype=float32)"
    )
    np.testing.assert_array_equal(np.asarray(r), np.zeros((2, 3)))
    assert [a.tolist() for a in r] == [[0, 0, 0], [0, 0, 0]]
    assert not hloom.new_ref(0.0)


def test_the_type_of_a_ref_stays():
    r = hloom.new_ref(1.0)
    assert not r[...].weak_type
    r[...] = 2
    assert (r[...].dtype, r[...].weak_type) == (np.float32, False)
    with pytest.warns(FutureWarning, match="loses something"):
        hloom.new_ref(np.zeros(2, np.int32))[0] = 1.5


def test_the_end_of_a_ref():
    r = hloom.new_ref(hnp.ones(2))
    value = hloom.freeze(r)
    assert value.tolist() == [1.0, 1.0]
    assert repr(r) == "Ref(f32[2], frozen)"
    for use in (lambda: r[0], lambda: r.addupdate(1.0), lambda: hloom.jit(lambda: r[...])()):
        assert message_of(RefError, use) == [
            "the ref is used after its end",
            "    Ref(f32[2]) was frozen",
            "    make a new one",
        ]
    freed = hloom.empty_ref(hloom.ShapeDtypeStruct((2,), "int32"))
    assert freed[...].tolist() == [0, 0]
    hloom.free_ref(freed)
    assert repr(freed) == "Ref(i32[2], freed)"


def test_a_warning_free_write_of_an_equal_type():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        r = hloom.new_ref(np.zeros(2, np.int32))
        r[0] = 3
        r[...] = np.ones(2, np.int32)
    assert r[...].tolist() == [1, 1]
