"""Which Python types are nodes of a pytree: the private registry, and the functions that add to it.

The registry is jaxlib's C++ one, but hloom's own: nothing is registered globally, so hloom and JAX
do not see each other's types. The runtime supplies it once, by `install`; what is registered before
then waits in a queue.
"""

import collections
import dataclasses
import functools
from collections.abc import Hashable
from typing import Any, TypeVar

from hloom.frontend.errors import ArgumentError, TreeError

KeyEntry = TypeVar("KeyEntry", bound=Hashable)
KeyPath = tuple[KeyEntry, ...]

# Set by `install`.
registry: Any = None
PyTreeDef: Any = None
DictKey: Any = None
SequenceKey: Any = None
GetAttrKey: Any = None
FlattenedIndexKey: Any = None

#: Names of the children of each type that `register_dataclass` knows.
DATA_FIELDS: dict = {}
_waiting: list = []


def install(module):
    """Take the registry and the key types from `module`, which is jaxlib's `pytree` module."""
    global registry, PyTreeDef, DictKey, SequenceKey, GetAttrKey, FlattenedIndexKey
    if registry is not None:
        return
    PyTreeDef = module.PyTreeDef
    DictKey, SequenceKey = module.DictKey, module.SequenceKey
    GetAttrKey, FlattenedIndexKey = module.GetAttrKey, module.FlattenedIndexKey
    registry = module.PyTreeRegistry(
        enable_none=True,
        enable_tuple=True,
        enable_namedtuple=True,
        enable_list=True,
        enable_dict=True,
    )
    # a structure is pickled with the name of its registry
    registry.__module__, registry.__name__ = "hloom.tree_util", "default_registry"
    for method, nodetype, *rest in _waiting:
        _register(method, nodetype, *rest)
    _waiting.clear()


def _register(method, nodetype, *rest):
    if not isinstance(nodetype, type):
        asked, found = "register: a node is a class", f"it was given {nodetype!r}"
        raise ArgumentError(asked, found, "give the class itself")
    if registry is None:
        _waiting.append((method, nodetype, *rest))
        return
    # a named tuple is a node before it is registered, and can be registered all the same
    try:
        getattr(registry, method)(nodetype, *rest)
    except ValueError:
        raise TreeError(
            f"register: {nodetype.__qualname__} is already a pytree node",
            "a type is registered once",
            "remove the second registration",
        ) from None


def register_node(nodetype, flatten_func, unflatten_func, flatten_with_keys_func=None):
    """Make `nodetype` a node.

    `flatten_func(x)` returns (children, aux), `unflatten_func(aux, children)` makes the object
    again; `aux` is hashable and compared by ==. `flatten_with_keys_func(x)` returns
    ((key, child) pairs, aux) and names the children in paths. Raises TreeError if `nodetype` is
    already a node.

    >>> from hloom import tree_util
    >>> class Pair:
    ...     def __init__(self, x, y):
    ...         self.x, self.y = x, y
    >>> tree_util.register_pytree_node(Pair, lambda p: ((p.x, p.y), None), lambda _, xy: Pair(*xy))
    >>> tree_util.tree_leaves(Pair(1, [2, 3]))
    [1, 2, 3]
    """
    _register("register_node", nodetype, flatten_func, unflatten_func, flatten_with_keys_func)


def register_with_keys(nodetype, flatten_with_keys, unflatten_func, flatten_func=None):
    """Make `nodetype` a node whose children have names; `flatten_func` is a faster way without.

    >>> from hloom import tree_util
    >>> class Point:
    ...     def __init__(self, x):
    ...         self.x = x
    >>> tree_util.register_pytree_with_keys(
    ...     Point, lambda p: ([(tree_util.GetAttrKey("x"), p.x)], None), lambda _, xs: Point(*xs)
    ... )
    >>> tree_util.tree_map_with_path(lambda path, x: tree_util.keystr(path), Point(1)).x
    '.x'
    """
    if flatten_func is None:

        def flatten_func(tree):
            pairs, aux = flatten_with_keys(tree)
            return [child for _, child in pairs], aux

    register_node(nodetype, flatten_func, unflatten_func, flatten_with_keys)


