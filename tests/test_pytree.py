"""Pytrees: flatten, rebuild, map, paths, registered types, errors that say where trees differ."""

import collections
import copy
import dataclasses
import functools
import json
import pickle
import re
from typing import NamedTuple

import pytest
from hypothesis import given, strategies as st

import fresh
from hloom import tree, tree_util
from hloom.frontend import pytree
from hloom.frontend.errors import ArgumentError, TreeError


class Pair(NamedTuple):
    x: object
    y: object


@tree_util.register_dataclass
@dataclasses.dataclass
class Record:
    x: object
    y: object
    tag: str = tree.static(default="")


@tree_util.register_pytree_with_keys_class
class Box:
    """A node with a named child, whose label is structure."""

    def __init__(self, content, label):
        self.content, self.label = content, label

    def tree_flatten_with_keys(self):
        return [(tree_util.GetAttrKey("content"), self.content)], self.label

    @classmethod
    def tree_unflatten(cls, label, children):
        return cls(*children, label)

    def __eq__(self, other):
        return type(other) is Box and vars(self) == vars(other)

    def __repr__(self):
        return f"Box({self.content!r}, {self.label!r})"


names = st.text("abcd", max_size=2)
leaves = st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)


def builtin_nodes(children):
    dicts = st.dictionaries(names, children, max_size=3)
    return (
        st.lists(children, max_size=3)
        | st.lists(children, max_size=3).map(tuple)
        | dicts
        | dicts.map(collections.OrderedDict)
    )


def nodes(children):
    return (
        builtin_nodes(children)
        | st.dictionaries(names, children, max_size=3).map(
            lambda d: collections.defaultdict(list, d)
        )
        | st.builds(Pair, children, children)
        | st.builds(Record, children, children, names)
        | st.builds(Box, children, names)
    )


trees = st.recursive(leaves | st.none(), nodes, max_leaves=12)
builtin_trees = st.recursive(leaves | st.none(), builtin_nodes, max_leaves=12)


def walk(x):
    """The leaves again, by the documented order, without the registry."""
    match x:
        case None:
            return []
        case collections.OrderedDict():
            children = x.values()
        case dict():
            children = [x[k] for k in sorted(x)]
        case list() | tuple():
            children = x
        case Record():
            children = [x.x, x.y]
        case Box():
            children = [x.content]
        case _:
            return [x]
    return [leaf for child in children for leaf in walk(child)]


def message(error, call):
    """The text of the error that `call` raises, without the place in this file."""
    with pytest.raises(error) as info:
        call()
    return re.sub(r"\n    at test_pytree\.py:.*", "", str(info.value))


@given(trees)
def test_flatten_and_unflatten(t):
    flat, treedef = tree.flatten(t)
    assert flat == walk(t) == tree.leaves(t)
    assert treedef == tree.structure(t)
    assert treedef.num_leaves == len(flat)
    again = tree.unflatten(treedef, flat)
    assert again == t
    assert tree.structure(again) == treedef
    assert hash(tree.structure(again)) == hash(treedef)


@given(trees)
def test_map_laws(t):
    assert tree.map(lambda x: x, t) == t
    doubled = tree.map(lambda x: (lambda y: [y])(str(x)), t)
    assert doubled == tree.map(lambda x: [x], tree.map(str, t))
    assert tree.map(lambda x, y: x is y, t, t) == tree.map(lambda _: True, t)
    assert tree.map(lambda x, pair: pair == [x, x], t, tree.map(lambda x: [x, x], t)) == tree.map(
        lambda _: True, t
    )


@given(trees)
def test_paths_lead_to_the_leaves(t):
    pairs, treedef = tree.flatten_with_path(t)
    assert treedef == tree.structure(t)
    assert [leaf for _, leaf in pairs] == tree.leaves(t)
    paths = [tree_util.keystr(path) for path, _ in pairs]
    assert paths == pytree.leaf_paths(treedef)
    for path, leaf in zip(paths, tree.leaves(t)):
        assert eval(f"t{path}", {"t": t}) is leaf
    assert tree.map_with_path(lambda path, x, y: (tree_util.keystr(path), x is y), t, t) == (
        tree.unflatten(treedef, [(path, True) for path in paths])
    )


