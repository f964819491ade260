"""Functions on pytrees: nested tuples, lists, dicts and registered types with leaves.

>>> from hloom import tree
>>> params = {"w": [1.0, 2.0], "b": 3.0}
>>> tree.map(lambda x: 2 * x, params)
{'b': 6.0, 'w': [2.0, 4.0]}
"""

from hloom.frontend.pytree import (
    all,
    broadcast,
    flatten_with_path,
    leaves,
    leaves_with_path,
    map,
    map_with_path,
    reduce,
    reduce_associative,
    static,
    structure,
    transpose,
    tree_flatten as flatten,
    unflatten,
)
from hloom.runtime import pjrt as _  # noqa: F401 - supplies the registry

__all__ = [
    "all",
    "broadcast",
    "flatten",
    "flatten_with_path",
    "leaves",
    "leaves_with_path",
    "map",
    "map_with_path",
    "reduce",
    "reduce_associative",
    "static",
    "structure",
    "transpose",
    "unflatten",
]
