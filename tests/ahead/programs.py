"""Compile one program for devices that are not there: `programs.py PLATFORM NAME PROGRAM`.

It runs in a process of its own, since these compilers may hang or abort, and prints what
it found as JSON. Nothing of JAX may be loaded by then.
"""

import base64
import json
import sys
import time

import hloom
import hloom.numpy as jnp
from hloom.runtime.topology import topology


def adam(params, grads, state, rate=1e-3):
    """One step of Adam; the state is (step, first moments, second moments)."""
    step, first, second = state
    step = step + 1
    first = hloom.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, grads)
    second = hloom.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, grads)
    scale = rate * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    params = hloom.tree.map(
        lambda p, m, v: p - scale * m / (jnp.sqrt(v) + 1e-8), params, first, second
    )
    return params, (step, first, second)


def cross_entropy(logits, labels):
    """The mean over a batch of the negative logarithm of each label's probability."""
    hot = hloom.nn.one_hot(labels, logits.shape[-1])
    return -jnp.mean(jnp.sum(hloom.nn.log_softmax(logits) * hot, axis=-1))


def mlp(params, x):
    """A perceptron of two layers."""
    (w, b), (v, c) = params
    return hloom.nn.relu(x @ w + b) @ v + c


def conv(params, x):
    """A strided convolution, a maximum over windows, and a layer."""
    kernel, (w, b) = params
    h = hloom.lax.conv_general_dilated(
        x, kernel, (2, 2), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    h = hloom.lax.reduce_window(
        hloom.nn.relu(h), -jnp.inf, hloom.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID"
    )
    return h.reshape(h.shape[0], -1) @ w + b


def f32(*shape):
    """A stand-in for an array of float32."""
    return hloom.ShapeDtypeStruct(shape, "float32")


def train_step(model, params, x):
    """One step of training a model with Adam, and stand-ins for its arguments."""

    def step(params, state, x, y):
        loss = lambda p: cross_entropy(model(p, x), y)
        value, grads = hloom.value_and_grad(loss)(params)
        return *adam(params, grads, state), value

    state = hloom.ShapeDtypeStruct((), "int32"), params, params
    return step, (params, state, x, hloom.ShapeDtypeStruct(x.shape[:1], "int32"))


def factorise(a):
    """What LAPACK does on the CPU."""
    symmetric = a @ a.T + jnp.eye(len(a))
    solved = jnp.linalg.solve(a, a[0])
    q, r = jnp.linalg.qr(a)
    spectra = jnp.linalg.eigh(symmetric), jnp.linalg.svd(a)
    return solved, q, r, jnp.linalg.cholesky(symmetric), spectra


MLP = mlp, [(f32(784, 256), f32(256)), (f32(256, 10), f32(10))], f32(128, 784)
CONV = conv, [f32(3, 3, 8, 32), (f32(8 * 8 * 32, 10), f32(10))], f32(64, 32, 32, 8)
#: name -> a function of no arguments that gives the function to compile and its arguments
PROGRAMS = {
    "mlp": lambda: train_step(*MLP),
    "conv": lambda: train_step(*CONV),
    "linalg": lambda: (factorise, (f32(16, 16),)),
}


def main(platform, name, program):
    """Compile a program and print what was found."""
    function, args = PROGRAMS[program]()
    place = topology(platform, name)
    begin = time.perf_counter()
    traced = hloom.jit(function).trace(*args)
    lowered = traced.lower(platform=platform)
    middle = time.perf_counter()
    compiled = lowered.compile(devices=place)
    end = time.perf_counter()
    try:
        compiled(*args)
        refusal = ""
    except hloom.errors.BackendError as e:
        refusal = str(e)
    found = {
        "device": place.name,
        "lower_s": round(middle - begin, 3),
        "compile_s": round(end - middle, 3),
        "stablehlo": lowered.as_text(),
        "hlo": compiled.as_text(),
        "flops": compiled.cost_analysis()["flops"],
        "argument_bytes": compiled.memory_analysis().argument_size_in_bytes,
        "code": base64.b64encode(compiled.serialize()).decode(),
        "refusal": refusal,
        "jax": sorted(m for m in sys.modules if m == "jax" or m.startswith("jax.")),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
