"""The calling convention of an exported function: the trees and types of arguments and results.

A module knows arrays as they lie in memory: PRNG keys are words there. `leaves` and `result` go
between the values that users see and those of the module.
"""

import re

from hloom.export import trees
from hloom.frontend import dtypes, pytree
from hloom.frontend.avals import ShapedArray
from hloom.frontend.context import thread
from hloom.frontend.errors import ArtifactError, TreeError
from hloom.frontend.flat import argument_paths, flatten_args
from hloom.frontend.keys import KEY_DTYPES, in_memory, is_key
from hloom.frontend.prims.random import random_unwrap, random_wrap
from hloom.frontend.trace import aval_of


class Convention:
    """Name, trees and avals of a function, and what its arguments must be."""

    def __init__(self, fun_name, in_tree, in_avals, out_tree, out_avals):
        self.fun_name = self.__name__ = fun_name
        self.in_tree = in_tree
        self.in_avals = in_avals
        self.out_tree = out_tree
        self.out_avals = out_avals

    def to_manifest(self):
        """The part of an artifact's manifest that says this."""
        return {
            "fun_name": self.fun_name,
            "in_tree": trees.to_data(self.in_tree),
            "out_tree": trees.to_data(self.out_tree),
            "inputs": [_aval_to_data(a) for a in self.in_avals],
            "outputs": [_aval_to_data(a) for a in self.out_avals],
        }

    @classmethod
    def from_manifest(cls, manifest):
        """The convention that a manifest says; raises ArtifactError if its parts do not fit."""
        name = str(manifest.get("fun_name", manifest["entry"]))
        parts = []
        for tree, avals in ("in_tree", "inputs"), ("out_tree", "outputs"):
            try:
                treedef = trees.from_data(manifest[tree])
            except (TreeError, LookupError, TypeError) as error:
                raise ArtifactError(
                    f"load: the manifest's {tree!r} is no structure",
                    str(error).splitlines()[0],
                    "export the function again",
                ) from None
            found = tuple([_aval_from_data(a) for a in manifest[avals]])
            if treedef.num_leaves != len(found):
                raise ArtifactError(
                    f"load: the manifest's {tree!r} has {treedef.num_leaves} leaves",
                    f"its {avals!r} are {len(found)}",
                    "export the function again",
                )
            parts += [treedef, found]
        if not _is_arguments(parts[0]):
            raise ArtifactError(
                "load: the manifest's 'in_tree' is not that of arguments",
                f"it is {parts[0]}",
                "export the function again",
            )
        return cls(name, *parts)

    def leaves(self, args, kwargs):
        """The module's operands for a call; raises TreeError unless the arguments fit."""
        leaves, tree = flatten_args(self, args, kwargs)
        if tree != self.in_tree:
            names = "the exported function", "the call"
            lines = pytree.difference(self.in_tree, tree, names=names)
            raise TreeError(
                f"{self.fun_name}: exported for arguments of another structure",
                [_in_words(line) for line in lines],
                "pass the same structure, or export again",
            )
        for x, aval, path in zip(leaves, self.in_avals, argument_paths(tree)):
            given = aval_of(x)
            if (given.shape, given.dtype) != (aval.shape, aval.dtype):
                narrowed = aval.dtype.itemsize == 8 and not thread.context.settings.enable_x64
                raise TreeError(
                    f"{self.fun_name}: exported for {path} of type {aval}",
                    f"it is {given}",
                    "turn on 64-bit types: with hloom.enable_x64()"
                    if narrowed and dtypes.canonicalize(aval.dtype) == given.dtype
                    else "convert it, or export again",
                )
        return [random_unwrap(x) if is_key(aval) else x for x, aval in zip(leaves, self.in_avals)]

    def arguments(self, operands):
        """The (args, kwargs) of a call, from the module's operands."""
        return self.in_tree.unflatten(_values(operands, self.in_avals))

    def result(self, values):
        """What the function returns, from the module's results."""
        return self.out_tree.unflatten(_values(values, self.out_avals))

    def __str__(self):
        """The function as `name(types) -> types`."""
        arguments, keywords = self.in_tree.unflatten(self.in_avals)
        named = [f"{k}={v}" for k, v in keywords.items()]
        results = self.out_tree.unflatten(self.out_avals)
        return f"{self.fun_name}({', '.join([*map(str, arguments), *named])}) -> {results}"


def _values(stored, avals):
    return [random_wrap(x, a.dtype) if is_key(a) else x for x, a in zip(stored, avals)]


def _is_arguments(treedef):
    """Whether a structure is (args, kwargs)."""
    node = treedef.node_data()
    children = treedef.children()
    kinds = [child.node_data() and child.node_data()[0] for child in children]
    return node is not None and node[0] is tuple and kinds == [tuple, dict]


def _in_words(line):
    """A line of a difference with `args` and `kwargs` for the first step of its path."""
    return re.sub(r"^\[([01])\]", lambda m: ("args", "kwargs")[int(m[1])], line)


def _aval_to_data(aval):
    stored = in_memory(aval)
    data = {"shape": list(stored.shape), "dtype": stored.dtype.name, "weak": aval.weak_type}
    return {**data, "key": aval.dtype.impl} if is_key(aval) else data


def _aval_from_data(data):
    if any(isinstance(n, str) for n in data["shape"]):
        raise ArtifactError(
            f"load: the shape {tuple(data['shape'])} has symbolic dimensions",
            "this version of hloom runs programs of fixed shapes",
            "update hloom, or export with fixed shapes",
        )
    if "key" in data:
        dtype, stored = KEY_DTYPES.get(str(data["key"])), f"{data['dtype']}{data['shape']}"
        if dtype is None or data["shape"][-1:] != [dtype.words] or data["dtype"] != "uint32":
            raise ArtifactError(
                f"load: PRNG keys of the generator {data['key']!r} as {stored}",
                f"the generators are {', '.join(KEY_DTYPES)}",
                "update hloom, or export the function again",
            )
        return ShapedArray(tuple(data["shape"][:-1]), dtype)
    return ShapedArray(tuple(data["shape"]), dtypes.dtype(data["dtype"]), data["weak"])
