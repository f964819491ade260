"""Pytrees in full: the functions of `hloom.tree` under their longer names, registration and paths.

>>> from hloom import tree_util
>>> tree_util.tree_map(lambda x: x + 1, {"a": 1, "b": (2, None)})
{'a': 2, 'b': (3, None)}
"""

from hloom.frontend.pytree import (
    DictKey,
    FlattenedIndexKey,
    GetAttrKey,
    KeyEntry,
    Partial,
    PyTreeDef,
    SequenceKey,
    all_leaves,
    default_registry,
    flatten_one_level,
    flatten_one_level_with_keys,
    is_tree_node,
    keystr,
    register_dataclass,
    register_static,
    tree_flatten,
    treedef_children,
    treedef_is_leaf,
    treedef_tuple,
)
from hloom.frontend.pytree import (
    all as tree_all,
)
from hloom.frontend.pytree import (
    broadcast as tree_broadcast,
)
from hloom.frontend.pytree import (
    flatten_with_path as tree_flatten_with_path,
)
from hloom.frontend.pytree import (
    leaves as tree_leaves,
)
from hloom.frontend.pytree import (
    leaves_with_path as tree_leaves_with_path,
)
from hloom.frontend.pytree import (
    map as tree_map,
)
from hloom.frontend.pytree import (
    map_with_path as tree_map_with_path,
)
from hloom.frontend.pytree import (
    reduce as tree_reduce,
)
from hloom.frontend.pytree import (
    reduce_associative as tree_reduce_associative,
)
from hloom.frontend.pytree import (
    register_node as register_pytree_node,
)
from hloom.frontend.pytree import (
    register_node_class as register_pytree_node_class,
)
from hloom.frontend.pytree import (
    register_with_keys as register_pytree_with_keys,
)
from hloom.frontend.pytree import (
    register_with_keys_class as register_pytree_with_keys_class,
)
from hloom.frontend.pytree import (
    structure as tree_structure,
)
from hloom.frontend.pytree import (
    transpose as tree_transpose,
)
from hloom.frontend.pytree import (
    unflatten as tree_unflatten,
)

__all__ = [
    "DictKey",
    "FlattenedIndexKey",
    "GetAttrKey",
    "KeyEntry",
    "Partial",
    "PyTreeDef",
    "SequenceKey",
    "all_leaves",
    "default_registry",
    "flatten_one_level",
    "flatten_one_level_with_keys",
    "is_tree_node",
    "keystr",
    "register_dataclass",
    "register_pytree_node",
    "register_pytree_node_class",
    "register_pytree_with_keys",
    "register_pytree_with_keys_class",
    "register_static",
    "tree_all",
    "tree_broadcast",
    "tree_flatten",
    "tree_flatten_with_path",
    "tree_leaves",
    "tree_leaves_with_path",
    "tree_map",
    "tree_map_with_path",
    "tree_reduce",
    "tree_reduce_associative",
    "tree_structure",
    "tree_transpose",
    "tree_unflatten",
    "treedef_children",
    "treedef_is_leaf",
    "treedef_tuple",
]