@given(trees, trees)
def test_differences_are_found(a, b):
    assert pytree.difference(a, a) == []
    same = tree.structure(a) == tree.structure(b)
    assert (pytree.difference(a, b) == []) == same
    for line in pytree.difference(a, b):
        assert re.match(r"(the root|[\[.].*): .*(the first|the second)", line, re.DOTALL)


@given(trees, st.data())
def test_broadcast_prefix(t, data):
    prefix = tree.map(
        lambda x: data.draw(st.integers()), t, is_leaf=lambda _: data.draw(st.booleans())
    )
    treedef = tree.structure(prefix)
    counts = [tree.structure(s).num_leaves for s in treedef.flatten_up_to(t)]
    expected = [leaf for leaf, n in zip(tree.leaves(prefix), counts) for _ in range(n)]
    assert pytree.broadcast_prefix(prefix, t) == expected
    assert pytree.broadcast_prefix(prefix, tree.structure(t)) == expected
    assert tree.broadcast(prefix, t) == tree.unflatten(tree.structure(t), expected)


@given(trees, trees)
def test_transpose_twice(outer, inner):
    outer, inner = tree.structure(outer), tree.structure(inner)
    numbers = iter(range(outer.num_leaves * inner.num_leaves))
    t = tree.unflatten(outer.compose(inner), numbers)
    turned = tree.transpose(outer, inner, t)
    assert tree.structure(turned) == inner.compose(outer)
    if inner.num_leaves:
        assert tree.transpose(inner, outer, turned) == t
    if outer.num_leaves:
        assert tree.transpose(outer, None, t) == turned


@given(builtin_trees)
def test_structure_as_data(t):
    treedef = tree.structure(t)
    data = json.loads(json.dumps(pytree.treedef_to_data(treedef)))
    assert pytree.treedef_from_data(data) == treedef


@given(trees)
def test_reductions(t):
    flat = tree.leaves(t)
    assert tree.reduce(lambda n, x: [*n, x], t, []) == flat
    texts = tree.map(str, t)
    assert tree.reduce_associative(str.__add__, texts, identity="") == "".join(map(str, flat))
    assert tree.all(t) == all(flat)


# Order, leaves and nodes.


def test_order_of_dicts():
    values = {"b": 1, "a": 2}
    assert tree.leaves(values) == [2, 1]
    assert tree.leaves(collections.OrderedDict(values)) == [1, 2]
    assert tree.leaves(collections.defaultdict(list, values)) == [2, 1]
    assert list(tree.map(str, collections.OrderedDict(values)).items()) == [("b", "1"), ("a", "2")]
    assert tree.map(str, collections.defaultdict(list, values)).default_factory is list


def test_none_is_a_node_unless_is_leaf_says_not():
    assert tree.leaves([None, 1]) == [1]
    assert tree.leaves([None, 1], is_leaf=lambda x: x is None) == [None, 1]
    assert tree.map(lambda x: x or 0, [None, 1], is_leaf=pytree.is_none) == [0, 1]


def test_is_leaf():
    def is_tuple(x):
        return isinstance(x, tuple)

    t = {"a": (1, 2), "b": [3]}
    assert tree.leaves(t, is_tuple) == [(1, 2), 3]
    assert tree.structure(t, is_leaf=is_tuple) == tree.structure({"a": 0, "b": [0]})
    assert [x for _, x in tree.leaves_with_path(t, is_leaf=is_tuple)] == [(1, 2), 3]

    def is_at_a(path, _):
        return path == (tree_util.DictKey("a"),)

    pairs = tree.leaves_with_path(t, is_leaf=is_at_a, is_leaf_takes_path=True)
    assert [x for _, x in pairs] == [(1, 2), 3]
    assert tree_util.all_leaves([(1, 2), 3], is_leaf=is_tuple)
    assert not tree_util.all_leaves([(1, 2), 3])


@pytest.mark.parametrize("subclass", [list, dict, tuple])
def test_subclasses_of_containers_are_leaves(subclass):
    other = type("Other", (subclass,), {})()
    assert tree.leaves([other]) == [other]


def test_associative_reduction_is_balanced():
    text = tree.reduce_associative(lambda a, b: f"({a}{b})", list("abcdefg"))
    assert text == "((a(bc))((de)(fg)))"
    assert tree.reduce_associative(max, [], identity=3) == 3
    assert tree.reduce(max, [], 3) == 3


