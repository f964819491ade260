"""Names for parts of a program reach StableHLO's locations and XLA's metadata."""

import re
import threading

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend import source

X = np.ones(3, np.float32)


def f(x):
    with hloom.named_scope("outer"):
        x = jnp.sin(x)
        with hloom.named_scope("inner"):
            x = x * 2
    return jnp.sum(jnp.exp(x))


def named(text):
    return set(re.findall(r'op_name="([^"]*)"', text))


@pytest.mark.parametrize(
    "way", [lambda f: f, hloom.grad, lambda f: hloom.vmap(f, 0, 0)], ids=["f", "grad", "vmap"]
)
def test_names_stay_through_transformations(way):
    x = np.ones((2, 3), np.float32) if way is not hloom.grad else X
    lowered = hloom.jit(way(f)).lower(x)
    text = lowered.as_text(debug_info=True)
    assert 'loc("outer"(' in text
    assert 'loc("outer/inner"(' in text
    assert "test_scopes.py" in text
    assert named(lowered.compile().as_text()) & {"outer", "outer/inner"}


def test_programs_that_differ_in_names_are_compiled_apart():
    def build(name):
        return hloom.jit(hloom.named_scope(name)(lambda x: jnp.cos(x)))

    for name in ("first", "second"):
        assert named(build(name).lower(X).compile().as_text()) == {name}


def test_named_call_and_errors():
    @hloom.named_call
    def block(x):
        return x + jnp.ones(4)

    other = hloom.named_call(lambda x: x + 1, name="other")
    text = hloom.jit(other).lower(X).as_text(debug_info=True)
    assert 'loc("other"(' in text
    assert block.__name__ == "block"
    with pytest.raises(ValueError, match=re.escape("at test_scopes.py")):
        hloom.jit(block)(X)
    with pytest.raises(TypeError, match="the name is a string"):
        hloom.named_scope(3).__enter__()


def test_nothing_is_left_behind():
    plain = source.capture
    seen = []

    def trace():
        seen.append(hloom.jit(lambda x: x * 3).lower(X).as_text(debug_info=True))

    with hloom.named_scope("here"):
        assert source.capture is not plain
        other = threading.Thread(target=trace)
        other.start()
        other.join()
    assert "here" not in seen[0]
    assert source.capture is plain
    with pytest.raises(KeyError), hloom.named_scope("failing"):
        raise KeyError
    assert source.capture is plain
