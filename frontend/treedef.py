"""Structures of pytrees compared, spread and written down, one node at a time.

`difference` says in words how two structures differ; `spread` repeats the leaves of a prefix for
the leaves below them; `treedef_to_data` and `treedef_from_data` turn a structure into JSON-able
data and back.
"""

import collections

from hloom.frontend import registry
from hloom.frontend.errors import TreeError


def is_leaf(treedef):
    """Whether a structure is one leaf.

    >>> from hloom import tree, tree_util
    >>> tree_util.treedef_is_leaf(tree.structure(1)), tree_util.treedef_is_leaf(tree.structure([1]))
    (True, False)
    """
    return treedef.node_data() is None


def child_keys(treedef):
    """The keys that lead to the children of a node."""
    kind, _ = treedef.node_data()
    keys, count = _keys(treedef), len(treedef.children())
    if keys is not None:
        return [registry.DictKey(key) for key in keys]
    if kind is list or kind is tuple:
        return [registry.SequenceKey(i) for i in range(count)]
    names = getattr(kind, "_fields", None) or registry.DATA_FIELDS.get(kind)
    if names is not None:
        return [registry.GetAttrKey(name) for name in names]
    return _custom_keys(treedef, count)


def _custom_keys(treedef, count):
    # Only an object of the type knows its keys, so make one; a constructor may refuse such leaves.
    try:
        node = treedef.unflatten([None] * treedef.num_leaves)
        keys = [key for key, _ in registry.registry.flatten_one_level_with_keys(node)[0]]
    except Exception:
        keys = []
    indices = [registry.FlattenedIndexKey(i) for i in range(count)]
    return keys if len(keys) == count else indices


def _keys(treedef):
    """The set of the keys of a mapping, None for other nodes."""
    kind, aux = treedef.node_data()
    if kind is dict or kind is collections.OrderedDict:
        return aux
    return aux[1] if kind is collections.defaultdict else None


def describe(treedef):
    """A node in words: "a leaf", "a list of length 2", "a dict with keys 'a', 'b'"."""
    if is_leaf(treedef):
        return "a leaf"
    kind, aux = treedef.node_data()
    if kind is type(None):
        return "None"
    name = f"{'an' if kind.__name__[0] in 'aeiouAEIOU' else 'a'} {kind.__name__}"
    if kind is collections.defaultdict and aux[0] is not None:
        name += f"({aux[0].__name__})"
    keys, count = _keys(treedef), len(treedef.children())
    if keys is not None:
        return f"{name} with keys {', '.join(map(repr, keys))}" if keys else f"{name} without keys"
    if kind is list or kind is tuple:
        return f"{name} of length {count}"
    if hasattr(kind, "_fields"):
        return name
    if kind not in registry.DATA_FIELDS:
        name += f" with {count} {'child' if count == 1 else 'children'}"
    return name if aux is None or aux == () else f"{name} and metadata {aux!r}"


def difference(a, b, names=("the first", "the second"), *, prefix=False, path=()):
    """Lines that say where and how two structures differ; none if they are equal.

    `names` is what to call the two. With `prefix`, a leaf of `a` stands for anything.
    """
    if is_leaf(a) and (prefix or is_leaf(b)):
        return []
    where = registry.keystr(path) or "the root"
    plain = [f"{where}: {names[0]} has {describe(a)}, {names[1]} has {describe(b)}"]
    if is_leaf(a) or is_leaf(b) or a.node_data()[0] is not b.node_data()[0]:
        return plain
    a_keys, b_keys = _keys(a), _keys(b)
    if a_keys is None:
        if a.node_data() != b.node_data() or len(a.children()) != len(b.children()):
            return plain
    elif set(a_keys) == set(b_keys) and a.node_data() != b.node_data():
        return plain
    a_children = dict(zip(child_keys(a), a.children()))
    b_children = dict(zip(child_keys(b), b.children()))
    lines = []
    for key in {**a_children, **b_children}:
        below = (*path, key)
        if key not in b_children or key not in a_children:
            lines.append(f"{registry.keystr(below)}: only in {names[key not in a_children]}")
        else:
            lines += difference(a_children[key], b_children[key], names, prefix=prefix, path=below)
    return lines