def test_structures():
    leaf, pair = tree.structure(0), tree.structure((0, [0]))
    assert tree_util.treedef_is_leaf(leaf)
    assert not tree_util.treedef_is_leaf(tree.structure(None))
    assert tree_util.treedef_children(pair) == [leaf, tree.structure([0])]
    assert tree_util.treedef_tuple(iter([leaf, tree.structure([0])])) == pair
    assert isinstance(pair, tree_util.PyTreeDef)


def test_keystr():
    path = tuple(
        kind(key)
        for kind, key in [
            (tree_util.DictKey, "a"),
            (tree_util.SequenceKey, 1),
            (tree_util.GetAttrKey, "x"),
            (tree_util.FlattenedIndexKey, 2),
        ]
    )
    assert tree_util.keystr(path) == "['a'][1].x[<flat index 2>]"
    assert tree_util.keystr(path, simple=True, separator="/") == "a/1/x/2"
    assert tree_util.keystr(("own",), simple=True) == "own"


def test_one_level():
    assert tree_util.flatten_one_level(Pair(1, [2])) == ([1, [2]], Pair)
    pairs, label = tree_util.flatten_one_level_with_keys(Box([1], "label"))
    assert list(pairs) == [(tree_util.GetAttrKey("content"), [1])]
    assert label == "label"


# Registered types.


def test_metadata_is_structure():
    a, b = Record(1, 2, "a"), Record(1, 2, "b")
    assert tree.leaves(a) == tree.leaves(b) == [1, 2]
    assert tree.structure(a) != tree.structure(b)
    assert pytree.difference(a, b, names=("in", "out")) == [
        "the root: in has a Record and metadata ('a',), out has a Record and metadata ('b',)"
    ]


def test_register_dataclass_with_fields():
    @dataclasses.dataclass
    class Layer:
        w: int
        name: str
        cache: int = 0

    returned = tree_util.register_dataclass(
        Layer, data_fields=["w"], meta_fields=["name"], drop_fields=["cache"]
    )
    assert returned is Layer
    assert tree.map(lambda x: -x, Layer(1, "a", 7)) == Layer(-1, "a", 0)


def test_register_dataclass_leaves_out_computed_fields():
    @tree_util.register_dataclass
    @dataclasses.dataclass(frozen=True)
    class Frozen:
        x: int
        double: int = dataclasses.field(init=False)

        def __post_init__(self):
            object.__setattr__(self, "double", 2 * self.x)

    assert tree.map(lambda x: x + 1, Frozen(1)).double == 4


def test_register_a_class_that_is_no_dataclass_by_its_fields():
    class Plain:
        def __init__(self, x):
            self.x = x

    tree_util.register_dataclass(Plain, data_fields=["x"], meta_fields=[])
    assert tree.map(lambda x: x + 1, Plain(1)).x == 2
    assert pytree.leaf_paths(tree.structure(Plain(1))) == [".x"]


def test_register_static():
    @tree_util.register_static
    @dataclasses.dataclass(frozen=True)
    class Options:
        size: int

    assert tree.leaves([Options(1), 2]) == [2]
    assert tree.structure(Options(1)) == tree.structure(Options(1)) != tree.structure(Options(2))
    assert tree.map(str, [Options(1), 2]) == [Options(1), "2"]


def test_register_node_without_keys_has_flat_indices():
    class Bag:
        def __init__(self, *items):
            self.items = items

    tree_util.register_pytree_node(Bag, lambda b: (b.items, None), lambda _, xs: Bag(*xs))
    assert [tree_util.keystr(p) for p, _ in tree.leaves_with_path(Bag(1, [2]))] == [
        "[<flat index 0>]",
        "[<flat index 1>][0]",
    ]
    assert pytree.difference(Bag(1, 2), Bag(1)) == [
        "the root: the first has a Bag with 2 children, the second has a Bag with 1 child"
    ]
    assert tree_util.is_tree_node(Bag)


def test_partial():
    scaled = tree_util.Partial(lambda a, b, c: (a, b, c), 1, c=3)
    assert tree.leaves(scaled) == [1, 3]
    assert scaled(2) == (1, 2, 3)
    assert tree.map(lambda x: 10 * x, scaled)(2) == (10, 2, 30)
    assert isinstance(scaled, functools.partial)
    assert pytree.leaf_paths(tree.structure(scaled)) == [
        ".args[0]",
        ".keywords['c']",
    ]
    nested = tree_util.Partial(tree_util.Partial(max, 1), 2)
    assert tree.structure(nested) == tree.structure(tree_util.Partial(max, 3, 4))


