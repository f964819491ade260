"""`minimize`: a point where a function of many variables is least, from gradients."""

from typing import NamedTuple

from hloom.frontend import dtypes
from hloom.frontend.array import Array
from hloom.frontend.choices import one_of
from hloom.frontend.errors import ArgumentError, DTypeError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.staging import require_callable
from hloom.frontend.trace import aval_of
from hloom.numpy import inf
from hloom.numpy.promotion import promote_dtypes_inexact, strong, to_dtype
from hloom.runtime.array import as_array
from hloom.scipy.optimize.quasi_newton import Dense, Limited, Limits, descend
from hloom.transforms.derivatives import value_and_grad


class OptimizeResults(NamedTuple):
    """What a minimization found; a tree of arrays.

    `status` is 0 after convergence, 1 after `maxiter` iterations, 2 after the evaluations allowed,
    3 where no step between two points is good enough, 5 where the line search found no such points.
    """

    #: the point
    x: Array
    #: whether the status is 0
    success: Array
    status: Array
    #: the value at x
    fun: Array
    #: the gradient at x
    jac: Array
    #: an estimate of the inverse Hessian, or None
    hess_inv: Array | None
    #: the number of values, of gradients and of iterations
    nfev: Array
    njev: Array
    nit: Array


_BFGS = {"maxiter": None, "gtol": 1e-5, "norm": inf, "line_search_maxiter": 20}
_LBFGS = {
    "maxiter": None,
    "norm": inf,
    "maxcor": 10,
    "ftol": 2.220446049250313e-09,
    "gtol": 1e-5,
    "maxfun": None,
    "maxgrad": None,
    "maxls": 20,
}
_METHODS = {"bfgs": _BFGS, "l-bfgs-experimental-do-not-rely-on-this": _LBFGS}


@judged
def minimize(fun, x0, args=(), *, method, tol=None, options=None):
    """The OptimizeResults of minimizing the scalar `fun(x, *args)` from the vector `x0`.

    `method` is "BFGS", or "l-bfgs-experimental-do-not-rely-on-this" with limited memory. It ends
    when the norm of the gradient is below the option `gtol`, which is `tol` if that is given. Other
    options: `maxiter`, `norm` (its order) and for BFGS `line_search_maxiter`, for the other
    `maxcor` (how many steps are remembered), `ftol` (the relative decrease to end at), `maxls`,
    `maxfun` and `maxgrad`. Raises TypeError or ValueError for arguments that do not fit. It goes
    under `jit` and `vmap` and has forward derivatives.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.optimize import minimize
    >>> found = minimize(lambda x: np.sum((x - 3.0) ** 2), np.zeros(2), method="BFGS")
    >>> np.allclose(found.x, 3.0), found.success
    (Array(True, dtype=bool), Array(True, dtype=bool))
    """
    require_callable("minimize", fun, "fun")
    if not isinstance(args, tuple):
        found = f"it is of type {type(args).__name__}"
        raise ArgumentError("minimize: args is a tuple", found, "write (value,) for one value")
    name = method.lower() if isinstance(method, str) else method
    if not one_of(name, _METHODS):
        remedy = f'use "BFGS" or "{list(_METHODS)[1]}"'
        raise ValueRangeError("minimize: no such method", f"it is {method!r}", remedy)
    if not isinstance(options, dict | None):
        found = f"it is of type {type(options).__name__}"
        raise ArgumentError("minimize: options is a dict", found, "write {name: value}")
    options = _options(method, _METHODS[name], tol, options or {})
    x = _start(x0)
    dtype = aval_of(x).dtype
    both = value_and_grad(lambda x: _scalar(fun(x, *args), dtype))
    maxiter = options["maxiter"]
    maxiter = 200 * x.size if maxiter is None else maxiter
    if name == "bfgs":
        memory, ends = Dense.start(x), (options["line_search_maxiter"], None, None)
    else:
        given = [n for n in (options["maxfun"], options["maxgrad"]) if n is not None]
        memory = Limited.start(x, options["maxcor"])
        ends = options["maxls"], options["ftol"], min(given, default=None)
    limits = Limits(maxiter, options["gtol"], options["norm"], *ends)
    found = descend(both, x, memory, limits)
    return OptimizeResults(
        x=found.x,
        success=found.status == 0,
        status=found.status,
        fun=found.value,
        jac=found.gradient,
        hess_inv=found.memory.inverse if name == "bfgs" else None,
        nfev=found.nfev,
        njev=found.nfev,
        nit=found.nit,
    )


def _options(method, defaults, tol, given):
    unknown = sorted(set(given) - set(defaults))
    if unknown:
        found, remedy = f"options has {', '.join(unknown)}", f"use {', '.join(defaults)}"
        raise ValueRangeError(f"minimize: {method} has no such option", found, remedy)
    return {**defaults, **({} if tol is None else {"gtol": tol}), **given}


def _start(x0):
    x = strong(promote_dtypes_inexact("minimize", x0)[0])
    aval = aval_of(x)
    if aval.ndim != 1:
        remedy = "ravel it, and reshape x in the function"
        raise ShapeError("minimize: x0 is a vector", f"it is {aval}", remedy)
    if dtypes.is_complex(aval.dtype):
        remedy = "stack its real and imaginary parts"
        raise DTypeError("minimize: takes real variables", f"x0 is {aval}", remedy)
    return x if isinstance(x, Array) else as_array(x)


def _scalar(value, dtype):
    (value,) = promote_dtypes_inexact("minimize", value)
    aval = aval_of(value)
    if aval.shape or dtypes.is_complex(aval.dtype):
        found = f"it returned {aval}"
        raise ShapeError("minimize: fun returns a real scalar", found, "reduce it, as by a sum")
    return to_dtype(value, dtype)
