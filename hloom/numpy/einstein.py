"""Sums of products in Einstein's notation: `einsum` and `einsum_path`.

The subscripts are parsed once for each text and ranks. Three operands and more are multiplied two
at a time, in an order found by opt_einsum; each pair is one dot_general (see pairwise.py).
"""

import functools

from hloom.frontend.choices import unplaced
from hloom.frontend.errors import ArgumentError, ShapeError, ValueRangeError
from hloom.frontend.keywords import judged
from hloom.frontend.precision import canonical_precision
from hloom.frontend.prims.matrices import take_diagonal
from hloom.frontend.prims.structural import transpose
from hloom.frontend.trace import aval_of
from hloom.numpy.pairwise import multiply, plan, preferred_dtype, total
from hloom.numpy.promotion import promote_dtypes, to_dtype
from hloom.runtime.dispatch import fused
from hloom.typing import ArrayLike, DTypeLike


@judged
def einsum(
    subscripts,
    /,
    *operands,
    out=None,
    optimize="auto",
    precision=None,
    preferred_element_type: DTypeLike | None = None,
    out_sharding=None,
):
    """Sum products of elements as `subscripts` says: "ij,jk->ik" is the product of two matrices.

    Each operand has a letter for each axis; "..." stands for axes that broadcast. Letters that are
    not after "->" are summed; without "->", letters that occur once are kept, in alphabetical
    order. The other form, `einsum(x, [0, 1], y, [1, 2], [0, 2])`, has numbers in place of letters.
    `optimize` says how an order of the products is sought: "auto", False or a method of opt_einsum.

    >>> import hloom
    >>> x = hloom.numpy.arange(6.0).reshape(2, 3)
    >>> hloom.numpy.einsum("ij,kj->ik", x, x)
    Array([[ 5., 14.],
           [14., 50.]], dtype=float32)
    """
    unplaced("einsum", out_sharding)
    if out is not None:
        raise ArgumentError("einsum: arrays are immutable", "`out` was given", "use the result")
    if type(subscripts) is not str:
        subscripts, operands = _from_lists((subscripts, *operands))
    if type(optimize) is list:
        optimize = tuple([p if type(p) is str else tuple(p) for p in optimize])
    if type(precision) is list:
        precision = tuple(precision)
    return _compiled(subscripts, optimize, precision, preferred_element_type)(*operands)


@functools.lru_cache(4096)
def _compiled(subscripts, optimize, precision, preferred_element_type):
    """The function of the operands alone: what is called eagerly is found by their avals."""

    @fused
    def einsum(*operands: ArrayLike):
        return _einsum(subscripts, optimize, precision, preferred_element_type, operands)

    return einsum


def _einsum(subscripts, optimize, precision, preferred_element_type, operands):
    xs = promote_dtypes("einsum", *operands)
    shapes = tuple([aval_of(x).shape for x in xs])
    inputs, output, path = order(subscripts, shapes, optimize)
    precision = canonical_precision(precision)
    preferred = preferred_dtype(preferred_element_type, aval_of(xs[0]).dtype)
    work = [_undo_repeats(x, labels) for x, labels in zip(xs, inputs, strict=True)]
    for step, places in enumerate(path):
        chosen = [work.pop(p) for p in sorted(places, reverse=True)][::-1]
        final = step == len(path) - 1
        x, labels = chosen[0]
        for i, (y, right) in enumerate(chosen[1:], 2):
            if final and i == len(chosen):
                kept = output
            else:
                wanted = {*output}.union(*[ls for _, ls in (*work, *chosen[i:])])
                kept = _natural(labels, right, wanted)
            found = plan("einsum", labels, right, kept, aval_of(x).shape, aval_of(y).shape)
            x, labels = multiply(found, x, y, precision, preferred), kept
        work.append((x, labels))
    ((x, labels),) = work
    if labels != output:
        x = total(x, [a for a, i in enumerate(labels) if i not in output])
        kept = [i for i in labels if i in output]
        x = transpose(x, [kept.index(i) for i in output])
    return x if preferred is None else to_dtype(x, preferred)


def _natural(left, right, wanted):
    """The labels of a product in the order in which dot_general gives them."""
    left, right = [i for i in left if i in wanted], [i for i in right if i in wanted]
    batch = [i for i in left if i in right]
    return (*batch, *[i for i in left if i not in batch], *[i for i in right if i not in batch])


def _undo_repeats(x, labels):
    """An operand without repeated labels: the diagonal of the axes that share one."""
    while len(set(labels)) != len(labels):
        first = next(a for a, i in enumerate(labels) if i in labels[a + 1 :])
        second = labels.index(labels[first], first + 1)
        shape = aval_of(x).shape
        if shape[first] != shape[second]:
            found = f"axes {first} and {second} of an operand of shape {shape}"
            what = f"einsum: the letter {labels[first]!r} has two lengths"
            raise ShapeError(what, found, "use different letters")
        x = take_diagonal(x, 0, first, second)
        labels = (*[i for a, i in enumerate(labels) if a not in (first, second)], labels[first])
    return x, labels