def test_the_registry_is_hlooms_own():
    from jaxlib._jax import pytree as jaxlibs

    assert jaxlibs.default_registry() is not tree_util.default_registry
    assert not jaxlibs.default_registry().is_node(Record)


def test_custom_nodes_as_data():
    def encode(kind, aux):
        return {"name": kind.__name__, "aux": aux}

    def decode(data, children):
        kind = {"Pair": Pair, "Box": Box}[data["name"]]
        return pytree.make_node(kind, data["aux"], children)

    treedef = tree.structure(Pair(Box(1, "label"), [2]))
    data = json.loads(json.dumps(pytree.treedef_to_data(treedef, encode)))
    assert data == [
        "node",
        {"name": "Pair", "aux": None},
        ["node", {"name": "Box", "aux": "label"}, "*"],
        ["list", None, "*"],
    ]
    assert pytree.treedef_from_data(data, decode) == treedef


# Differences in words.


@pytest.mark.parametrize(
    ("a", "b", "lines"),
    [
        (1, [1], ["the root: in has a leaf, out has a list of length 1"]),
        (None, 1, ["the root: in has None, out has a leaf"]),
        ([1, 2], [1], ["the root: in has a list of length 2, out has a list of length 1"]),
        ([1], (1,), ["the root: in has a list of length 1, out has a tuple of length 1"]),
        ({"a": 1, "b": 2}, {"a": 1, "c": [2]}, ["['b']: only in in", "['c']: only in out"]),
        ({"a": (1, None)}, {"a": (1, 2)}, ["['a'][1]: in has None, out has a leaf"]),
        (Pair(1, {}), Pair(1, 2), [".y: in has a dict without keys, out has a leaf"]),
        (Record(1, [2]), Record(1, 2), [".y: in has a list of length 1, out has a leaf"]),
        (Pair(1, 2), [Record(1, 2)], ["the root: in has a Pair, out has a list of length 1"]),
        (
            collections.OrderedDict(a=1, b=2),
            collections.OrderedDict(b=1, a=2),
            [
                """the root: in has an OrderedDict with keys 'a', 'b', \
out has an OrderedDict with keys 'b', 'a'"""
            ],
        ),
        (
            collections.defaultdict(list, a=1),
            collections.defaultdict(int, a=1),
            [
                """the root: in has a defaultdict(list) with keys 'a', \
out has a defaultdict(int) with keys 'a'"""
            ],
        ),
        ([{"a": 1}, 2, [3]], [{"a": [1]}, 2, 3], [
            "[0]['a']: in has a leaf, out has a list of length 1",
            "[2]: in has a list of length 1, out has a leaf",
        ]),
    ],
)  # fmt: skip
def test_difference(a, b, lines):
    assert pytree.difference(a, b, names=("in", "out")) == lines
    structures = tree.structure(a), tree.structure(b)
    assert pytree.difference(*structures, names=("in", "out")) == lines


def test_difference_of_leaves():
    treedef = tree.structure({"h": 0, "c": [0]})
    assert pytree.difference(
        treedef,
        treedef,
        ["f32[3]", "i32[]"],
        ["f32[3]", "f32[]"],
        ("the input", "the output"),
    ) == ["['h']: the input has i32[], the output has f32[]"]
    leaf = tree.structure(0)
    assert pytree.difference(leaf, leaf, ["i32[]"], ["f32[]"]) == [
        "the root: the first has i32[], the second has f32[]"
    ]
    assert pytree.difference(leaf, leaf, ["i32[]"], ["i32[]"]) == []


# Errors.


def test_map_over_trees_that_differ():
    assert message(
        TreeError,
        lambda: tree.map(max, {"a": [1, 2], "b": 3}, {"a": [1, 2], "b": 3}, {"a": [1], "b": 3}),
    ) == (
        "map: tree 3 does not have the structure of tree 1\n"
        "    ['a']: tree 1 has a list of length 2, tree 3 has a list of length 1\n"
        "    give both the same structure"
    )
    assert message(TreeError, lambda: tree.map_with_path(max, [1, None], [1, 2])) == (
        "map_with_path: tree 2 does not have the structure of tree 1\n"
        "    [1]: tree 1 has None, tree 2 has a leaf\n"
        "    give both the same structure"
    )


