"""Solvers of linear systems that need only products with the matrix: scipy.sparse.linalg.

The system A x = b is given by a matrix or by a function that multiplies with it; vectors are trees
of arrays. The iterations are not differentiated: by the implicit function theorem, derivatives are
solutions of other systems with A, or with its transpose, by the same method. They exist with
respect to b and to what A holds or closes over, and are as exact as both solutions are.
"""

from typing import NamedTuple

from hloom.frontend import dtypes, pytree
from hloom.frontend.array import Array
from hloom.frontend.choices import integer, one_of
from hloom.frontend.errors import (
    ArgumentError,
    RuleError,
    ShapeError,
    TreeError,
    ValueRangeError,
)
from hloom.frontend.flat import flatten_args
from hloom.frontend.keywords import judged
from hloom.frontend.trace import aval_of
from hloom.lax.implicit import custom_linear_solve
from hloom.numpy import maximum
from hloom.numpy.products import matmul
from hloom.numpy.promotion import common_dtype, operand, strong, to_dtype
from hloom.runtime.dispatch import fused
from hloom.scipy.sparse.gmres import minimal_residuals
from hloom.scipy.sparse.iterations import conjugate_gradients, stabilized_biconjugate_gradients
from hloom.scipy.sparse.vectors import norm, zeros_like
from hloom.transforms.derivatives import linear_transpose
from hloom.typing import ArrayLike

__all__ = ["bicgstab", "cg", "gmres"]


class _Solver(NamedTuple):
    """A method with its own options; `hermitian` says that it takes such systems only."""

    name: str
    iterate: object
    options: tuple = ()
    hermitian: bool = False


# ---------------------------------------------------------------- public functions
@judged
def cg(A, b, x0=None, *, tol=1e-5, atol=0.0, maxiter=None, M=None):
    """The x of A x = b by conjugate gradients, for a Hermitian positive definite A, and None.

    A and the preconditioner M, which is near the inverse of A, are matrices or linear functions; b
    is a tree of arrays, and x is like it. It starts at `x0`, by default 0, and ends when the norm
    of b - A x is at most max(tol * norm(b), atol), or after `maxiter` steps, by default ten for
    each element of b. Raises ShapeError or TreeError if x0 is not like b.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.sparse.linalg import cg
    >>> x, _ = cg(np.array([[4.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0]))
    >>> np.round(x, 4)
    Array([0.0909, 0.6364], dtype=float32)
    """
    return _solve(_Solver("cg", conjugate_gradients, (), True), A, b, x0, tol, atol, maxiter, M)


@judged
def bicgstab(A, b, x0=None, *, tol=1e-5, atol=0.0, maxiter=None, M=None):
    """The x of A x = b by stabilized biconjugate gradients, for any A, and None; see `cg`.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.sparse.linalg import bicgstab
    >>> x, _ = bicgstab(lambda x: {"u": 2 * x["u"]}, {"u": np.array([1.0, 3.0])})
    >>> x
    {'u': Array([0.5, 1.5], dtype=float32)}
    """
    solver = _Solver("bicgstab", stabilized_biconjugate_gradients)
    return _solve(solver, A, b, x0, tol, atol, maxiter, M)


@judged
def gmres(
    A,
    b,
    x0=None,
    *,
    tol=1e-5,
    atol=0.0,
    restart=20,
    maxiter=None,
    M=None,
    solve_method="batched",
):
    """The x of A x = b by generalized minimal residuals, for any A, and None; see `cg`.

    A Krylov space of `restart` vectors, which all are kept, is built at most `maxiter` times. With
    the `solve_method` "batched" it is built in full and then searched; "incremental" can end in the
    middle, at some cost for each vector. It also ends when a space brings nothing.

    >>> import hloom.numpy as np
    >>> from hloom.scipy.sparse.linalg import gmres
    >>> x, _ = gmres(np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([2.0, 3.0]))
    >>> np.round(x, 4)
    Array([3., 1.], dtype=float32)
    """
    if not one_of(solve_method, ("batched", "incremental")):
        remedy = 'use "batched" or "incremental"'
        raise ValueRangeError("gmres: no such solve_method", f"it is {solve_method!r}", remedy)
    options = integer("gmres", "restart", restart, least=1), solve_method == "incremental"
    return _solve(_Solver("gmres", minimal_residuals, options), A, b, x0, tol, atol, maxiter, M)


