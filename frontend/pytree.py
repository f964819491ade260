"""Pytrees: nested containers with arrays at their leaves, flattened, rebuilt, mapped and compared.

None, tuples, named tuples, lists, dicts (in the order of their sorted keys), OrderedDicts,
defaultdicts and registered types are nodes; anything else is a leaf. `flatten` is the C++ method
itself: it takes `is_leaf` by position, and hot paths call it without anything between.

>>> from hloom.frontend import pytree
>>> leaves, treedef = pytree.flatten({"w": [1, 2], "b": None})
>>> leaves, treedef.unflatten("xy")
([1, 2], {'b': None, 'w': ['x', 'y']})
"""

import builtins
import functools
from collections.abc import Iterable
from typing import Any

from hloom.frontend import registry
from hloom.frontend.errors import ArgumentError, TreeError
from hloom.frontend.registry import (
    KeyEntry,
    KeyPath,
    Partial,
    keystr,
    register_dataclass,
    register_node,
    register_node_class,
    register_static,
    register_with_keys,
    register_with_keys_class,
    static,
)
from hloom.frontend.treedef import (
    difference as treedef_difference,
    is_leaf as treedef_is_leaf,
    leaf_keys,
    leaf_paths,
    make_node,
    spread,
    treedef_from_data,
    treedef_to_data,
)

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyEntry",
    "KeyPath",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all",
    "all_leaves",
    "broadcast",
    "broadcast_prefix",
    "default_registry",
    "difference",
    "flatten",
    "flatten_error",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "flatten_up_to",
    "flatten_with_path",
    "is_none",
    "is_tree_node",
    "keystr",
    "leaf_keys",
    "leaf_paths",
    "leaves",
    "leaves_with_path",
    "make_node",
    "map",
    "map_with_path",
    "reduce",
    "reduce_associative",
    "register_dataclass",
    "register_node",
    "register_node_class",
    "register_static",
    "register_with_keys",
    "register_with_keys_class",
    "static",
    "structure",
    "transpose",
    "tree_flatten",
    "treedef_children",
    "treedef_from_data",
    "treedef_is_leaf",
    "treedef_to_data",
    "treedef_tuple",
    "unflatten",
]

# Set by `install`.
default_registry: Any = None
flatten: Any = None
PyTreeDef: Any = None
DictKey: Any = None
SequenceKey: Any = None
GetAttrKey: Any = None
FlattenedIndexKey: Any = None
_flatten_with_path: Any = None
_treedef_tuple: Any = None


def install(module):
    """Take the registry from jaxlib's `pytree` module, once, when the runtime is imported."""
    if default_registry is not None:
        return
    registry.install(module)
    globals().update(
        default_registry=registry.registry,
        flatten=registry.registry.flatten,
        PyTreeDef=module.PyTreeDef,
        DictKey=module.DictKey,
        SequenceKey=module.SequenceKey,
        GetAttrKey=module.GetAttrKey,
        FlattenedIndexKey=module.FlattenedIndexKey,
        _flatten_with_path=registry.registry.flatten_with_path,
        _treedef_tuple=functools.partial(module.treedef_tuple, registry.registry),
    )


def is_none(x):
    """Whether `x` is None: an `is_leaf` that makes None a leaf."""
    return x is None


def tree_flatten(tree, is_leaf=None):
    """The leaves of a tree, in order, and its structure.

    `is_leaf(x)` says of a node that it is to be a leaf. Raises TreeError for a dict whose keys
    cannot be sorted.

    >>> from hloom import tree
    >>> tree.flatten({"b": (2, None), "a": 1})
    ([1, 2], PyTreeDef({'a': *, 'b': (*, None)}))
    """
    try:
        return flatten(tree, is_leaf)
    except ValueError as error:
        raise flatten_error(error, tree) from None


def flatten_error(error, tree):
    """The error to show for one that `flatten` raised: it names the dict with unsortable keys."""
    found = _unsortable(tree, ())
    return error if found is None else registry.unsortable(*found)


def _unsortable(tree, path):
    if type(tree) is dict:
        try:
            sorted(tree)
        except TypeError:
            return tree, keystr(path)
    one_level = default_registry.flatten_one_level_with_keys(tree)
    for key, child in one_level[0] if one_level else ():
        found = _unsortable(child, (*path, key))
        if found:
            return found
    return None


