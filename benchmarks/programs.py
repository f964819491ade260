"""The programs, each written once against `xp` (see adapter.py).

A builder takes xp (and sizes) and gives (function, arguments). Every call makes
*fresh* function objects, so that no implementation can answer from a cache keyed
on the user's function. Data come from NumPy with a fixed seed: same for all.
"""

import itertools
import math

import numpy as onp

F32 = onp.float32


def _rng(seed=0):
    return onp.random.RandomState(seed)


def _normal(xp, r, *shape, scale=0.1):
    return xp.np.asarray((scale * r.standard_normal(shape)).astype(F32))


def mlp_params(xp, sizes, seed=0):
    r = _rng(seed)
    return [
        {"w": _normal(xp, r, m, n), "b": _normal(xp, r, n)} for m, n in itertools.pairwise(sizes)
    ]


def mlp_apply(xp, params, x):
    for p in params[:-1]:
        x = xp.np.tanh(x @ p["w"] + p["b"])
    return x @ params[-1]["w"] + params[-1]["b"]


def log_softmax(xp, z):
    z = z - xp.np.max(z, axis=-1, keepdims=True)
    return z - xp.np.log(xp.np.sum(xp.np.exp(z), axis=-1, keepdims=True))


def mlp_data(xp, sizes, batch):
    r = _rng(1)
    x = _normal(xp, r, batch, sizes[0], scale=1.0)
    y = xp.np.asarray(onp.eye(sizes[-1], dtype=F32)[r.randint(0, sizes[-1], batch)])
    return x, y


def mlp_loss_fn(xp):
    def loss(params, x, y):
        return -xp.np.mean(xp.np.sum(log_softmax(xp, mlp_apply(xp, params, x)) * y, axis=-1))

    return loss


def mlp_grad(xp, sizes=(784, 64, 64, 10), batch=32):
    return xp.grad(mlp_loss_fn(xp)), (mlp_params(xp, sizes), *mlp_data(xp, sizes, batch))


def mlp_step(xp, sizes=(784, 1024, 1024, 10), batch=128, lr=0.1):
    loss = mlp_loss_fn(xp)

    def step(params, x, y):
        l, g = xp.value_and_grad(loss)(params, x, y)
        return xp.tree.map(lambda p, g: p - lr * g, params, g), l

    return step, (mlp_params(xp, sizes), *mlp_data(xp, sizes, batch))


def per_example_grad(xp):
    sizes = (32, 64, 64, 10)

    def loss(params, x, y):
        return -xp.np.sum(log_softmax(xp, mlp_apply(xp, params, x)) * y)

    return (
        xp.vmap(xp.grad(loss), in_axes=(None, 0, 0)),
        (mlp_params(xp, sizes), *mlp_data(xp, sizes, 16)),
    )


def hessian(xp):
    sizes = (4, 8, 3)
    loss = mlp_loss_fn(xp)
    return xp.jacfwd(xp.jacrev(loss)), (mlp_params(xp, sizes), *mlp_data(xp, sizes, 5))


def gpt_params(xp, L, d, V, T, stacked):
    r = _rng(0)
    lead = (L,) if stacked else ()
    n = lambda *s: _normal(xp, r, *lead, *s, scale=0.02)
    c = lambda v, *s: xp.np.asarray(onp.full((*lead, *s), v, F32))
    block = lambda: {
        "ln1": {"g": c(1, d), "b": c(0, d)},
        "ln2": {"g": c(1, d), "b": c(0, d)},
        "attn": {"wqkv": n(d, 3 * d), "bqkv": c(0, 3 * d), "wo": n(d, d), "bo": c(0, d)},
        "mlp": {"w1": n(d, 4 * d), "b1": c(0, 4 * d), "w2": n(4 * d, d), "b2": c(0, d)},
    }
    blocks = block() if stacked else [block() for _ in range(L)]
    lead = ()
    return {"wte": n(V, d), "wpe": n(T, d), "blocks": blocks, "lnf": {"g": c(1, d), "b": c(0, d)}}