# ---------------------------------------------------------------- one way to solve
def _solve(solver, A, b, x0, tol, atol, maxiter, M):
    """What the public functions give; a system of arrays becomes one program."""
    for what, value in (("tol", tol), ("atol", atol)):
        if value is None or isinstance(value, str):
            asked, found = f"{solver.name}: {what} is a number", f"it is {value!r}"
            raise ArgumentError(asked, found, "give a float")
    if maxiter is not None and not isinstance(maxiter, Array):
        maxiter = integer(solver.name, "maxiter", maxiter, least=0)
    arrays = [A, b, *[v for v in (x0, M) if v is not None]]
    run = _solve_arrays if all([hasattr(v, "dtype") for v in arrays]) else _solve_any
    return run(A, b, x0, M, tol, atol, solver, maxiter), None


@fused
def _solve_arrays(
    A: ArrayLike,
    b: ArrayLike,
    x0: ArrayLike | None,
    M: ArrayLike | None,
    tol: ArrayLike,
    atol: ArrayLike,
    solver,
    maxiter,
) -> Array:
    return _solve_any(A, b, x0, M, tol, atol, solver, maxiter)


def _solve_any(A, b, x0, M, tol, atol, solver, maxiter):
    name = solver.name
    product = _linear(name, "A", A)
    precondition = (lambda v: v) if M is None else _linear(name, "M", M)
    b = _vector(product, b, A, M)
    guess = None if x0 is None else _guess(name, product, x0, b)
    leaves, tree = pytree.flatten(b)
    size = sum(aval_of(x).size for x in leaves)
    maxiter = 10 * size if maxiter is None else maxiter
    _, *options = (None, *solver.options)
    if options:
        options[0] = min(options[0], max(size, 1))

    def solved(matvec, b, precondition, start):
        b = pytree.leaves(b)
        small = maximum(norm(b) * tol, atol).astype(aval_of(norm(b)).dtype)
        product, m = _of_leaves(matvec, tree), _of_leaves(precondition, tree)
        start = zeros_like(b) if start is None else pytree.leaves(start)
        found = solver.iterate(product, b, start, m, small, maxiter, *options)
        return tree.unflatten(found)

    def transposed(v):
        try:
            return linear_transpose(precondition, b)(v)[0]
        except RuleError:  # a program without a transpose; any preconditioner will do
            return precondition(v)

    symmetric = solver.hermitian and not any([dtypes.is_complex(aval_of(x).dtype) for x in leaves])
    turned = precondition if symmetric or M is None else transposed

    def solve(matvec, b):
        return solved(matvec, b, precondition, guess)

    def transpose_solve(vecmat, b):
        return solved(vecmat, b, turned, None)

    try:
        return custom_linear_solve(product, b, solve, transpose_solve, symmetric)
    except RuleError:  # A has no transpose: no reverse mode, which says so when it is asked for
        return custom_linear_solve(product, b, solve)


def _of_leaves(product, tree):
    """A function of trees as one of lists of leaves."""
    return lambda x: pytree.leaves(product(tree.unflatten(x)))


def _linear(name, role, a):
    """The function that multiplies with a matrix; a function as it is."""
    if callable(a):
        return a
    shape = getattr(a, "shape", None)
    if shape is not None and not (len(shape) == 2 and shape[0] == shape[1]):
        remedy = "give a square matrix, or a function"
        raise ShapeError(f"{name}: {role} is square", f"it has shape {shape}", remedy)
    if hasattr(a, "dtype"):
        return lambda x: matmul(a, x, precision="highest")
    if hasattr(a, "__matmul__"):
        return lambda x: a @ x
    found = f"it is of type {type(a).__name__}"
    raise ArgumentError(f"{name}: {role} is a matrix or a function", found, "give one of them")


def _vector(product, b, *matrices):
    """The right side: its leaves are inexact, and go with the dtypes of matrices."""
    leaves, tree = flatten_args(product, (b,), {})
    beside = [operand("b", m) for m in matrices if hasattr(m, "dtype")]
    found = []
    for x in leaves:
        x = operand("b", x)
        dtype = dtypes.to_inexact(common_dtype([x, *beside])[0])
        found.append(strong(to_dtype(x, dtype)))
    return tree.unflatten(found)[0][0]


def _guess(name, product, x0, b):
    """The first guess in the dtypes of b; raises if it is not like b."""
    leaves, tree = pytree.flatten(b)
    given, own = flatten_args(product, (x0,), {})
    own = own.children()[0].children()[0]
    if own != tree:
        lines = pytree.difference(own, tree, names=("x0", "b"))
        raise TreeError(f"{name}: x0 has the structure of b", lines, "give both the same tree")
    shapes = [[aval_of(x).shape for x in xs] for xs in (given, leaves)]
    if shapes[0] != shapes[1]:
        found = f"x0 has {shapes[0]}, b has {shapes[1]}"
        raise ShapeError(f"{name}: x0 has the shapes of b", found, "give both the same shapes")
    return tree.unflatten(
        [strong(to_dtype(operand("x0", g), aval_of(x).dtype)) for g, x in zip(given, leaves)]
    )