def register_node_class(cls):
    """Make a class a node by its methods `tree_flatten` and (a class method) `tree_unflatten`.

    >>> from hloom import tree_util
    >>> @tree_util.register_pytree_node_class
    ... class Scaled:
    ...     def __init__(self, x, unit):
    ...         self.x, self.unit = x, unit
    ...     def tree_flatten(self):
    ...         return (self.x,), self.unit
    ...     @classmethod
    ...     def tree_unflatten(cls, unit, children):
    ...         return cls(*children, unit)
    >>> tree_util.tree_leaves(Scaled(3.0, "m"))
    [3.0]
    """
    register_node(cls, _method("tree_flatten"), cls.tree_unflatten)
    return cls


def register_with_keys_class(cls):
    """Make a class a node by its methods `tree_flatten_with_keys` and `tree_unflatten`.

    >>> from hloom import tree_util
    >>> @tree_util.register_pytree_with_keys_class
    ... class Box:
    ...     def __init__(self, x):
    ...         self.x = x
    ...     def tree_flatten_with_keys(self):
    ...         return [(tree_util.GetAttrKey("x"), self.x)], None
    ...     @classmethod
    ...     def tree_unflatten(cls, aux, children):
    ...         return cls(*children)
    >>> tree_util.tree_leaves_with_path(Box(1))
    [((GetAttrKey(name='x'),), 1)]
    """
    flatten_func = _method("tree_flatten") if hasattr(cls, "tree_flatten") else None
    register_with_keys(cls, _method("tree_flatten_with_keys"), cls.tree_unflatten, flatten_func)
    return cls


def _method(name):
    return lambda tree: getattr(tree, name)()


def register_static(cls):
    """Make a class a node without children: an instance is structure, compared by hash and ==.

    >>> from hloom import tree_util
    >>> @tree_util.register_static
    ... class Mode(str):
    ...     pass
    >>> tree_util.tree_leaves({"mode": Mode("train"), "x": 1})
    [1]
    """
    register_node(cls, lambda x: ((), x), lambda x, _: x, lambda x: ((), x))
    return cls


def register_dataclass(nodetype, data_fields=None, meta_fields=None, drop_fields=()):
    """Make a dataclass a node: data fields are its children, meta fields part of its structure.

    Without `data_fields` and `meta_fields`, a field made by `tree.static()` (or any with
    `metadata={"static": True}`) is meta and every other one is data. Fields in `drop_fields` are
    not kept. Returns `nodetype`, so it is also a decorator. Raises ArgumentError when the fields
    given are not those of the constructor.

    >>> import dataclasses
    >>> from hloom import tree_util
    >>> @tree_util.register_dataclass
    ... @dataclasses.dataclass
    ... class State:
    ...     x: float
    ...     step: int
    >>> tree_util.tree_map(lambda v: v + 1, State(0.5, 1))
    State(x=1.5, step=2)
    """
    if (data_fields is None) != (meta_fields is None):
        raise ArgumentError(
            "register_dataclass: only one of data_fields and meta_fields is given",
            "each field is one or the other",
            "give both, or neither for a dataclass",
        )
    if data_fields is None:
        data_fields, meta_fields = _sort_fields(nodetype, drop_fields)
    data_fields, meta_fields = tuple(data_fields), tuple(meta_fields)
    _check_fields(nodetype, {*data_fields, *meta_fields}, set(drop_fields))
    DATA_FIELDS[nodetype] = data_fields
    _register("register_dataclass_node", nodetype, list(data_fields), list(meta_fields))
    return nodetype


def _sort_fields(nodetype, drop_fields):
    if not dataclasses.is_dataclass(nodetype):
        raise ArgumentError(
            f"register_dataclass: {nodetype.__qualname__} is not a dataclass",
            "so its fields are not known",
            "give data_fields and meta_fields, or apply @dataclasses.dataclass first",
        )
    data: list[str] = []
    meta: list[str] = []
    for field in dataclasses.fields(nodetype):
        if field.init and field.name not in drop_fields:
            (meta if field.metadata.get("static") else data).append(field.name)
    return data, meta


