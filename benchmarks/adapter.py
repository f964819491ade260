"""The one place that knows how an implementation is spelt.

Every workload is written once against the namespace `xp` made here:

  xp.np  xp.lax  xp.random  xp.tree            the modules
  xp.jit grad value_and_grad vmap jvp vjp jacfwd jacrev device_put block

`jax` and `hloom` share JAX's spelling, so both go through `_jaxlike`.
`autograd` (HIPS) offers np + grad only, `numpy` only np: xp.jit is then the identity, and only
the workloads that need no more than that (suite `sysml`, part of `dispatch`; of `library`) run.
"""

import contextlib
import importlib
import re
from types import SimpleNamespace


def load(name: str) -> SimpleNamespace:
    plain = {"autograd": _autograd, "numpy": _numpy}
    return plain[name]() if name in plain else _jaxlike(name)


def _jaxlike(name):
    m = importlib.import_module(name)
    sub = lambda s: _submodule(name, s)
    return SimpleNamespace(
        name=name,
        module=m,
        compiled=True,
        version=getattr(m, "__version__", "?"),
        np=sub("numpy"),
        lax=sub("lax"),
        random=sub("random"),
        tree=sub("tree"),
        **{
            k: getattr(m, k, None)
            for k in (
                "jit",
                "grad",
                "value_and_grad",
                "vmap",
                "jvp",
                "vjp",
                "jacfwd",
                "jacrev",
                "device_put",
                "clear_caches",
            )
        },
        block=m.block_until_ready,
    )


def _submodule(name, s):
    try:
        return importlib.import_module(f"{name}.{s}")
    except ImportError:
        return None


def add_library(xp):
    """Give xp also nn, ops and scipy, which no other suite is to wait for."""
    if xp.compiled:
        for s in ("scipy.special", "scipy.linalg", "scipy.stats"):
            _submodule(xp.name, s)
        for s in ("nn", "ops", "scipy"):
            setattr(xp, s, _submodule(xp.name, s))


def _autograd():
    import autograd
    import autograd.numpy as anp

    version = importlib.import_module("importlib.metadata").version("autograd")
    return _uncompiled(autograd, anp, version, autograd.grad, autograd.value_and_grad)


def _numpy():
    import numpy

    return _uncompiled(numpy, numpy, numpy.__version__)


def _uncompiled(module, np, version, grad=None, value_and_grad=None):
    return SimpleNamespace(
        name=module.__name__,
        module=module,
        compiled=False,
        version=version,
        np=np,
        lax=None,
        random=None,
        tree=None,
        jit=lambda f, **_: f,
        grad=grad,
        value_and_grad=value_and_grad,
        vmap=None,
        block=lambda x: x,
        device_put=np.asarray,
        clear_caches=lambda: None,
    )


def count_eqns(traced) -> int:
    """Equations of the traced program, those of nested bodies included.

    Works on anything with `.jaxpr` or `.program`, whose `.eqns` carry `.params` dicts.
    """
    root = getattr(traced, "jaxpr", None) or getattr(traced, "program", None)
    return _count(root) if root is not None else -1


def _count(j):
    j = getattr(j, "jaxpr", j)
    n = 0
    for e in j.eqns:
        n += 1
        for p in e.params.values():
            for q in p if isinstance(p, (tuple, list)) else (p,):
                if hasattr(getattr(q, "jaxpr", q), "eqns"):
                    n += _count(q)
    return n


_OP = re.compile(r"(?:stablehlo|chlo)\.[a-z_0-9]+\b|\bfunc\.call\b|(?<![.\w])call @")
_ANNOT = re.compile(r"#stablehlo\.\w+|stablehlo\.return")


def count_stablehlo(text: str) -> int:
    return len(_OP.findall(_ANNOT.sub("", text)))


def cost(compiled) -> dict:
    """What the compiler says of the executable: {metric: value dict}."""
    out, number = {}, lambda x: {"value": float(x), "unit": ""}
    try:
        c = compiled.cost_analysis()
        c = c[0] if isinstance(c, (list, tuple)) else c
        keys = ("flops", "bytes accessed", "transcendentals")
        out = {k: number(c[k]) for k in keys if k in c}
    except Exception as e:
        out["cost_error"] = {"error": repr(e)[:200]}
    with contextlib.suppress(Exception):
        out["temp_bytes"] = number(compiled.memory_analysis().temp_size_in_bytes)
    with contextlib.suppress(Exception):
        text = compiled.as_text()
        out["hlo_instructions"] = number(sum(" = " in line for line in text.splitlines()))
    return out