def unflatten(treedef, leaves):
    """The tree with a structure and leaves; raises TreeError if their number is wrong.

    >>> from hloom import tree
    >>> leaves, structure = tree.flatten({"a": 1, "b": [2]})
    >>> tree.unflatten(structure, ["x", "y"])
    {'a': 'x', 'b': ['y']}
    """
    _check_structure("unflatten", treedef)
    if not isinstance(leaves, Iterable):
        asked, found = "unflatten: the leaves are in an iterable", f"it was given {leaves!r}"
        raise ArgumentError(asked, found, "give a list of them")
    leaves = list(leaves)
    if len(leaves) != treedef.num_leaves:
        raise TreeError(
            f"unflatten: {len(leaves)} leaves for a structure of {treedef.num_leaves}",
            f"the structure is {treedef}",
            "give one leaf for each *",
        )
    return treedef.unflatten(leaves)


def _check_structure(name, *treedefs):
    """Raise ArgumentError for what is no structure."""
    for treedef in treedefs:
        if not isinstance(treedef, PyTreeDef):
            found = f"it was given {treedef!r} of type {type(treedef).__name__}"
            remedy = "make structures with hloom.tree.structure(tree)"
            raise ArgumentError(f"{name}: takes structures of trees", found, remedy)


def leaves(tree, is_leaf=None):
    """The leaves of a tree, in order.

    >>> from hloom import tree
    >>> tree.leaves({"b": [2, None], "a": 1})
    [1, 2]
    """
    return tree_flatten(tree, is_leaf)[0]


def structure(tree, is_leaf=None):
    """The structure of a tree: what remains without its leaves.

    >>> from hloom import tree
    >>> tree.structure([1, (2, 3)])
    PyTreeDef([*, (*, *)])
    """
    return tree_flatten(tree, is_leaf)[1]


def flatten_up_to(treedef, tree, names=("the structure", "the tree")):
    """The subtrees of `tree` at the leaves of `treedef`; raises TreeError if it does not fit."""
    return _up_to("flatten_up_to", treedef, tree, names)


def _up_to(asked, treedef, tree, names):
    try:
        return treedef.flatten_up_to(tree)
    except ValueError as error:
        lines = treedef_difference(treedef, structure(tree), names, prefix=True)
        raise _mismatch(asked, names, lines or [str(error)]) from None


def _mismatch(asked, names, lines):
    return TreeError(
        f"{asked}: {names[1]} does not have the structure of {names[0]}",
        lines,
        "give both the same structure",
    )


def map(f, tree, *rest, is_leaf=None):
    """The tree of `f(leaf, *subtrees)`, with the subtrees of `rest` at the place of each leaf.

    Raises TreeError unless every tree of `rest` has `tree` as a prefix.

    >>> from hloom import tree
    >>> tree.map(lambda x, y: x + y, {"a": 1, "b": [2]}, {"a": 10, "b": [20]})
    {'a': 11, 'b': [22]}
    """
    flat, treedef = tree_flatten(tree, is_leaf)
    if not rest:
        return treedef.unflatten([f(leaf) for leaf in flat])
    columns = _columns("map", treedef, rest)
    return treedef.unflatten([f(*row) for row in zip(flat, *columns)])


def _columns(asked, treedef, rest):
    return [_up_to(asked, treedef, t, ("tree 1", f"tree {n}")) for n, t in enumerate(rest, 2)]


def flatten_with_path(tree, is_leaf=None, is_leaf_takes_path=False):
    """The (path, leaf) pairs of a tree, in order, and its structure.

    With `is_leaf_takes_path`, `is_leaf` is called with the path and the node.

    >>> from hloom import tree
    >>> pairs, _ = tree.flatten_with_path({"w": [5]})
    >>> pairs
    [((DictKey(key='w'), SequenceKey(idx=0)), 5)]
    """
    if is_leaf is not None and not is_leaf_takes_path:
        return flatten_with_path(tree, lambda _, x: is_leaf(x), True)
    try:
        return _flatten_with_path(tree, is_leaf)
    except ValueError as error:
        raise flatten_error(error, tree) from None


