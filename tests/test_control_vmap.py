"""vmap of control flow, and of its derivatives: the same as one call at a time."""

import numpy as np
import pytest

import hloom
from control import H0, XS, W, close, looped, reverse, rnn, scan_in_cond_in_scan, total
from hloom import lax, numpy as hnp

pytestmark = pytest.mark.usefixtures("wide")


@pytest.mark.parametrize(
    "in_axes",
    [(0, None, None), (None, 0, None), (None, None, 0), (None, None, 1), (1, 1, 1), (0, None, 2)],
)
def test_vmap_of_scan(in_axes):
    args = [
        a if d is None else np.stack([a, a * 0.5, a + 0.1], d)
        for a, d in zip((W, H0, XS), in_axes, strict=True)
    ]
    mapped = hloom.vmap(rnn, in_axes=in_axes)
    close(mapped(*args), looped(rnn, args, in_axes))
    close(hloom.jit(mapped)(*args), looped(rnn, args, in_axes))
    gradient = hloom.grad(lambda *a: total(rnn(*a)), argnums=(0, 1, 2))
    close(hloom.vmap(gradient, in_axes=in_axes)(*args), looped(gradient, args, in_axes))

    reverse(lambda *a: total(mapped(*a)), tuple(args))


def test_vmap_of_scan_batches_no_more_than_it_must():
    def f(x):
        return lax.scan(lambda c, e: ((c[0] + 1, c[1] * e), c[0]), (0, x), np.ones(3))

    program = hloom.make_program(hloom.vmap(f))(np.ones(5))
    (eqn,) = [e for e in program.eqns if e.primitive.name == "scan"]
    shapes = [v.aval.shape for v in eqn.outvars]
    assert shapes == [(), (5,), (3,)]


def test_vmap_of_while_loop():
    def f(x, limit, step):
        return lax.while_loop(lambda s: s[0] < limit, lambda s: (s[0] + step, s[1] * 2.0), (x, 1.0))

    args = (np.array([0.0, 3.0, 20.0]), np.array([5.0, 10.0, 7.0]), np.array([1.0, 0.5, 0.25]))
    for in_axes in [(0, None, None), (None, 0, None), (None, None, 0), (0, 0, 0)]:
        given_args = [a if d == 0 else a[0] for a, d in zip(args, in_axes, strict=True)]
        expected = looped(f, given_args, in_axes)
        close(hloom.vmap(f, in_axes=in_axes)(*given_args), expected)
        close(hloom.jit(hloom.vmap(f, in_axes=in_axes))(*given_args), expected)


def test_vmap_of_while_loop_with_one_predicate_for_all():
    def f(x):
        return lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * 2.0), (0, x))[1]

    close(hloom.vmap(f)(np.arange(3.0)), 8 * np.arange(3.0))
    program = hloom.make_program(hloom.vmap(f))(np.arange(3.0))
    (eqn,) = program.eqns
    assert [v.aval.shape for v in eqn.outvars] == [(), (3,)]


def test_forward_derivative_of_a_batched_while_loop():
    def f(x):
        return lax.while_loop(lambda y: y < 10, lambda y: y * x, x)

    xs = np.array([1.5, 2.0, 4.0])
    tangents = hloom.vmap(lambda x: hloom.jvp(f, (x,), (1.0,))[1])(xs)
    batched = hloom.jvp(hloom.vmap(f), (xs,), (np.ones(3),))[1]
    close((tangents, batched), (looped(hloom.jacfwd(f), [xs], (0,)),) * 2)


@pytest.mark.parametrize("in_axes", [(0, None, None), (None, 0, None), (0, 0, 1), (None, None, 1)])
def test_vmap_of_cond(in_axes):
    def f(p, x, y):
        return lax.cond(p, lambda x: (x * 2, x + y), lambda x: (x, y * y), x)

    base = (True, H0, XS[0])
    args = [
        a if d is None else np.stack([a, np.negative(a) if i else not a, a], d)
        for i, (a, d) in enumerate(zip(base, in_axes, strict=True))
    ]
    close(hloom.vmap(f, in_axes=in_axes)(*args), looped(f, args, in_axes))
    gradient = hloom.grad(lambda p, x, y: total(f(p, x, y)), argnums=(1, 2))
    close(hloom.vmap(gradient, in_axes=in_axes)(*args), looped(gradient, args, in_axes))


