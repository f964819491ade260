"""The matrix of primitives and what each layer says of them has no holes.

A cell holds `rule`, or the reason why there is none, which its layer states.
"""

import importlib
import pkgutil

import hloom.frontend.prims
import ops
from hloom.frontend.primitive import Primitive
from hloom.lowering import (
    rules as _,  # noqa: F401 - fills the table
    table,
)
from hloom.transforms import batch, jvp, transpose

COLUMNS = ("type", "jvp", "transpose", "batch", "lower", "row")


def primitives():
    """Every primitive of hloom.frontend.prims, by name."""
    found = {}
    for info in pkgutil.iter_modules(hloom.frontend.prims.__path__):
        module = importlib.import_module(f"hloom.frontend.prims.{info.name}")
        values = list(vars(module).values())
        values += [v for table in values if isinstance(table, dict) for v in table.values()]
        for value in values:
            if isinstance(value, Primitive):
                assert found.setdefault(value.name, value) is value, f"two are named {value.name}"
    return found


def stated(rules, primitive):
    """`rule`, the reason for having none, or nothing."""
    rule = rules.get(primitive)
    return rule and getattr(rule, "reason", "rule")


def cells(primitive, covered):
    """The row of the matrix of a primitive; None is a hole."""
    forward = stated(jvp.rules, primitive)
    constant = forward if forward != "rule" else None
    on_platform = any(primitive in key for key in table.platform_rules)
    return (
        callable(primitive.type_rule) and "rule",
        forward,
        # what has no tangents is in no linear program
        stated(transpose.rules, primitive) or constant,
        stated(batch.rules, primitive) or (primitive.family in batch.families and "family"),
        stated(table.rules, primitive) or (on_platform and "rule"),
        primitive in covered and "row",
    )


def test_every_cell_is_filled():
    covered = {p for row in ops.collect() for p in row.covers}
    matrix = {name: cells(p, covered) for name, p in sorted(primitives().items())}
    width = max(map(len, matrix))
    lines = [f"{'':{width}}  " + "  ".join(f"{c:12.12}" for c in COLUMNS)]
    lines += [
        f"{name:{width}}  " + "  ".join(f"{c or '-':12.12}" for c in row)
        for name, row in matrix.items()
    ]
    print("\n".join(lines))
    holes = [
        f"{name}: {column}"
        for name, row in matrix.items()
        for column, cell in zip(COLUMNS, row, strict=True)
        if not cell
    ]
    assert not holes