def leaves_with_path(tree, is_leaf=None, is_leaf_takes_path=False):
    """The (path, leaf) pairs of a tree, in order.

    >>> from hloom import tree, tree_util
    >>> [(tree_util.keystr(path), x) for path, x in tree.leaves_with_path({"w": [5, 6]})]
    [("['w'][0]", 5), ("['w'][1]", 6)]
    """
    return flatten_with_path(tree, is_leaf, is_leaf_takes_path)[0]


def map_with_path(f, tree, *rest, is_leaf=None, is_leaf_takes_path=False):
    """The tree of `f(path, leaf, *subtrees)`, as `map` makes it.

    >>> from hloom import tree
    >>> tree.map_with_path(lambda path, x: (path[0].key, x), {"w": 5})
    {'w': ('w', 5)}
    """
    pairs, treedef = flatten_with_path(tree, is_leaf, is_leaf_takes_path)
    columns = _columns("map_with_path", treedef, rest)
    return treedef.unflatten([f(*pair, *row) for pair, *row in zip(pairs, *columns)])


_MISSING = object()


def reduce(function, tree, initializer=_MISSING, is_leaf=None):
    """The leaves combined from left to right by `function(total, leaf)`.

    Raises TypeError if there is neither a leaf nor an initializer.

    >>> from hloom import tree
    >>> tree.reduce(lambda total, x: total - x, [1, (2, 3)], 10)
    4
    """
    flat = leaves(tree, is_leaf)
    if initializer is not _MISSING:
        return functools.reduce(function, flat, initializer)
    if not flat:
        raise ArgumentError("reduce: the tree has no leaves", None, "give an initializer")
    return functools.reduce(function, flat)


def reduce_associative(operation, tree, *, identity=_MISSING, is_leaf=None):
    """The leaves combined by an associative operation, in pairs, as a balanced tree.

    Raises TypeError if there is neither a leaf nor an identity.

    >>> from hloom import tree
    >>> tree.reduce_associative(lambda a, b: f"({a}{b})", ["a", "b", "c", "d"])
    '((ab)(cd))'
    """
    flat = leaves(tree, is_leaf)
    if not flat and identity is _MISSING:
        raise ArgumentError("reduce_associative: the tree has no leaves", None, "give an identity")
    return _halve(operation, flat) if flat else identity


def _halve(operation, items):
    if len(items) == 1:
        return items[0]
    middle = len(items) // 2
    return operation(_halve(operation, items[:middle]), _halve(operation, items[middle:]))


def all(tree, *, is_leaf=None):
    """Whether every leaf is true.

    >>> from hloom import tree
    >>> tree.all({"a": True, "b": [1, 0]})
    False
    """
    return builtins.all(leaves(tree, is_leaf))


def broadcast_prefix(
    prefix, full, is_leaf=None, names=("the prefix", "the tree"), call="broadcast"
):
    """The leaves of `prefix`, each repeated for every leaf of `full` at or below its place.

    `full` is a tree or a structure. Raises TreeError, with `names` for the two, where `prefix` is
    not a prefix of it.
    """
    flat, treedef = tree_flatten(prefix, is_leaf)
    full_def = full if isinstance(full, PyTreeDef) else structure(full)
    result = spread(treedef, full_def, flat)
    if result is None:
        raise TreeError(
            f"{call}: {names[0]} is not a prefix of {names[1]}",
            treedef_difference(treedef, full_def, names, prefix=True),
            f"give {names[0]} one leaf for all, or the same containers down to some depth",
        )
    return result


def broadcast(prefix_tree, full_tree, is_leaf=None):
    """A tree like `full_tree` that has at each leaf the leaf of `prefix_tree` above it.

    Raises TreeError where `prefix_tree` is not a prefix.

    >>> from hloom import tree
    >>> tree.broadcast({"a": 0, "b": 1}, {"a": [7, 8], "b": 9})
    {'a': [0, 0], 'b': 1}
    """
    return structure(full_tree).unflatten(broadcast_prefix(prefix_tree, full_tree, is_leaf))


