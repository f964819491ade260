"""`associative_scan`: all prefixes of a sequence combined, in logarithmic depth."""

from typing import NamedTuple

from hloom.frontend import pytree
from hloom.frontend.context import thread
from hloom.frontend.errors import ControlFlowError, ShapeError
from hloom.frontend.families import as_operand
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.keywords import judged
from hloom.frontend.prims.calls import jit
from hloom.frontend.prims.cumulative import scan_by_pairs
from hloom.frontend.prims.structural import canonical_axis
from hloom.frontend.staging import require_callable, staged
from hloom.frontend.trace import aval_of


@judged
def associative_scan(fn, elems, reverse=False, axis=0):
    """The elements along `axis` combined with all before them by the associative `fn(a, b)`.

    `elems` is a tree of arrays with one length along `axis`; `fn` takes and gives such trees, of
    any length there, and combines them element by element. With `reverse`, elements are combined
    with all after them, `fn(later, earlier)`.

    >>> import hloom
    >>> hloom.lax.associative_scan(hloom.numpy.add, hloom.numpy.arange(5))
    Array([ 0,  1,  3,  6, 10], dtype=int32)
    """
    require_callable("associative_scan", fn, "fn")
    leaves, tree = flatten_args(fn, (elems,), {})
    if not leaves:
        return elems
    axes = [canonical_axis("associative_scan", axis, aval_of(x).ndim) for x in leaves]
    lengths = [aval_of(x).shape[a] for x, a in zip(leaves, axes)]
    if len(set(lengths)) > 1:
        (vector,) = tree.children()[0].children()
        paths = pytree.leaf_paths(vector)
        lines = [f"elems{p}: {aval_of(x)}" for p, x in zip(paths, leaves)]
        remedy = "give all arrays one length there"
        raise ShapeError(f"associative_scan: the lengths along axis {axis} differ", lines, remedy)
    prefixes = _Prefixes(axes[0], bool(reverse))
    if thread.context.trace is not None or thread.context.settings.disable_jit:
        return prefixes(fn)(elems)
    found = staged(fn, tree, [aval_of(x) for x in leaves], "associative_scan", prefixes)
    outs = jit.bind(*found.consts, *leaves, program=found.program)
    return found.out_tree.unflatten(outs)


class _Prefixes(NamedTuple):
    """Makes a function of two trees into one that combines all prefixes of a tree."""

    axis: int
    reverse: bool

    def __call__(self, fn):
        def scan(elems):
            leaves, tree = pytree.flatten(elems)

            def combine(first, second):
                result = fn(tree.unflatten(first), tree.unflatten(second))
                found, returned = pytree.flatten(result)
                if returned != tree:
                    raise ControlFlowError(
                        f"associative_scan: {name_of(fn)} returns what it takes",
                        pytree.difference(tree, returned, names=("its argument", "its result")),
                        "return the structure of one of its arguments",
                    )
                return [as_operand(x) for x in found]

            operands = [as_operand(x) for x in leaves]
            return tree.unflatten(scan_by_pairs(combine, operands, self.axis, self.reverse))

        return scan
