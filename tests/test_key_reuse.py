"""`debug_key_reuse`: keys that are used twice are found; those that are not are let be."""

import inspect

import numpy as np
import pytest

import hloom
from hloom import lax, random


def _key():
    return random.key(7)


def _twice(key):
    x = random.normal(key)
    return x + random.uniform(key)


def _with_split(key):
    first, second = random.split(key)
    return random.normal(first) + random.uniform(second)


def _other_slices(keys):
    return random.normal(keys[0]) + random.normal(keys[1])


def _one_slice_twice(keys):
    return random.normal(keys[0]) + random.normal(keys[0])


def _slice_and_whole(keys):
    return random.normal(keys[1]) + hloom.vmap(random.normal)(keys).sum()


def _through_calls(key):
    draw = hloom.jit(random.normal)
    return draw(key) + draw(key)


def _through_a_call_that_returns_it(key):
    return random.normal(hloom.jit(lambda k: k)(key)) + random.normal(key)


def _reshaped(key):
    return hloom.vmap(random.normal)(key.reshape(1))[0] + random.normal(key)


def _in_both_branches(key):
    return lax.cond(True, lambda: random.normal(key), lambda: random.uniform(key))


def _in_a_branch_and_after(key):
    return lax.cond(True, lambda: random.normal(key), lambda: 0.0) + random.normal(key)


def _constant_of_a_scan(key):
    return lax.scan(lambda c, _: (c + random.normal(key), None), 0.0, None, length=3)[0]


def _constant_of_one_step(key):
    return lax.scan(lambda c, _: (c + random.normal(key), None), 0.0, None, length=1)[0]


def _same_carry(key):
    return lax.scan(lambda k, _: (k, random.normal(k)), key, None, length=3)[1]


def _split_carry(key):
    def body(k, _):
        k, now = random.split(k)
        return k, random.normal(now)

    return lax.scan(body, key, None, length=3)[1]


def _over_keys(key):
    return lax.scan(lambda c, k: (c + random.normal(k), None), 0.0, random.split(key, 3))[0]


def _over_keys_twice(key):
    keys = random.split(key, 3)
    return hloom.vmap(random.normal)(keys) + lax.map(random.normal, keys)


def _constant_of_a_while(key):
    return lax.while_loop(lambda c: c < 3, lambda c: c + 1 + random.normal(key) ** 2, 0.0)


def _folded_carry(key):
    def body(state):
        i, k, total = state
        return i + 1, k, total + random.normal(random.fold_in(k, i))

    return lax.while_loop(lambda state: state[0] < 3, body, (0, key, 0.0))[2]


def _cloned(key):
    return random.normal(random.clone(key)) + random.normal(key)


def _looked_at(key):
    return random.key_data(key).sum() + random.key_data(key).sum() + random.normal(key)


def _checkpointed_gradient(key):
    def loss(x):
        return hloom.numpy.sin(hloom.numpy.sin(x * random.normal(key)))

    return hloom.grad(hloom.checkpoint(loss))(1.0)


CLEAN = [
    _with_split, _in_both_branches, _constant_of_one_step, _split_carry, _over_keys, _folded_carry,
    _cloned, _looked_at, _checkpointed_gradient,
]  # fmt: skip
REUSED = [
    _twice, _through_calls, _in_a_branch_and_after, _constant_of_a_scan, _same_carry,
    _over_keys_twice, _constant_of_a_while,
]  # fmt: skip
#: eager keys are known by their buffers, and these make others
REUSED_UNDER_JIT = [_through_a_call_that_returns_it, _reshaped]


