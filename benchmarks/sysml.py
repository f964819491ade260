"""Experiments in the manner of `Compiling machine learning programs via high-level
tracing` (SysML 2018): the same NumPy-like source, untransformed under HIPS autograd
and traced-and-compiled under jax / hloom.

  sgd_*   one epoch's worth (10 minibatch steps) of a fully connected net
  tncg_*  truncated Newton-CG: outer Newton steps, each an inner CG on
          Hessian-vector products; a convex problem (softmax regression) and a
          nonconvex one (a one-hidden-layer net); small and large sizes

Needs only np, grad and jit of the implementation, and slicing of a flat vector.
"""

import itertools

import numpy as onp

F32 = onp.float32


def _problem(xp, n, sizes):
    r = onp.random.RandomState(0)
    x = r.standard_normal((n, sizes[0])).astype(F32)
    y = onp.eye(sizes[-1], dtype=F32)[r.randint(0, sizes[-1], n)]
    shapes = [s for m, k in itertools.pairwise(sizes) for s in ((m, k), (k,))]
    w = (0.1 * r.standard_normal(sum(int(onp.prod(s)) for s in shapes))).astype(F32)
    return shapes, xp.np.asarray(w), xp.np.asarray(x), xp.np.asarray(y)


def _loss(xp, shapes, l2):
    np = xp.np

    def loss(w, x, y):
        i, ps = 0, []
        for s in shapes:
            k = int(onp.prod(s))
            ps.append(np.reshape(w[i : i + k], s))
            i += k
        for W, b in zip(ps[:-2:2], ps[1:-2:2]):
            x = np.tanh(np.dot(x, W) + b)
        z = np.dot(x, ps[-2]) + ps[-1]
        z = z - np.max(z, axis=1, keepdims=True)
        z = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
        return -np.sum(z * y) / x.shape[0] + l2 * np.dot(w, w)

    return loss


def sgd(xp, sizes, batch, steps=10, lr=0.05):
    shapes, w0, x, y = _problem(xp, batch * steps, sizes)
    g = xp.grad(_loss(xp, shapes, 1e-4))
    step = xp.jit(lambda w, x, y: w - lr * g(w, x, y))
    batches = [(x[i : i + batch], y[i : i + batch]) for i in range(0, batch * steps, batch)]

    def run():
        w = w0
        for xb, yb in batches:
            w = step(w, xb, yb)
        return xp.block(w)

    return run


def tncg(xp, sizes, n, newton=3, cg=10):
    """Newton-CG with the loops in Python; what lies between two control decisions
    (a Hessian-vector product and the CG update) is one jitted function."""
    np = xp.np
    shapes, w0, x, y = _problem(xp, n, sizes)
    f = _loss(xp, shapes, 1e-2)
    g = xp.grad(f)

    def hvp(w, v):
        return xp.grad(lambda u: np.dot(g(u, x, y), v))(w)

    @xp.jit
    def cg_step(w, s, r, p, rr):
        hp = hvp(w, p) + 1e-3 * p
        a = rr / np.dot(p, hp)
        s, r = s + a * p, r - a * hp
        rr2 = np.dot(r, r)
        return s, r, r + (rr2 / rr) * p, rr2

    grad_f = xp.jit(lambda w: g(w, x, y))

    def run():
        w = w0
        for _ in range(newton):
            r = -grad_f(w)
            s, p, rr = 0.0 * r, r, np.dot(r, r)
            tol = 1e-4 * float(rr)
            for _ in range(cg):
                s, r, p, rr = cg_step(w, s, r, p, rr)
                if float(rr) < tol:
                    break
            w = w + s
        return xp.block(w)

    return run


def sgd_numpy(_xp, sizes, batch, steps=10, lr=0.05):
    """The same net with the gradient derived by hand: the floor without a compiler."""
    from types import SimpleNamespace

    shapes, w0, x, y = _problem(SimpleNamespace(np=onp), batch * steps, sizes)

    def views(w):
        i, out = 0, []
        for s in shapes:
            k = int(onp.prod(s))
            out.append(w[i : i + k].reshape(s))
            i += k
        return out

    def step(w, x, y):
        ps, hs = views(w), [x]
        for W, b in zip(ps[:-2:2], ps[1:-2:2]):
            hs.append(onp.tanh(hs[-1] @ W + b))
        z = hs[-1] @ ps[-2] + ps[-1]
        e = onp.exp(z - z.max(1, keepdims=True))
        d = (e / e.sum(1, keepdims=True) - y) / F32(len(x))
        gw = onp.empty_like(w)
        gs = views(gw)
        for i in range(len(ps) // 2 - 1, -1, -1):
            h = hs[i]
            onp.matmul(h.T, d, out=gs[2 * i])
            gs[2 * i + 1][:] = d.sum(0)
            if i:
                d = (d @ ps[2 * i].T) * (1 - h * h)
        return w - F32(lr) * (gw + F32(2e-4) * w)

    def run():
        w = w0
        for i in range(0, batch * steps, batch):
            w = step(w, x[i : i + batch], y[i : i + batch])
        return w

    return run


PROGRAMS = {
    "sgd_small": lambda xp: sgd(xp, (64, 32, 10), 32),
    "sgd_mnist": lambda xp: sgd(xp, (784, 1024, 1024, 10), 128),
    "sgd_small_numpy": lambda xp: sgd_numpy(xp, (64, 32, 10), 32),
    "sgd_mnist_numpy": lambda xp: sgd_numpy(xp, (784, 1024, 1024, 10), 128),
    "tncg_convex_small": lambda xp: tncg(xp, (32, 10), 256),
    "tncg_convex_large": lambda xp: tncg(xp, (784, 10), 4096),
    "tncg_nonconvex_small": lambda xp: tncg(xp, (32, 32, 10), 256),
    "tncg_nonconvex_large": lambda xp: tncg(xp, (784, 128, 10), 4096),
}