def transpose(outer_treedef, inner_treedef, pytree_to_transpose):
    """The tree turned inside out: an outer tree of inner trees becomes an inner tree of outer ones.

    With `inner_treedef` None, the inner structure is that of the first subtree. Raises TreeError if
    the tree does not consist of the two.

    >>> from hloom import tree
    >>> tree.transpose(tree.structure([0, 0]), None, [{"a": 1, "b": 2}, {"a": 3, "b": 4}])
    {'a': [1, 3], 'b': [2, 4]}
    """
    _check_structure("transpose", outer_treedef)
    if inner_treedef is not None:
        _check_structure("transpose", inner_treedef)
    else:
        names = "the outer structure", "the tree"
        subtrees = _up_to("transpose", outer_treedef, pytree_to_transpose, names)
        if not subtrees:
            raise ArgumentError(
                "transpose: the outer structure has no leaves",
                "so the inner structure is not known",
                "give the inner structure",
            )
        inner_treedef = structure(subtrees[0])
    flat, treedef = tree_flatten(pytree_to_transpose)
    expected = outer_treedef.compose(inner_treedef)
    if treedef != expected:
        names = "outer of inner", "the tree"
        raise _mismatch("transpose", names, treedef_difference(expected, treedef, names))
    width = inner_treedef.num_leaves
    return inner_treedef.unflatten([outer_treedef.unflatten(flat[i::width]) for i in range(width)])


def difference(a, b, a_leaves=None, b_leaves=None, names=("the first", "the second")):
    """Lines that say, with paths, how two trees or structures differ; none if they do not.

    With `a_leaves` and `b_leaves` (one text per leaf, such as "f32[3]") trees of equal structure
    are compared leaf by leaf.

    >>> from hloom.frontend import pytree
    >>> pytree.difference({"h": 1, "c": [2]}, {"h": 1, "c": 2}, names=("the input", "the output"))
    ["['c']: the input has a list of length 1, the output has a leaf"]
    """
    a, b = (x if isinstance(x, PyTreeDef) else structure(x) for x in (a, b))
    lines = treedef_difference(a, b, names)
    if lines or a_leaves is None:
        return lines
    paths = leaf_paths(a)
    return [
        f"{path or 'the root'}: {names[0]} has {x}, {names[1]} has {y}"
        for path, x, y in zip(paths, a_leaves, b_leaves)
        if x != y
    ]


def flatten_one_level(tree):
    """The children of a node and its auxiliary data; raises TreeError for a leaf.

    >>> from hloom import tree_util
    >>> tree_util.flatten_one_level([1, [2, 3]])
    ([1, [2, 3]], None)
    """
    return _one_level(default_registry.flatten_one_level(tree), tree)


def flatten_one_level_with_keys(tree):
    """The (key, child) pairs of a node and its auxiliary data; raises TreeError for a leaf.

    >>> from hloom import tree_util
    >>> tree_util.flatten_one_level_with_keys({"w": [1]})
    (((DictKey(key='w'), [1]),), ('w',))
    """
    return _one_level(default_registry.flatten_one_level_with_keys(tree), tree)


def _one_level(found, tree):
    if found is None:
        raise TreeError(
            f"flatten_one_level: {type(tree).__name__} is not a pytree node",
            "it is a leaf",
            "register the type, or flatten its container",
        )
    return found


def is_tree_node(typ):
    """Whether instances of a type are nodes.

    >>> from hloom import tree_util
    >>> tree_util.is_tree_node(list), tree_util.is_tree_node(int)
    (True, False)
    """
    return default_registry.is_node(typ)


def all_leaves(iterable, is_leaf=None):
    """Whether every item is a leaf.

    >>> from hloom import tree_util
    >>> tree_util.all_leaves([1, "x"]), tree_util.all_leaves([1, None])
    (True, False)
    """
    return builtins.all(treedef_is_leaf(structure(item, is_leaf)) for item in iterable)


def treedef_children(treedef):
    """The structures of the children of a node; none for a leaf.

    >>> from hloom import tree, tree_util
    >>> tree_util.treedef_children(tree.structure([1, (2, 3)]))
    [PyTreeDef(*), PyTreeDef((*, *))]
    """
    _check_structure("treedef_children", treedef)
    return treedef.children()


def treedef_tuple(treedefs):
    """The structure of a tuple of trees with these structures.

    >>> from hloom import tree, tree_util
    >>> tree_util.treedef_tuple([tree.structure(1), tree.structure([2])])
    PyTreeDef((*, [*]))
    """
    treedefs = list(treedefs)
    _check_structure("treedef_tuple", *treedefs)
    return _treedef_tuple(treedefs)