# ---------------------------------------------------------------- subscripts
@functools.lru_cache(4096)
def order(subscripts, shapes, optimize):
    """Labels of the operands, labels of the result, and which operands are multiplied when."""
    inputs, output = parse(subscripts, tuple(map(len, shapes)))
    if len(shapes) == 1:
        return inputs, output, ()
    if len(shapes) == 2:
        return inputs, output, ((0, 1),)
    if isinstance(optimize, tuple):
        path = [p for p in optimize if p and p != "einsum_path"]
        return inputs, output, tuple(tuple(sorted(p)) for p in path)
    return inputs, output, tuple(tuple(p) for p in _path(subscripts, shapes, optimize)[0])


def _path(subscripts, shapes, optimize):
    import opt_einsum  # needed for three operands and more only, and slow to import

    if optimize is True:
        optimize = "optimal"
    # False is one product after another; opt_einsum would contract all operands at once
    if optimize is False:
        n = len(shapes)
        optimize = [(0, 1), *[(0, n - i) for i in range(2, n)]] if n > 1 else [(0,)]
    try:
        return opt_einsum.contract_path(subscripts, *shapes, shapes=True, optimize=optimize)
    except KeyError:
        if type(optimize) is not str:
            raise
        asked, remedy = "einsum: no such way to `optimize`", 'use "auto", "optimal" or "greedy"'
        raise ValueRangeError(asked, f"it is {optimize!r}", remedy) from None


@judged
def einsum_path(subscripts, /, *operands, optimize="auto"):
    """The order in which `einsum` multiplies its operands, and a report about it.

    >>> import hloom
    >>> x = hloom.numpy.ones((2, 2))
    >>> hloom.numpy.einsum_path("ij,jk,kl->il", x, x, x)[0]
    [(0, 1), (0, 1)]
    """
    if type(subscripts) is not str:
        subscripts, operands = _from_lists((subscripts, *operands))
    shapes = [aval_of(x).shape for x in operands]
    return _path(subscripts, shapes, optimize)


@functools.lru_cache(4096)
def parse(subscripts, ranks):
    """Labels of operands of the given ranks, and of the result; axes under "..." are numbers."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        found = f"{subscripts!r} is for {len(terms)}, there are {len(ranks)}"
        raise ValueRangeError(
            "einsum: one term for each operand", found, "separate terms by commas"
        )
    inputs = tuple(_labels(subscripts, t, r) for t, r in zip(terms, ranks, strict=True))
    # axes under "..." are numbered from the last, so that they broadcast
    under = sorted({i for labels in inputs for i in labels if type(i) is int})
    if arrow:
        output = _letters(subscripts, right, under)
    else:
        once = [i for i in sorted({*left} - {",", "."}) if left.count(i) == 1]
        output = (*under, *once)
    unknown = {*output} - {i for labels in inputs for i in labels}
    if unknown or len(set(output)) != len(output):
        found = f"the subscripts are {subscripts!r}"
        remedy = "after the arrow name letters of the operands, each once"
        raise ValueRangeError("einsum: the result cannot have these letters", found, remedy)
    return inputs, output


def _labels(subscripts, term, rank):
    hidden = rank - len(term.replace("...", ""))
    if hidden < 0 or (hidden and "..." not in term):
        found = f"the term {term!r} of {subscripts!r} is for an operand with {rank} axes"
        raise ValueRangeError("einsum: one letter for each axis", found, 'add letters, or "..."')
    return _letters(subscripts, term, range(-hidden, 0))


def _letters(subscripts, term, under):
    before, dots, after = term.partition("...")
    if not all([c.isalpha() for c in before + after]):
        found = f"{term!r} in {subscripts!r}"
        raise ValueRangeError("einsum: subscripts are letters", found, 'use letters, "," and "->"')
    return (*before, *(under if dots else ()), *after)


def _from_lists(args):
    """The text and the operands of the form that gives each operand a list of numbers."""
    pairs, rest = len(args) // 2, len(args) % 2
    if not pairs:
        found = f"it was given {len(args)} arguments"
        remedy = 'give subscripts and arrays, as einsum("ij,jk", x, y)'
        raise ValueRangeError("einsum: takes subscripts and arrays", found, remedy)
    operands, lists = args[0 : 2 * pairs : 2], args[1 : 2 * pairs : 2]
    terms = ",".join([_term(labels) for labels in lists])
    return terms + (f"->{_term(args[-1])}" if rest else ""), operands


def _term(labels):
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    return "".join(["..." if i is Ellipsis else letters[int(i)] for i in labels])