def test_errors_name_the_line():
    with pytest.raises(ValueError) as info:
        tree.map(max, [1], [])
    assert "at test_pytree.py:" in str(info.value)
    assert "tree.map(max, [1], [])" in str(info.value)


@pytest.mark.parametrize(
    ("t", "where"),
    [
        ({1: 0, "a": 0}, ""),
        ([{"b": {1: 0, "a": 0}}], " at [0]['b']"),
    ],
)
def test_dict_keys_that_cannot_be_sorted(t, where):
    expected = (
        f"pytree: the dict{where} has keys that cannot be sorted: 1 (int) and 'a' (str)\n"
        "    the leaves of a dict are in the order of its sorted keys\n"
        "    use keys of one type, or an OrderedDict, which keeps its own order"
    )
    for function in (tree.flatten, tree.leaves, tree.structure, tree.leaves_with_path, tree.all):
        assert message(TreeError, lambda f=function: f(t)) == expected
    assert message(TreeError, lambda: tree.map(str, t)) == expected
    assert message(TreeError, lambda: tree.broadcast(1, t)) == expected


def test_defaultdict_keys_that_cannot_be_sorted():
    t = collections.defaultdict(list, {1: 0, "a": 0})
    assert message(TreeError, lambda: tree.leaves(t)).startswith(
        "pytree: the dict has keys that cannot be sorted: 1 (int) and 'a' (str)\n"
    )


def test_number_of_leaves():
    assert message(TreeError, lambda: tree.unflatten(tree.structure([0, 0]), [1])) == (
        "unflatten: 1 leaves for a structure of 2\n"
        "    the structure is PyTreeDef([*, *])\n"
        "    give one leaf for each *"
    )


def test_what_is_no_prefix():
    assert message(TreeError, lambda: tree.broadcast({"a": (1, 2)}, {"a": [1, 2]})) == (
        "broadcast: the prefix is not a prefix of the tree\n"
        "    ['a']: the prefix has a tuple of length 2, the tree has a list of length 2\n"
        "    give the prefix one leaf for all, or the same containers down to some depth"
    )
    names = "in_axes", "the arguments"
    call = functools.partial(pytree.broadcast_prefix, (0, None), (1, 2, 3), pytree.is_none, names)
    assert message(TreeError, call) == (
        "broadcast: in_axes is not a prefix of the arguments\n"
        "    the root: in_axes has a tuple of length 2, the arguments has a tuple of length 3\n"
        "    give in_axes one leaf for all, or the same containers down to some depth"
    )


def test_what_cannot_be_transposed():
    outer, inner = tree.structure([0, 0]), tree.structure({"a": 0})
    assert message(TreeError, lambda: tree.transpose(outer, inner, [{"a": 1}, {"b": 1}])) == (
        "transpose: the tree does not have the structure of outer of inner\n"
        "    [1]['a']: only in outer of inner\n"
        "    [1]['b']: only in the tree\n"
        "    give both the same structure"
    )
    assert message(TreeError, lambda: tree.transpose(outer, None, [1])) == (
        "transpose: the tree does not have the structure of the outer structure\n"
        "    the root: the outer structure has a list of length 2, "
        "the tree has a list of length 1\n"
        "    give both the same structure"
    )
    assert message(ArgumentError, lambda: tree.transpose(tree.structure([]), None, [])) == (
        "transpose: the outer structure has no leaves\n"
        "    so the inner structure is not known\n"
        "    give the inner structure"
    )


def test_nothing_to_reduce():
    assert message(TypeError, lambda: tree.reduce(max, [None])) == (
        "reduce: the tree has no leaves\n    give an initializer"
    )
    assert message(TypeError, lambda: tree.reduce_associative(max, {})) == (
        "reduce_associative: the tree has no leaves\n    give an identity"
    )


def test_a_leaf_has_no_level():
    for function in (tree_util.flatten_one_level, tree_util.flatten_one_level_with_keys):
        assert message(ValueError, lambda f=function: f(5)) == (
            "flatten_one_level: int is not a pytree node\n"
            "    it is a leaf\n"
            "    register the type, or flatten its container"
        )