def test_vmap_keeps_the_choice_of_an_unbatched_predicate():
    def f(p, x):
        return lax.cond(p, hnp.sin, hnp.cos, x)

    kept = hloom.make_program(hloom.vmap(f, in_axes=(None, 0)))(True, np.ones(3))
    assert [e.primitive.name for e in kept.eqns] == ["cond"]
    chosen = hloom.make_program(hloom.vmap(f))(np.ones(3, bool), np.ones(3))
    assert "cond" not in [e.primitive.name for e in chosen.eqns]


def test_vmap_of_switch():
    branches = [lambda x: x, lambda x: x * x, lambda x: hnp.sin(x)]

    def f(i, x):
        return lax.switch(i, branches, x)

    args = (np.array([2, 0, 1, 7]), np.array([0.1, 0.2, 0.3, 0.4]))
    close(hloom.vmap(f)(*args), looped(f, args, (0, 0)))
    gradient = hloom.grad(f, argnums=1)
    close(hloom.vmap(gradient)(*args), looped(gradient, args, (0, 0)))


def test_vmap_of_nested_control_flow():
    args = (np.array([0.4, 0.1]), np.array([0.9, 1.2]))
    for in_axes in [(0, None), (None, 0), (0, 0)]:
        chosen = [a if d == 0 else a[0] for a, d in zip(args, in_axes, strict=True)]
        expected = looped(scan_in_cond_in_scan, chosen, in_axes)
        close(hloom.vmap(scan_in_cond_in_scan, in_axes=in_axes)(*chosen), expected)
        gradient = hloom.grad(lambda x, w: total(scan_in_cond_in_scan(x, w)), argnums=(0, 1))
        close(
            hloom.vmap(gradient, in_axes=in_axes)(*chosen), looped(gradient, chosen, in_axes), 1e-8
        )


def test_arguments_that_are_not_mapped_may_be_anything():
    def f(x, how):
        return x if how == "plain" else -x

    assert hloom.vmap(f, in_axes=(0, None))(hnp.ones(2), "plain").tolist() == [1, 1]
    assert hloom.vmap(f, in_axes=(0, None))(hnp.ones(2), None).tolist() == [-1, -1]
    with pytest.raises(hloom.errors.ArgumentError, match="argument 1 is 'plain' of type str"):
        hloom.vmap(f)(hnp.ones(2), "plain")


@pytest.mark.parametrize("compile", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_indexing_of_no_lanes(compile):
    x, i = hnp.zeros((0, 3)), hnp.zeros((0,), int)
    lanes = lambda f: compile(hloom.vmap(f))(x, i).shape
    assert lanes(lambda x, i: x.at[i].set(1.0)) == (0, 3)
    assert lanes(lambda x, i: x[i]) == (0,)
    assert lanes(lambda x, i: x.take(0) + i) == (0,)
    assert lanes(lambda x, i: x[hnp.array([0, 2])] * i) == (0, 2)
    assert lanes(lambda x, i: lax.dynamic_slice(x, (i,), (2,))) == (0, 2)


@pytest.mark.parametrize("compile", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_branches_that_a_lane_does_not_take_have_no_derivatives_there(compile):
    # sqrt has an infinite derivative at 0, where another branch is taken
    def each(x, w):
        f = lambda x: lax.cond(x > 0, lambda x: hnp.sqrt(w * x), lambda x: w * x, x)
        return hloom.vmap(f)(x).sum()

    dx, dw = compile(hloom.grad(each, (0, 1)))(hnp.array([0.0, 1.0, 4.0]), 4.0)
    assert dx.tolist() == [4.0, 1.0, 0.5]
    assert float(dw) == 0.75
