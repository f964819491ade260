"""Top-level functions that look at or divide what runs: halves of reverse mode, live arrays."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom import lax

X = np.arange(3, dtype=np.float32)


@pytest.mark.parametrize("jitted", [False, True])
def test_fwd_and_bwd(jitted):
    f = lambda w, x: (jnp.sum(w * x**2), {"x": x})
    fwd, bwd = hloom.fwd_and_bwd(f, argnums=1, has_aux=True, jitted=jitted)
    y, residuals, aux = fwd(2.0, X)
    assert float(y) == 10
    np.testing.assert_array_equal(aux["x"], X)
    np.testing.assert_array_equal(bwd(residuals, 1.0), 4 * X)
    both = hloom.fwd_and_bwd(f, argnums=(-1, 0), has_aux=True, jitted=jitted)
    dx, dw = both[1](both[0](2.0, X)[1], 1.0)
    np.testing.assert_array_equal(dx, 4 * X)
    assert float(dw) == 5
    assert hasattr(fwd, "lower") == jitted


def test_jacobian():
    np.testing.assert_array_equal(hloom.jacobian(lambda x: x**2)(X), np.diag(2 * X))


def test_live_arrays():
    x = jnp.full((7, 11, 13), 3.0)
    mine = lambda: [a for a in hloom.live_arrays() if a.shape == (7, 11, 13)]
    (found,) = mine()
    assert found.aval is x.aval
    np.testing.assert_array_equal(found, x)
    del found
    x.delete()
    assert mine() == []


def test_ensure_compile_time_eval():
    @hloom.jit
    def f(x):
        with hloom.ensure_compile_time_eval():
            n = jnp.sum(jnp.arange(3))
            assert int(n) == 3
            inner = hloom.jit(lambda y: y * 2)(n)
        return x * inner

    np.testing.assert_array_equal(f(X), 6 * X)
    names = [e.primitive.name for e in f.trace(X).program.eqns]
    assert names == ["convert_element_type", "mul"]


@pytest.mark.parametrize("transform", [hloom.jit, hloom.grad, hloom.vmap, lambda f: f])
def test_ensure_compile_time_eval_leaves_traced_values_to_their_trace(transform):
    def f(x):
        with hloom.ensure_compile_time_eval():
            places = jnp.nonzero(jnp.array([0, 1, 0, 1]))[0]  # its shape depends on values
            y = jnp.where(x == x, x * places.sum(), 0.0)
            table = jnp.linspace(0, 1, 3)[places.clip(0, 1)]
        assert not isinstance(table, hloom.core.Tracer)
        return y * len(places) + table.sum()

    x = jnp.arange(3.0) if transform is hloom.vmap else jnp.asarray(2.0)
    wanted = 8.0 if transform is hloom.grad else x * 8 + 1
    np.testing.assert_array_equal(transform(f)(x), wanted)


@pytest.mark.parametrize(
    "read",
    [
        lambda x, i: lax.top_k(operand=x, k=1)[0],
        lambda x, i: lax.dynamic_slice(np.arange(5.0, dtype=np.float32), [i], (2,)),
    ],
)
def test_traced_values_by_keyword_and_in_lists_are_left_too(read):
    def f(x, i):
        with hloom.ensure_compile_time_eval():
            return read(x, i)

    np.testing.assert_array_equal(hloom.jit(f)(X, 2), read(X, 2))


def test_copies_to_the_host_begin():
    tree = {"a": jnp.ones(3), "b": 3}
    assert hloom.copy_to_host_async(tree) is tree
    hloom.jit(lambda x: hloom.copy_to_host_async(x))(X)


def test_processes_and_environment(capsys):
    assert hloom.process_indices() == hloom.host_ids() == [0]
    assert all(isinstance(d, hloom.Device) for d in hloom.devices())
    assert (hloom.host_id(), hloom.host_count()) == (0, 1)
    hloom.print_environment_info()
    text = capsys.readouterr().out
    assert text == hloom.print_environment_info(return_string=True) + "\n"
    for word in ("hloom:", "jaxlib:", "numpy:", "devices:", "enable_x64=False"):
        assert word in text


def test_float0():
    gradient = hloom.grad(lambda n: n * 1.0, allow_int=True)(3)
    assert gradient.dtype == hloom.float0


def test_stages_and_core():
    traced = hloom.jit(lambda x, y: x["a"] + y, donate_argnums=1).trace({"a": X}, X)
    assert isinstance(traced, hloom.stages.Traced)
    args, kwargs = traced.args_info
    assert [i.donated for i in (args[0]["a"], args[1])] == [False, True]
    assert (args[1].shape, args[1].dtype, kwargs) == ((3,), np.float32, {})
    lowered = traced.lower()
    assert isinstance(lowered, hloom.stages.Lowered)
    assert lowered.args_info == traced.args_info
    assert lowered.out_info.shape == (3,)
    assert isinstance(lowered.compile(), hloom.stages.Compiled)
    assert isinstance(hloom.typeof(X), hloom.core.ShapedArray)
    assert isinstance(traced.program, hloom.core.Program)
