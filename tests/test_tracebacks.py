"""Tracebacks hold the calls that the user wrote, and none of hloom's own."""

import pickle
import traceback

import pytest

import hloom
import hloom.numpy as jnp
from hloom import lax
from hloom.frontend.config import override
from hloom.frontend.keywords import judged
from hloom.frontend.source import is_internal

X = jnp.ones(3)


def divide(x):
    return 1 / 0


def compare(x):
    return x if x > 0 else -x


#: what is called -> (a call that fails, the functions of this file that it passes through)
CALLS = {
    "operator": (lambda: X @ jnp.ones(4), []),
    "library function": (lambda: jnp.concatenate([X, jnp.ones((2, 2))]), []),
    "axis": (lambda: jnp.sum(X, axis=4), []),
    "unknown keyword": (lambda: jnp.sum(X, axes=0), []),
    "linear algebra": (lambda: jnp.linalg.inv(jnp.ones((2, 3))), []),
    "update": (lambda: X.at["a"].set(1), []),
    "random": (lambda: hloom.random.normal(3), []),
    "jit": (lambda: hloom.jit(compare)(1.0), ["compare"]),
    "jit, static": (lambda: hloom.jit(divide, static_argnums=0)(1.0), ["divide"]),
    "grad": (lambda: hloom.grad(divide)(1.0), ["divide"]),
    "grad of no scalar": (lambda: hloom.grad(jnp.sin)(X), []),
    "value_and_grad": (lambda: hloom.value_and_grad(divide)(1.0), ["divide"]),
    "vjp": (lambda: hloom.vjp(divide, 1.0), ["divide"]),
    "jvp": (lambda: hloom.jvp(divide, (1.0,), (1.0,)), ["divide"]),
    "linearize": (lambda: hloom.linearize(divide, 1.0), ["divide"]),
    "jacobian": (lambda: hloom.jacfwd(divide)(1.0), ["divide"]),
    "vmap": (lambda: hloom.vmap(compare)(X), ["compare"]),
    "checkpoint": (lambda: hloom.checkpoint(divide)(1.0), ["divide"]),
    "scan": (lambda: lax.scan(lambda c, x: (divide(x), c), 0.0, X), ["<lambda>", "divide"]),
    "nested": (lambda: hloom.jit(hloom.grad(hloom.vmap(divide)))(X), ["divide"]),
}


def names_of(error):
    """The functions in a traceback, those of hloom as None."""
    entries = traceback.extract_tb(error.__traceback__)
    return [None if is_internal(e.filename) else e.name for e in entries]


@pytest.mark.parametrize("name", CALLS)
def test_only_the_calls_of_the_user_are_shown(name):
    call, through = CALLS[name]
    with override(whole_tracebacks=False), pytest.raises(Exception) as found:
        call()
    test, caller, *rest = names_of(found.value)
    assert (test, caller) == ("test_only_the_calls_of_the_user_are_shown", "<lambda>")
    assert rest == through
    with override(whole_tracebacks=True), pytest.raises(type(found.value)) as whole:
        call()
    assert None in names_of(whole.value)
    assert [n for n in names_of(whole.value) if n] == [test, caller, *through]


def test_an_error_that_never_left_hloom_is_not_shown():
    with override(whole_tracebacks=False), pytest.raises(TypeError) as found:
        jnp.histogram(X, bins={})
    assert "During handling" not in "".join(traceback.format_exception(found.value))


def test_the_error_that_was_being_handled_is_shown():
    def handle():
        try:
            divide(1)
        except ZeroDivisionError:
            X @ jnp.ones(4)

    with override(whole_tracebacks=False), pytest.raises(ValueError, match="do not fit") as found:
        handle()
    assert "division by zero" in "".join(traceback.format_exception(found.value))


def test_a_bug_of_ours_shows_where_it_is():
    made: dict = {}
    text = "def broken(x):\n    raise LookupError('no such rule')"
    exec(compile(text, lax.__file__, "exec"), made)
    with override(whole_tracebacks=False), pytest.raises(LookupError) as found:
        judged(made["broken"])(1)
    assert names_of(found.value)[-1] is None


def test_errors_bear_the_name_under_which_they_are_found():
    for name, kind in vars(hloom.errors).items():
        if isinstance(kind, type) and issubclass(kind, hloom.errors.HloomError):
            assert f"{kind.__module__}.{kind.__name__}" == f"hloom.errors.{kind.__name__}"
            assert getattr(hloom.errors, kind.__name__) is kind, name
    with pytest.raises(hloom.errors.ShapeError) as found:
        X + jnp.ones(4)
    copy = pickle.loads(pickle.dumps(found.value))
    assert type(copy) is hloom.errors.ShapeError
    assert str(copy) == str(found.value)
