"""User functions on trees, seen as functions on flat lists of leaves."""

from typing import Any

from hloom.frontend import pytree, refs
from hloom.frontend.errors import ArgumentError, RefError
from hloom.frontend.trace import PYTHON_SCALARS, convert, is_value


def name_of(fun):
    """What a function is called in errors and modules."""
    return getattr(fun, "__name__", None) or type(fun).__name__


class Flat:
    """`fun(*args, **kwargs)` as a function of the leaves of (args, kwargs).

    After a call, `out_tree` is the structure of the result. With `has_aux` the function gives a
    pair; `aux_tree` is the structure of the second, and the call gives the leaves of both, the
    first `count` of which are the result's.
    """

    def __init__(self, fun, in_tree, has_aux=False):
        self.fun = fun
        self.in_tree = in_tree
        self.has_aux = has_aux
        self.out_tree: Any = None
        self.aux_tree: Any = None
        self.count = 0

    def __call__(self, *leaves):
        args, kwargs = self.in_tree.unflatten(leaves)
        result = self.fun(*args, **kwargs)
        if not self.has_aux:
            found, self.out_tree = flatten_result(self.fun, result)
            self.count = len(found)
            return found
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise ArgumentError(
                f"{name_of(self.fun)}: with has_aux it returns a pair (result, auxiliary data)",
                f"it returned {type(result).__name__}",
                "return exactly two things, or leave has_aux out",
            )
        found, self.out_tree = flatten_result(self.fun, result[0])
        aux, self.aux_tree = pytree.flatten(result[1])
        self.count = len(found)
        return [*found, *aux]


def flatten_result(fun, result):
    """Leaves and structure of what a user function returned; a leaf must be an array or number."""
    leaves, tree = pytree.flatten(result)
    for i, leaf in enumerate(leaves):
        if not is_value(leaf):
            leaves[i] = _converted(fun, leaf, tree, i)
    return leaves, tree


def _converted(fun, leaf, tree, i):
    where = f"the result{pytree.keystr(pytree.leaf_keys(tree)[i])}"
    if isinstance(leaf, refs.Cells):
        raise RefError(
            f"{name_of(fun)}: a transformed function returns no mutable references",
            f"{where} is one, {leaf.aval}",
            "return its value, ref[...]; what is written to a ref from outside is seen outside",
        )
    if type(leaf) not in PYTHON_SCALARS:
        try:
            return convert(leaf)
        except ArgumentError:
            pass
    raise ArgumentError(
        f"{name_of(fun)}: a transformed function returns arrays, numbers, or trees of them",
        f"{where} is {type(leaf).__name__}",
        "return arrays, or move other things to has_aux or out of the function",
        None,
    )


def flatten_args(fun, args, kwargs, lend=False, argument=None):
    """Leaves and structure of a call's arguments; every leaf must be an array or number.

    Another leaf becomes `argument(fun, leaf, tree, i)`, by default `to_argument`. Mutable
    references are part of the structure, as if the function closed over them, unless the caller
    will `lend` them: then they are leaves too.
    """
    try:
        leaves, tree = pytree.flatten((args, kwargs))
    except ValueError as e:
        raise pytree.flatten_error(e, (args, kwargs)) from None
    argument = argument or to_argument
    kept = False
    for i, leaf in enumerate(leaves):
        if not is_value(leaf):
            if isinstance(leaf, refs.Cells):
                kept = True
            else:
                leaves[i] = argument(fun, leaf, tree, i)
    return refs.fixed(leaves, tree) if kept and not lend else (leaves, tree)


def to_argument(fun, leaf, tree, i):
    """Leaf `i` of (args, kwargs) as an array; raises ArgumentError if it is none."""
    try:
        return convert(leaf)
    except ArgumentError:
        pass
    path = pytree.leaf_keys(tree)[i]
    place = f"argument {path[1].idx}" if path[0].idx == 0 else f"argument {path[1].key!r}"
    raise ArgumentError(
        f"{name_of(fun)}: its arguments are arrays, numbers, or trees of them",
        f"{place}{pytree.keystr(path[2:])} is {leaf!r} of type {type(leaf).__name__}",
        "pass an array, or mark the argument static (static_argnums, static_argnames)",
    )


def argument_paths(tree):
    """For each leaf of (args, kwargs), how the user would write it: `args[0]['w']`."""
    names = []
    for path in pytree.leaf_keys(tree):
        head = "args" if path[0].idx == 0 else "kwargs"
        names.append(head + pytree.keystr(path[1:]))
    return names