def leaf_keys(treedef, path=()):
    """The path to each leaf, as a tuple of keys."""
    if is_leaf(treedef):
        return [path]
    pairs = zip(child_keys(treedef), treedef.children())
    return [found for key, child in pairs for found in leaf_keys(child, (*path, key))]


def leaf_paths(treedef):
    """The path to each leaf, as text."""
    return [registry.keystr(path) for path in leaf_keys(treedef)]


def spread(prefix, full, leaves):
    """The leaves of `prefix`, each repeated for the leaves of `full` below it; None if none fit."""
    supply = iter(leaves)
    result: list = []
    return result if _spread(prefix, full, supply, result) else None


def _spread(prefix, full, supply, result):
    data = prefix.node_data()
    if data is None:
        result += [next(supply)] * full.num_leaves
        return True
    if data != full.node_data():
        return False
    pairs = prefix.children(), full.children()
    return len(pairs[0]) == len(pairs[1]) and all(
        _spread(p, f, supply, result) for p, f in zip(*pairs)
    )


_TAGS = {list: "list", tuple: "tuple", dict: "dict", collections.OrderedDict: "OrderedDict"}
_JSON_KEYS = (str, int, float, type(None))
_KINDS = {tag: kind for kind, tag in _TAGS.items()}


def treedef_to_data(treedef, encode=None):
    """The structure as JSON-able data: nested lists, strings and None.

    A leaf is "*", None is None, and a node is [tag, aux, *children]. Nodes other than list, tuple,
    dict and OrderedDict need `encode(type, aux)`, which returns JSON-able data. Raises TreeError
    for a node that neither knows, or a dict with keys that JSON does not have.
    """
    data = treedef.node_data()
    if data is None:
        return "*"
    kind, aux = data
    if kind is type(None):
        return None
    children = [treedef_to_data(child, encode) for child in treedef.children()]
    if kind not in _TAGS:
        custom = encode(kind, aux) if encode else None
        if custom is None:
            raise TreeError(
                f"treedef_to_data: no way to write a {kind.__qualname__}",
                "it is not a list, tuple, dict, OrderedDict or None",
                "register how to serialize it, or use one of these",
            )
        return ["node", custom, *children]
    for key in aux or ():
        if not isinstance(key, _JSON_KEYS):
            raise TreeError(
                f"treedef_to_data: no way to write the {_TAGS[kind]} key {key!r}",
                f"it is a {type(key).__name__}",
                "use strings or numbers as keys",
            )
    return [_TAGS[kind], None if aux is None else list(aux), *children]


def treedef_from_data(data, decode=None):
    """The structure that `treedef_to_data` wrote.

    `decode(aux, children)`, given the structures of the children, makes that of another node.
    """
    if data == "*":
        return registry.registry.flatten(0)[1]
    if data is None:
        return registry.registry.flatten(None)[1]
    if not isinstance(data, list) or len(data) < 2:
        raise _unreadable(data)
    tag, aux, *children = data
    if tag == "node" and decode is not None:
        return decode(aux, [treedef_from_data(child, decode) for child in children])
    if tag in ("list", "tuple") and aux is None:
        kind = _KINDS[tag]
    elif tag == "dict" and _are_keys(aux, len(children)) and _are_sorted(aux):
        kind = dict
    elif tag == "OrderedDict" and _are_keys(aux, len(children)):
        kind, aux = collections.OrderedDict, tuple(aux)
    else:
        raise _unreadable(data)
    return make_node(kind, aux, [treedef_from_data(child, decode) for child in children])


def make_node(kind, aux, children):
    """The structure of a node of a type, with auxiliary data and the structures of its children."""
    make = registry.PyTreeDef.from_node_data_and_children
    return make(registry.registry, (kind, aux), children)


def _are_keys(aux, count):
    return (
        isinstance(aux, list)
        and all(isinstance(key, _JSON_KEYS) for key in aux)
        and len(aux) == len(set(aux)) == count
    )


def _are_sorted(keys):
    try:
        return keys == sorted(keys)
    except TypeError:
        return False


def _unreadable(data):
    text = repr(data)
    return TreeError(
        f"treedef_from_data: no way to read {text if len(text) < 60 else text[:57] + '...'}",
        f'a structure is "*", None or [tag, aux, *children] with tag {", ".join(_KINDS)}',
        "give what treedef_to_data returned, and the decode that belongs to its encode",
    )