def _check_fields(nodetype: type, given, dropped):
    if not dataclasses.is_dataclass(nodetype):
        return
    needed = {field.name for field in dataclasses.fields(nodetype) if field.init} - dropped
    if given != needed:
        unknown, missing = sorted(given - needed), sorted(needed - given)
        raise ArgumentError(
            f"register_dataclass: the fields given are not those of {nodetype.__qualname__}",
            [
                *([f"missing: {', '.join(missing)}"] if missing else []),
                *([f"not in the constructor: {', '.join(unknown)}"] if unknown else []),
            ],
            "name every field with init=True as data or meta, or list it in drop_fields",
        )


def static(**kwargs):
    """A dataclass field that is structure, not a child; takes the options of `dataclasses.field`.

    >>> import dataclasses
    >>> from hloom import tree, tree_util
    >>> @tree_util.register_dataclass
    ... @dataclasses.dataclass
    ... class Layer:
    ...     weight: float
    ...     name: str = tree.static(default="dense")
    >>> tree.leaves(Layer(2.0))
    [2.0]
    """
    metadata = {**(kwargs.pop("metadata", None) or {}), "static": True}
    return dataclasses.field(metadata=metadata, **kwargs)


class Partial(functools.partial):
    """`functools.partial` as a node: bound arguments are children, the function is structure.

    >>> from hloom import tree_util
    >>> add = tree_util.Partial(lambda x, y: x + y, 1)
    >>> tree_util.tree_map(lambda x: 10 * x, add)(2)
    12
    """


def _bind(func, children):
    args, keywords = children
    return Partial(func, *args, **keywords)


register_with_keys(
    Partial,
    lambda p: (((GetAttrKey("args"), p.args), (GetAttrKey("keywords"), p.keywords)), p.func),
    _bind,
    lambda p: ((p.args, p.keywords), p.func),
)
register_with_keys(
    collections.OrderedDict,
    lambda d: ([(DictKey(k), v) for k, v in d.items()], tuple(d)),
    lambda keys, values: collections.OrderedDict(zip(keys, values)),
    lambda d: (list(d.values()), tuple(d)),
)


def _sorted_keys(d):
    try:
        return tuple(sorted(d))
    except TypeError as error:
        raise unsortable(d, "") from error


def unsortable(d, path):
    """The error for a dict whose keys have no order."""
    kinds = {type(key): key for key in reversed(d)}
    keys = " and ".join(f"{key!r} ({kind.__name__})" for kind, key in reversed(kinds.items()))
    return TreeError(
        f"pytree: the dict{path and f' at {path}'} has keys that cannot be sorted: {keys}",
        "the leaves of a dict are in the order of its sorted keys",
        "use keys of one type, or an OrderedDict, which keeps its own order",
    )


register_with_keys(
    collections.defaultdict,
    lambda d: (
        [(DictKey(k), d[k]) for k in _sorted_keys(d)],
        (d.default_factory, _sorted_keys(d)),
    ),
    lambda aux, values: collections.defaultdict(aux[0], zip(aux[1], values)),
    lambda d: ([d[k] for k in _sorted_keys(d)], (d.default_factory, _sorted_keys(d))),
)


def keystr(keys, *, simple=False, separator=""):
    """A path as text, as one would index with it; `simple` leaves out brackets and quotes.

    >>> from hloom import tree_util
    >>> path = (tree_util.DictKey("w"), tree_util.SequenceKey(0))
    >>> tree_util.keystr(path), tree_util.keystr(path, simple=True, separator="/")
    ("['w'][0]", 'w/0')
    """
    return separator.join(_simple_key(key) if simple else str(key) for key in keys)


def _simple_key(key):
    for attribute in ("key", "idx", "name"):
        if hasattr(key, attribute):
            return str(getattr(key, attribute))
    return str(key)