def gpt_loss_fn(xp, H, stacked):
    np = xp.np

    def norm(p, x):
        mu = np.mean(x, axis=-1, keepdims=True)
        var = np.mean(np.square(x - mu), axis=-1, keepdims=True)
        return (x - mu) / np.sqrt(var + 1e-5) * p["g"] + p["b"]

    def attention(p, x):
        B, T, d = x.shape
        q, k, v = np.split(x @ p["wqkv"] + p["bqkv"], 3, axis=-1)
        q, k, v = (np.reshape(a, (B, T, H, d // H)) for a in (q, k, v))
        s = np.einsum("bqhd,bkhd->bhqk", q, k) / math.sqrt(d // H)
        s = np.where(np.tril(np.ones((T, T), dtype=bool)), s, -1e9)
        s = np.exp(s - np.max(s, axis=-1, keepdims=True))
        s = s / np.sum(s, axis=-1, keepdims=True)
        o = np.reshape(np.einsum("bhqk,bkhd->bqhd", s, v), (B, T, d))
        return o @ p["wo"] + p["bo"]

    def gelu(x):
        return 0.5 * x * (1.0 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))

    def block(x, p):
        x = x + attention(p["attn"], norm(p["ln1"], x))
        h = gelu(norm(p["ln2"], x) @ p["mlp"]["w1"] + p["mlp"]["b1"])
        return x + h @ p["mlp"]["w2"] + p["mlp"]["b2"]

    def loss(params, x, y):
        h = params["wte"][x] + params["wpe"]
        if stacked:
            h, _ = xp.lax.scan(lambda h, p: (block(h, p), None), h, params["blocks"])
        else:
            for p in params["blocks"]:
                h = block(h, p)
        logp = log_softmax(xp, norm(params["lnf"], h) @ params["wte"].T)
        return -np.mean(np.take_along_axis(logp, y[..., None], axis=-1))

    return loss


def adam(xp, params, grads, mu, nu, t, lr=1e-3, b1=0.9, b2=0.999, eps=1e-8):
    tmap = xp.tree.map
    t = t + 1
    mu = tmap(lambda m, g: b1 * m + (1 - b1) * g, mu, grads)
    nu = tmap(lambda v, g: b2 * v + (1 - b2) * g * g, nu, grads)
    c1, c2 = 1 - b1**t, 1 - b2**t
    params = tmap(lambda p, m, v: p - lr * (m / c1) / (xp.np.sqrt(v / c2) + eps), params, mu, nu)
    return params, mu, nu, t


def gpt_step(xp, L=12, d=64, H=4, V=128, T=32, B=2, stacked=False):
    loss = gpt_loss_fn(xp, H, stacked)

    def step(params, mu, nu, t, x, y):
        l, g = xp.value_and_grad(loss)(params, x, y)
        return (*adam(xp, params, g, mu, nu, t), l)

    params = gpt_params(xp, L, d, V, T, stacked)
    zeros = lambda: xp.tree.map(lambda p: xp.np.asarray(onp.zeros(p.shape, F32)), params)
    tok = _rng(2).randint(0, V, (B, T + 1)).astype(onp.int32)
    return step, (
        params,
        zeros(),
        zeros(),
        xp.np.asarray(F32(0)),
        xp.np.asarray(tok[:, :-1]),
        xp.np.asarray(tok[:, 1:]),
    )


def _conv(xp, x, w, stride=1):
    return xp.lax.conv_general_dilated(
        x, w, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )


def _maxpool(xp, x, k, s):
    return xp.lax.reduce_window(x, -onp.inf, xp.lax.max, (1, k, k, 1), (1, s, s, 1), "SAME")


def resnet50(xp, image=32, batch=2, classes=10, width=16):
    np = xp.np
    r = _rng(0)

    def cw(k, i, o):
        return {
            "w": _normal(xp, r, k, k, i, o, scale=math.sqrt(2 / (k * k * i))),
            "g": xp.np.asarray(onp.ones(o, F32)),
            "b": xp.np.asarray(onp.zeros(o, F32)),
        }

    params, cin = {"stem": cw(7, 3, width), "stages": []}, width
    for i, n in enumerate((3, 4, 6, 3)):
        mid, out, stage = width * 2**i, width * 4 * 2**i, []
        for j in range(n):
            p = {"c1": cw(1, cin, mid), "c2": cw(3, mid, mid), "c3": cw(1, mid, out)}
            if j == 0:
                p["proj"] = cw(1, cin, out)
            stage.append(p)
            cin = out
        params["stages"].append(stage)
    params["fc"] = {"w": _normal(xp, r, cin, classes), "b": _normal(xp, r, classes)}

    def cbn(p, x, stride=1):
        x = _conv(xp, x, p["w"], stride)
        mu = np.mean(x, axis=(0, 1, 2))
        var = np.var(x, axis=(0, 1, 2))
        return (x - mu) / np.sqrt(var + 1e-5) * p["g"] + p["b"]

    relu = lambda x: np.maximum(x, 0.0)

    def apply(params, x):
        x = _maxpool(xp, relu(cbn(params["stem"], x, 2)), 3, 2)
        for i, stage in enumerate(params["stages"]):
            for j, p in enumerate(stage):
                stride = 2 if (i > 0 and j == 0) else 1
                y = cbn(p["c3"], relu(cbn(p["c2"], relu(cbn(p["c1"], x)), stride)))
                x = relu(y + (cbn(p["proj"], x, stride) if "proj" in p else x))
        x = np.mean(x, axis=(1, 2))
        return x @ params["fc"]["w"] + params["fc"]["b"]

    def loss(params, x, y):
        return -np.mean(np.sum(log_softmax(xp, apply(params, x)) * y, axis=-1))

    x = _normal(xp, r, batch, image, image, 3, scale=1.0)
    y = xp.np.asarray(onp.eye(classes, dtype=F32)[r.randint(0, classes, batch)])
    return xp.value_and_grad(loss), (params, x, y)


def convnet_forward(xp):
    r = _rng(0)
    ws = [_normal(xp, r, 3, 3, i, o) for i, o in ((3, 32), (32, 64), (64, 128))]
    fc = _normal(xp, r, 4 * 4 * 128, 10)

    def fwd(ws, fc, x):
        for w in ws:
            x = _maxpool(xp, xp.np.maximum(_conv(xp, x, w), 0.0), 2, 2)
        return xp.np.reshape(x, (x.shape[0], -1)) @ fc

    return fwd, (ws, fc, _normal(xp, r, 64, 32, 32, 3, scale=1.0))


def elementwise_chain(xp, n=2000):
    def f(x):
        y = x
        for _i in range(n // 4):
            y = xp.np.sin(y) * x + 1.5
            y = y - x
        return y

    return f, (xp.np.asarray(onp.ones(8, F32)),)


def rnn_grad(xp, steps=100, batch=8, d=32):
    r = _rng(0)
    p = {"wh": _normal(xp, r, d, d), "wx": _normal(xp, r, d, d), "b": _normal(xp, r, d)}

    def loss(p, h0, xs):
        def cell(h, x):
            h = xp.np.tanh(h @ p["wh"] + x @ p["wx"] + p["b"])
            return h, xp.np.sum(h)

        h, ys = xp.lax.scan(cell, h0, xs)
        return xp.np.sum(h) + xp.np.mean(ys)

    return xp.grad(loss), (p, _normal(xp, r, batch, d), _normal(xp, r, steps, batch, d))


def _lorenz(xp, y, p):
    return xp.np.stack(
        [p[0] * (y[1] - y[0]), y[0] * (p[1] - y[2]) - y[1], y[0] * y[1] - p[2] * y[2]]
    )


def _ode_args(xp):
    return xp.np.asarray(onp.array([1, 1, 1], F32)), xp.np.asarray(onp.array([10, 28, 8 / 3], F32))


def ode_rk4_grad(xp, steps=200, h=0.01):
    def solve(y0, p):
        def step(_, y):
            k1 = _lorenz(xp, y, p)
            k2 = _lorenz(xp, y + 0.5 * h * k1, p)
            k3 = _lorenz(xp, y + 0.5 * h * k2, p)
            k4 = _lorenz(xp, y + h * k3, p)
            return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

        return xp.np.sum(xp.lax.fori_loop(0, steps, step, y0))

    return xp.grad(solve, argnums=(0, 1)), _ode_args(xp)


def ode_adaptive(xp, t1=2.0, tol=1e-4):
    """Bogacki-Shampine 3(2) with step control, in a while_loop; forward derivative."""
    np = xp.np

    def solve(y0, p):
        f = lambda y: _lorenz(xp, y, p)

        def body(s):
            t, h, y = s
            h = np.minimum(h, t1 - t)
            k1 = f(y)
            k2 = f(y + 0.5 * h * k1)
            k3 = f(y + 0.75 * h * k2)
            yn = y + h / 9 * (2 * k1 + 3 * k2 + 4 * k3)
            k4 = f(yn)
            err = np.sqrt(np.mean(np.square(h * (-5 / 72 * k1 + k2 / 12 + k3 / 9 - k4 / 8)))) / tol
            ok = err <= 1.0
            hn = h * np.clip(0.9 * np.maximum(err, 1e-8) ** (-1 / 3), 0.2, 5.0)
            return np.where(ok, t + h, t), hn, np.where(ok, yn, y)

        zero = np.asarray(F32(0))
        return xp.lax.while_loop(lambda s: s[0] < t1 - 1e-6, body, (zero, zero + 0.01, y0))[2]

    def tangent(y0, p):
        return xp.jvp(solve, (y0, p), (np.ones_like(y0), np.zeros_like(p)))

    return tangent, _ode_args(xp)


def pytree_sgd(xp, leaves=5000):
    p = {
        f"layer{i:03d}": {f"p{j}": xp.np.asarray(onp.ones(4, F32)) for j in range(10)}
        for i in range(leaves // 10)
    }

    def update(p, g):
        return xp.tree.map(lambda a, b: a - 0.1 * b, p, g)

    return update, (p, p)


def nbody(xp, n=512, steps=10, dt=1e-3):
    np = xp.np
    r = _rng(0)

    def acc(x, m):
        dx = x[None, :, :] - x[:, None, :]
        r2 = np.sum(dx * dx, axis=-1) + 1e-3
        return np.sum(dx * (m[None, :] / (r2 * np.sqrt(r2)))[..., None], axis=1)

    def run(x, v, m):
        def step(_, s):
            x, v = s
            v = v + 0.5 * dt * acc(x, m)
            x = x + dt * v
            return x, v + 0.5 * dt * acc(x, m)

        return xp.lax.fori_loop(0, steps, step, (x, v))

    return run, (
        _normal(xp, r, n, 3, scale=1.0),
        _normal(xp, r, n, 3),
        xp.np.asarray(onp.abs(r.standard_normal(n)).astype(F32)),
    )


def black_scholes(xp, n=1_000_000):
    np = xp.np
    r = _rng(0)
    cdf = lambda x: 0.5 * (1.0 + xp.lax.erf(x / math.sqrt(2.0)))

    def price(s, k, t, rate, vol):
        st = vol * np.sqrt(t)
        d1 = (np.log(s / k) + (rate + 0.5 * vol * vol) * t) / st
        d2 = d1 - st
        disc = k * np.exp(-rate * t)
        call = s * cdf(d1) - disc * cdf(d2)
        return call, call - s + disc

    u = lambda a, b: xp.np.asarray(r.uniform(a, b, n).astype(F32))
    return price, (u(10, 50), u(10, 50), u(0.1, 2), u(0.01, 0.05), u(0.1, 0.5))


def fft(xp):
    r = _rng(0)
    return (lambda x: xp.np.abs(xp.np.fft.fft(x))), (_normal(xp, r, 64, 4096),)


def _spd(xp, n=512):
    a = _rng(0).standard_normal((n, n)).astype(F32)
    return xp.np.asarray(a @ a.T + n * onp.eye(n, dtype=F32))


def cholesky(xp):
    return (lambda a: xp.np.linalg.cholesky(a)), (_spd(xp),)


def solve(xp):
    return (lambda a, b: xp.np.linalg.solve(a, b)), (_spd(xp), _normal(xp, _rng(1), 512, 8))


def sort(xp, n=1_000_000):
    return (lambda x: xp.np.sort(x)), (_normal(xp, _rng(0), n),)


def normal_1e7(xp, n=10_000_000):
    return (lambda k: xp.random.normal(k, (n,))), (xp.random.PRNGKey(0),)


def scan_1000(xp, steps=1000):
    def run(x):
        return xp.lax.scan(
            lambda c, _: (xp.np.sin(c) * 0.99 + 0.01, xp.np.sum(c)), x, None, length=steps
        )

    return run, (xp.np.asarray(onp.ones(8, F32)),)


def segment_sum(xp, n=1_000_000, buckets=1000):
    r = _rng(0)
    return (
        (lambda x, i: xp.np.zeros((buckets,), xp.np.float32).at[i].add(x)),
        (_normal(xp, r, n), xp.np.asarray(r.randint(0, buckets, n).astype(onp.int32))),
    )


# name -> (builder, options).  heavy: XLA's own compile time is minutes; skipped unless asked for
STAGES = {
    "mlp_grad": (mlp_grad, {}),
    "gpt12_adam": (lambda xp: gpt_step(xp, 12), {}),
    "gpt48_adam": (lambda xp: gpt_step(xp, 48), {"heavy": True}),
    "gpt12_scan_adam": (lambda xp: gpt_step(xp, 12, stacked=True), {}),
    "gpt48_scan_adam": (lambda xp: gpt_step(xp, 48, stacked=True), {}),
    "chain2000": (elementwise_chain, {}),
    "rnn100_grad": (rnn_grad, {}),
    "ode_rk4_grad": (ode_rk4_grad, {}),
}

RUNTIME = {
    "mlp_step": mlp_step,
    "gpt_step": lambda xp: gpt_step(xp, L=4, d=256, H=4, V=512, T=128, B=8),
    "convnet_forward": convnet_forward,
    "nbody": nbody,
    "black_scholes_1e6": black_scholes,
    "fft_64x4096": fft,
    "cholesky_512": cholesky,
    "solve_512": solve,
    "sort_1e6": sort,
    "normal_1e7": normal_1e7,
    "scan_1000": scan_1000,
    "segment_sum_1e6": segment_sum,
}
