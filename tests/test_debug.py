"""hloom.debug: what is printed, when, and under which transformations."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom import lax

X = np.arange(3, dtype=np.float32)


def printed(capsys):
    hloom.effects_barrier()
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("way", [lambda f: f, hloom.jit], ids=["eager", "jit"])
def test_fields(way, capsys):
    def f(x, n):
        hloom.debug.print("{} {} {y:.3f} {{}} {y!r} {name}", x, n, y=n / 3, name="a string")

    way(f)(X, 1)
    assert printed(capsys) == ["[0. 1. 2.] 1 0.333 {} array(0.33333334, dtype=float32) a string"]


def test_each_transformation(capsys):
    def f(x):
        hloom.debug.print("x = {}", x)
        return jnp.sin(x)

    runs = {
        "grad": lambda: hloom.grad(f)(0.5),
        "jit grad": lambda: hloom.jit(hloom.grad(f))(0.5),
        "grad jit": lambda: hloom.grad(hloom.jit(f))(0.5),
        "second": lambda: hloom.grad(hloom.grad(f))(0.5),
        "jvp": lambda: hloom.jvp(f, (0.5,), (1.0,)),
        "vjp": lambda: hloom.vjp(f, 0.5),
    }
    for name, run in runs.items():
        run()
        assert printed(capsys) == ["x = 0.5"], name
    lanes = ["x = 0.0", "x = 1.0", "x = 2.0"]
    for run in (hloom.vmap(f), hloom.jit(hloom.vmap(f)), hloom.vmap(hloom.grad(f))):
        run(X)
        assert printed(capsys) == lanes
    hloom.vmap(f, axis_size=2, in_axes=None)(0.5)  # not mapped: printed once
    assert printed(capsys) == ["x = 0.5"]


def test_control_flow(capsys):
    def step(c, x):
        show = lambda word: lambda: hloom.debug.print(word + " {}", x, ordered=True)
        lax.cond(x > 1, show("large"), show("small"))
        return c + x, None

    f = lambda x: lax.scan(step, 0.0, x)[0]
    for run in (f, hloom.jit(f), hloom.grad(f), hloom.jit(hloom.grad(f))):
        run(X)
        assert printed(capsys) == ["small 0.0", "small 1.0", "large 2.0"]


def test_ordered_prints_are_mapped_lane_by_lane(capsys):
    def f(x):
        hloom.debug.print("a {}", x, ordered=True)
        hloom.debug.print("b {}", x, ordered=True)

    hloom.jit(hloom.vmap(f))(X)
    assert printed(capsys) == [f"{name} {v}" for name in "ab" for v in X]


def test_the_format_is_judged_while_tracing():
    complaints = {
        "{} {}": "1 is not among the arguments",
        "{y}": "'y' is not among the arguments",
        "x is": "does not show argument 0",
        "{": "Single '{' encountered",
    }
    for fmt, words in complaints.items():
        with pytest.raises(ValueError) as refusal:
            hloom.jit(lambda x, fmt=fmt: hloom.debug.print(fmt, x))(1.0)
        assert words in str(refusal.value)
    with pytest.raises(ValueError, match="does not show argument 'y'"):
        hloom.debug.print("{}", 1, y=2)
    with pytest.raises(TypeError, match="its first argument is the format"):
        hloom.debug.print(X)
    hloom.debug.print("", X, skip_format_check=True)


def test_callback_as_a_decorator():
    seen = []

    @hloom.debug.callback(ordered=True)
    def note(x, word):
        seen.append((float(x), word))

    hloom.jit(lambda x: note(x, "first"))(1.0)
    note(2.0, word="second")
    hloom.effects_barrier()
    assert seen == [(1.0, "first"), (2.0, "second")]


def test_what_it_cannot_show():
    with pytest.raises(TypeError, match="callbacks see whole arrays"):
        hloom.debug.print("{}", X, partitioned=True)


@pytest.mark.parametrize("way", [lambda f: f, hloom.jit, lambda f: hloom.jit(hloom.vmap(f))])
def test_keys_are_shown_as_keys(way):
    seen = []
    keys = hloom.random.split(hloom.random.key(3))
    way(lambda k: hloom.debug.callback(lambda k, what: seen.append((k, what)), k, "it"))(keys)
    hloom.effects_barrier()
    assert all(what == "it" for _, what in seen)
    found = hloom.numpy.concatenate([k.reshape(-1) for k, _ in seen])
    assert (found == keys).all()