def test_wrong_registrations():
    @dataclasses.dataclass
    class Fields:
        x: int
        y: int

    register = functools.partial(tree_util.register_dataclass, Fields)
    assert message(ArgumentError, lambda: register(["x"])) == (
        "register_dataclass: only one of data_fields and meta_fields is given\n"
        "    each field is one or the other\n"
        "    give both, or neither for a dataclass"
    )
    assert message(ArgumentError, lambda: register(["x"], ["z"])) == (
        "register_dataclass: the fields given are not those of Fields\n"
        "    missing: y\n"
        "    not in the constructor: z\n"
        "    name every field with init=True as data or meta, or list it in drop_fields"
    ).replace("of Fields", f"of {Fields.__qualname__}")
    assert message(ArgumentError, lambda: tree_util.register_dataclass(int)) == (
        "register_dataclass: int is not a dataclass\n"
        "    so its fields are not known\n"
        "    give data_fields and meta_fields, or apply @dataclasses.dataclass first"
    )
    assert message(ValueError, lambda: tree_util.register_static(Record)) == (
        "register: Record is already a pytree node\n"
        "    a type is registered once\n"
        "    remove the second registration"
    )


@pytest.mark.parametrize(
    ("t", "what"),
    [
        (
            Pair(1, 2),
            """no way to write a Pair
    it is not a list, tuple, dict, OrderedDict or None
    register how to serialize it, or use one of these""",
        ),
        (
            {(1, 2): 0},
            """no way to write the dict key (1, 2)
    it is a tuple
    use strings or numbers as keys""",
        ),
    ],
)
def test_structures_without_data(t, what):
    call = functools.partial(pytree.treedef_to_data, tree.structure(t))
    assert message(TreeError, call) == f"treedef_to_data: {what}"


@pytest.mark.parametrize(
    "data",
    [
        5,
        [],
        ["list", 3],
        ["set", None],
        ["node", "Pair"],
        ["dict", ["a"], "*", "*"],
        ["dict", ["b", "a"], "*", "*"],
        ["dict", ["a", 1], "*", "*"],
        ["OrderedDict", ["a", "a"], "*", "*"],
        ["dict", [["a"]], "*"],
    ],
)
def test_data_that_is_no_structure(data):
    assert message(TreeError, lambda: pytree.treedef_from_data(data)) == (
        f"treedef_from_data: no way to read {data!r}\n"
        '    a structure is "*", None or [tag, aux, *children] with tag list, tuple, dict, '
        "OrderedDict\n"
        "    give what treedef_to_data returned, and the decode that belongs to its encode"
    )


def test_trees_are_ready_before_anything_else_is_loaded():
    alone = fresh.python("from hloom import tree; print(tree.flatten([1])[0])")
    keys = fresh.python("from hloom import tree_util; print(tree_util.DictKey('a'))")
    assert (alone.stdout, keys.stdout) == ("[1]\n", "['a']\n")


@pytest.mark.parametrize(
    "value",
    [{"a": 1, "b": (2, None)}, Pair(1, [2]), Record(1, 2, "tag")],
    ids=["dict", "named", "own"],
)
@pytest.mark.parametrize(
    "again", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy, copy.deepcopy]
)
def test_structures_are_pickled_and_copied(value, again):
    structure = tree_util.tree_structure(value)
    assert again(structure) == structure


def test_a_pickled_structure_is_read_by_a_process_that_has_not_imported_hloom():
    structure = pickle.dumps(tree_util.tree_structure({"a": 1, "b": (2, None)}))
    code = f"import pickle; print(pickle.loads({structure!r}).unflatten([1, 2]))"
    assert fresh.python(code).stdout.strip() == "{'a': 1, 'b': (2, None)}"


def test_a_named_tuple_is_registered_once():
    pair = collections.namedtuple("pair", "x y")
    register = tree_util.register_pytree_node
    register(pair, lambda p: ((p.y,), p.x), lambda x, children: pair(x, *children))
    assert tree.leaves(pair(1, 2)) == [2]
    assert tree.map(lambda y: -y, pair(1, 2)) == pair(1, -2)
    with pytest.raises(TreeError, match="pair is already a pytree node"):
        register(pair, lambda p: ((p.y,), p.x), lambda x, children: pair(x, *children))