@pytest.mark.parametrize("wrap", [lambda f: f, hloom.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("function", CLEAN, ids=lambda f: f.__name__)
def test_keys_that_are_used_once_are_let_be(function, wrap):
    wanted = function(_key())
    with hloom.debug_key_reuse():
        found = wrap(function)(_key())
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("wrap", [lambda f: f, hloom.jit], ids=["eager", "jit"])
@pytest.mark.parametrize("function", REUSED, ids=lambda f: f.__name__)
def test_keys_that_are_used_twice_are_found(function, wrap):
    with hloom.debug_key_reuse(), pytest.raises(hloom.errors.KeyReuseError):
        wrap(function)(_key())
    wrap(function)(_key())


@pytest.mark.parametrize("function", REUSED_UNDER_JIT, ids=lambda f: f.__name__)
def test_keys_are_followed_under_jit(function):
    with hloom.debug_key_reuse(), pytest.raises(hloom.errors.KeyReuseError):
        hloom.jit(function)(_key())


def test_slices_of_an_array_of_keys():
    with hloom.debug_key_reuse():
        hloom.jit(_other_slices)(random.split(_key()))
        for function in (_one_slice_twice, _slice_and_whole):
            with pytest.raises(hloom.errors.KeyReuseError):
                hloom.jit(function)(random.split(_key()))


def test_a_key_used_by_two_calls_is_found_by_its_buffer():
    draw, key = hloom.jit(random.normal), _key()
    with hloom.debug_key_reuse():
        draw(key)
        draw(_key())
        with pytest.raises(hloom.errors.KeyReuseError):
            draw(key)


def test_no_sampler_uses_its_key_twice():
    samplers = {
        "ball": (2,), "bernoulli": (), "beta": (2.0, 3.0), "binomial": (5, 0.3), "bits": (),
        "categorical": (np.zeros(3, "f"),), "cauchy": (), "chisquare": (3.0,), "choice": (5,),
        "dirichlet": (np.ones(3, "f"),), "double_sided_maxwell": (0.0, 1.0), "exponential": (),
        "f": (2.0, 3.0), "gamma": (2.0,), "generalized_normal": (2.0,), "geometric": (0.3,),
        "gumbel": (), "laplace": (), "loggamma": (2.0,), "logistic": (), "lognormal": (),
        "maxwell": (), "multinomial": (5.0, np.full(3, 1 / 3, "f")),
        "multivariate_normal": (np.zeros(2, "f"), np.eye(2, dtype="f")), "normal": (),
        "orthogonal": (2,), "pareto": (2.0,), "permutation": (5,), "poisson": (3.0,),
        "rademacher": (), "randint": ((), 0, 5), "rayleigh": (1.0,), "split": (), "t": (3.0,),
        "triangular": (0.0, 0.5, 1.0), "truncated_normal": (-1.0, 1.0), "uniform": (),
        "wald": (1.0,), "weibull_min": (1.0, 2.0),
    }  # fmt: skip
    others = {
        "PRNGKey", "clone", "fold_in", "key", "key_data", "key_dtype", "key_impl", "wrap_key_data",
    }  # fmt: skip
    public = {n for n, f in vars(random).items() if inspect.isfunction(f)}
    assert public - others == set(samplers)
    for name, arguments in samplers.items():
        key = _key()
        with hloom.debug_key_reuse():
            getattr(random, name)(key, *arguments)
            with pytest.raises(hloom.errors.KeyReuseError):
                random.normal(key)


@pytest.mark.parametrize("impl", ["rbg", "unsafe_rbg"])
def test_keys_of_other_generators(impl):
    key = random.key(0, impl=impl)
    with hloom.debug_key_reuse():
        first, second = random.split(random.fold_in(key, 1))
        random.normal(first) + random.normal(second) + random.normal(key)
        with pytest.raises(hloom.errors.KeyReuseError):
            random.split(key)


def test_raw_keys_are_not_watched():
    key = random.PRNGKey(0)
    with hloom.debug_key_reuse():
        assert random.normal(key) == random.normal(key)


def test_the_error_names_both_uses():
    with hloom.debug_key_reuse(), pytest.raises(hloom.errors.KeyReuseError) as caught:
        hloom.jit(_twice)(_key())
    first = _twice.__code__.co_firstlineno + 1
    assert str(caught.value) == (
        "debug_key_reuse: a random key is used twice\n"
        "    the numbers drawn with key<fry>[] at "
        f"test_key_reuse.py:{first}   x = random.normal(key), and again, are not independent\n"
        f"    at test_key_reuse.py:{first + 1}   return x + random.uniform(key)\n"
        "    split the key for each use, or pass hloom.random.clone(key) where equal numbers are "
        "meant"
    )
