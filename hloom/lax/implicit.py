"""Solutions of equations, with the derivatives that the implicit function theorem gives them.

The solver itself is not differentiated: it may be a `while_loop`, and may stop where it likes.
"""

from hloom.frontend import pytree
from hloom.frontend.errors import ControlFlowError
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.keywords import judged
from hloom.frontend.prims.calls import jit
from hloom.frontend.prims.elementwise import neg
from hloom.frontend.prims.implicit import linear_solve
from hloom.frontend.staging import common_consts, require_callable, staged
from hloom.frontend.trace import aval_of
from hloom.transforms.custom import custom_jvp
from hloom.transforms.derivatives import jvp, linear_transpose, linearize
from hloom.transforms.zeros import instantiate


@judged
def custom_root(f, initial_guess, solve, tangent_solve, has_aux=False):
    """A root of `f`, found by `solve(f, initial_guess)`; differentiable in what `f` closes over.

    `tangent_solve(g, y)` solves g(x) = y for a linear `g`. With `has_aux`, `solve` returns a pair
    (root, auxiliary data).

    >>> import hloom
    >>> def root(a):
    ...     newton = lambda f, x: hloom.lax.fori_loop(0, 6, lambda _, x: (x + a / x) / 2, x)
    ...     return hloom.lax.custom_root(lambda x: x * x - a, a, newton, lambda g, y: y / g(1.0))
    >>> float(root(4.0)), float(hloom.grad(root)(4.0))
    (2.0, 0.25)
    """
    for role, fun in (("f", f), ("solve", solve), ("tangent_solve", tangent_solve)):
        require_callable("custom_root", fun, role)
    leaves, tree = flatten_args(f, (initial_guess,), {})
    avals, n = [aval_of(x).strip_weak_type() for x in leaves], len(leaves)
    residual = staged(f, tree, avals, "custom_root")
    _same_vector("custom_root", f, tree, residual, leaves)
    solver = _solver("custom_root", solve, f, tree, avals, has_aux)
    both = pytree.structure(((initial_guess, initial_guess), {}))
    tangent = staged(
        lambda x, y: tangent_solve(linearize(f, x)[1], y), both, avals * 2, "custom_root"
    )
    consts, (residual, solver_program, tangent) = common_consts([residual, solver, tangent])

    @custom_jvp
    def root(consts, guess):
        return jit.bind(*consts, *guess, program=solver_program)

    @root.defjvp
    def root_jvp(primals, tangents):
        consts, guess = primals
        outs = root(consts, guess)
        x = outs[:n]
        _, moved = jvp(lambda c: jit.bind(*c, *x, program=residual), (consts,), (tangents[0],))
        dx = jit.bind(*consts, *x, *[neg(m) for m in moved], program=tangent)
        return outs, [*dx, *[instantiate(None, y) for y in outs[n:]]]

    return solver.out_tree.unflatten(root(consts, leaves))


@judged
def custom_linear_solve(matvec, b, solve, transpose_solve=None, symmetric=False, has_aux=False):
    """The solution x of `matvec(x) = b`, found by `solve(matvec, b)`, with derivatives of its own.

    `transpose_solve(vecmat, b)` solves the transposed system, for reverse mode; with `symmetric` it
    is `solve`. With `has_aux` the solvers return a pair (solution, auxiliary data).

    >>> import hloom
    >>> solve = lambda matvec, b: b / matvec(1.0)
    >>> f = lambda a, b: hloom.lax.custom_linear_solve(lambda x: a * x, b, solve, symmetric=True)
    >>> [float(g) for g in hloom.grad(f, argnums=(0, 1))(2.0, 6.0)]
    [-1.5, 0.5]
    """
    what = "custom_linear_solve"
    for role, fun in (("matvec", matvec), ("solve", solve)):
        require_callable(what, fun, role)
    leaves, tree = flatten_args(matvec, (b,), {})
    avals = [aval_of(x).strip_weak_type() for x in leaves]
    product = staged(matvec, tree, avals, what)
    _same_vector(what, matvec, tree, product, leaves)
    forward = _solver(what, solve, matvec, tree, avals, has_aux)
    found, places = [product, forward], {"matvec": 0, "solve": 1}
    if symmetric:
        places |= {"vecmat": 0, "transpose_solve": 1}
    if transpose_solve is not None:
        vecmat = matvec if symmetric else _transposed(matvec, tree, avals)
        found += [
            staged(vecmat, tree, avals, what),
            _solver(what, transpose_solve, vecmat, tree, avals, has_aux),
        ]
        places |= {"vecmat": 2, "transpose_solve": 3}
    consts, programs = common_consts(found)
    params = {name: programs[i] for name, i in places.items()}
    params = {"vecmat": None, "transpose_solve": None, **params}
    outs = linear_solve.bind(*consts, *leaves, num_consts=len(consts), **params)
    return forward.out_tree.unflatten(outs)


def _solver(what, solve, matvec, tree, avals, has_aux):
    """The Staged form of a solver applied to a system."""
    found = staged(lambda b: solve(matvec, b), tree, avals, what)
    vector = tree.children()[0].children()[0]
    returned = found.out_tree
    pair = returned.children() if has_aux else [returned]
    if (has_aux and len(pair) != 2) or pair[0] != vector:
        raise ControlFlowError(
            f"{what}: the solver returns a vector like b" + " and auxiliary data" * has_aux,
            [f"b has the structure {vector}", f"{name_of(solve)} returned {returned}"],
            "return the solution in the structure of b",
        )
    return found


def _transposed(matvec, tree, avals):
    (vector,) = tree.children()[0].children()

    def vecmat(y):
        (x,) = linear_transpose(matvec, vector.unflatten(avals))(y)
        return x

    return vecmat


def _same_vector(what, fun, tree, found, leaves):
    """Raise unless a function gives what it takes: a vector, as a tree of arrays."""
    (vector,) = tree.children()[0].children()
    avals = [
        [str(a.strip_weak_type()) for a in group]
        for group in ([aval_of(x) for x in leaves], found.program.out_avals)
    ]
    if vector == found.out_tree and avals[0] == avals[1]:
        return
    names = ("its argument", "its result")
    raise ControlFlowError(
        f"{what}: {name_of(fun)} returns what it takes",
        pytree.difference(vector, found.out_tree, avals[0], avals[1], names=names),
        "return arrays of the argument's structure, shapes and dtypes",
    )
