"""How node types beyond the built-in ones are written in a file: by a registered name.

A name stands for a type, and its auxiliary data are bytes that the type's own functions make and
read, so that a file holds no Python code and needs no trust.
"""

import base64
from typing import NamedTuple

from hloom.frontend import pytree
from hloom.frontend.errors import ArgumentError, ArtifactError


class _Serialization(NamedTuple):
    """How a type is written and read."""

    kind: type
    name: str
    encode: object
    decode: object
    build: object


_by_kind: dict = {}
_by_name: dict = {}


def register_pytree_node_serialization(
    nodetype, *, serialized_name, serialize_auxdata, deserialize_auxdata, from_children=None
):
    """Let exported functions have arguments and results of a registered pytree node type.

    `serialized_name` stands for the type in files. `serialize_auxdata(aux)` gives bytes and
    `deserialize_auxdata(bytes)` the auxiliary data again. `from_children(aux, children)` makes a
    node otherwise than as the type was registered. Returns `nodetype`; raises ArgumentError if the
    type or the name is already registered.

    >>> from hloom import export, tree_util
    >>> class Scaled:
    ...     def __init__(self, x, unit):
    ...         self.x, self.unit = x, unit
    >>> tree_util.register_pytree_node(
    ...     Scaled, lambda s: ((s.x,), s.unit), lambda unit, xs: Scaled(*xs, unit)
    ... )
    >>> _ = export.register_pytree_node_serialization(
    ...     Scaled,
    ...     serialized_name="example.Scaled",
    ...     serialize_auxdata=str.encode,
    ...     deserialize_auxdata=bytes.decode,
    ... )
    """
    for key, known in (nodetype, _by_kind), (serialized_name, _by_name):
        if key in known:
            found = known[key]
            raise ArgumentError(
                f"register serialization: {nodetype.__qualname__} as {serialized_name!r}",
                f"{found.kind.__qualname__} is registered as {found.name!r}",
                "register each type once, under a name of its own",
            )
    made = _Serialization(
        nodetype, serialized_name, serialize_auxdata, deserialize_auxdata, from_children
    )
    _by_kind[nodetype] = _by_name[serialized_name] = made
    return nodetype


def register_namedtuple_serialization(nodetype, *, serialized_name):
    """Let exported functions have arguments and results of a named tuple type.

    >>> import collections
    >>> from hloom import export
    >>> Point = collections.namedtuple("Point", "x y")
    >>> _ = export.register_namedtuple_serialization(Point, serialized_name="example.Point")
    """
    if not (issubclass(nodetype, tuple) and hasattr(nodetype, "_fields")):
        raise ArgumentError(
            f"register_namedtuple_serialization: {nodetype.__qualname__}",
            "it is not a named tuple",
            "use register_pytree_node_serialization",
        )
    return register_pytree_node_serialization(
        nodetype,
        serialized_name=serialized_name,
        serialize_auxdata=lambda aux: b"",
        deserialize_auxdata=lambda data: None,
    )


def to_data(treedef):
    """A structure as JSON-able data; raises TreeError for types whose serialization is unknown."""
    return pytree.treedef_to_data(treedef, _encode)


def from_data(data):
    """The structure that `to_data` wrote."""
    return pytree.treedef_from_data(data, _decode)


def _encode(kind, aux):
    found = _by_kind.get(kind)
    if found is None:
        return None
    return {"type": found.name, "aux": base64.b64encode(found.encode(aux)).decode()}


def _decode(data, children):
    found = _by_name.get(data["type"])
    if found is None:
        raise ArtifactError(
            f"load: a pytree node type is called {data['type']!r} in the file",
            f"the names known are {', '.join(map(repr, sorted(_by_name))) or 'none'}",
            "call register_pytree_node_serialization or register_namedtuple_serialization first",
        )
    aux = found.decode(base64.b64decode(data["aux"]))
    if found.build is None:
        return pytree.make_node(found.kind, aux, children)
    leaves = [child.unflatten([0] * child.num_leaves) for child in children]
    return pytree.structure(found.build(aux, leaves))
