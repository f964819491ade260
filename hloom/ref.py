"""Mutable references: arrays in boxes, read by `ref[index]` and written by `ref[index] = x`.

Functions that are transformed may make refs, and read and write those from outside: pass them as
arguments, or close over them. What a jitted function, a loop or a branch writes is seen outside.

>>> import hloom
>>> def total(xs):
...     sums = hloom.new_ref(0.0)
...     hloom.lax.fori_loop(0, 3, lambda i, _: sums.addupdate(xs[i] ** 2), None)
...     return sums[...]
>>> hloom.grad(total)(hloom.numpy.arange(3.0))
Array([0., 2., 4.], dtype=float32)

A function cannot return a ref, nor be passed one twice. To a ref from outside one cannot write a
value that depends on what is differentiated (but its `lax.stop_gradient`), nor one that differs
from example to example of `vmap` (unless the ref is mapped by `in_axes`).
"""

from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, UnsupportedError
from hloom.frontend.refs import AbstractRef, Cells, Ref
from hloom.numpy import asarray, zeros

__all__ = [
    "AbstractRef", "Ref", "addupdate", "empty_ref", "free_ref", "freeze", "get", "new_ref", "set",
    "swap",
]  # fmt: skip


def new_ref(init_val, *, memory_space=None, kind=None, pin=False):
    """A mutable reference to an array, which is `init_val` at first.

    >>> import hloom
    >>> ref = hloom.new_ref(hloom.numpy.arange(3))
    >>> ref[1] += 10
    >>> ref
    Ref([ 0, 11,  2], dtype=int32)
    """
    _require_default("new_ref", memory_space=memory_space, kind=kind, pin=pin or None)
    if isinstance(init_val, Cells):
        raise ArgumentError(
            "new_ref: the initial value is an array or a number",
            f"it is a ref itself, {init_val.aval}",
            "pass its value, ref[...]",
        )
    return Ref(asarray(init_val))


def empty_ref(ty, memory_space=None, pin=False):
    """A mutable reference to an array of zeros with the shape and dtype of `ty`.

    >>> import hloom
    >>> hloom.empty_ref(hloom.ShapeDtypeStruct((2,), "int32"))
    Ref([0, 0], dtype=int32)
    """
    _require_default("empty_ref", memory_space=memory_space, pin=pin or None)
    return Ref(zeros(ty.shape, ty.dtype))


def _require_default(what, **given):
    for name, value in given.items():
        if value is not None:
            raise UnsupportedError(
                f"{what}: {name} cannot be chosen",
                f"{name} is {value!r}; a ref is a box with an array, wherever the array is",
                "leave it out",
            )


def freeze(ref) -> Array:
    """The last value of a reference, which cannot be used any more.

    >>> import hloom
    >>> hloom.freeze(hloom.new_ref(3.0))
    Array(3., dtype=float32)
    """
    return _whole("freeze", ref).end("frozen")


def free_ref(ref):
    """End the use of a reference, and let its memory go."""
    _whole("free_ref", ref).end("freed")


def get(ref, idx=None) -> Array:
    """The elements of a reference at an index, by default all: `ref[idx]`.

    >>> import hloom
    >>> hloom.ref.get(hloom.new_ref(hloom.numpy.arange(5)), slice(1, 3))
    Array([1, 2], dtype=int32)
    """
    return _cells("get", ref)[... if idx is None else idx]


def set(ref, idx, value):
    """Replace the elements of a reference at an index: `ref[idx] = value`.

    `None` as index means all elements.

    >>> import hloom
    >>> ref = hloom.new_ref(hloom.numpy.zeros(3))
    >>> hloom.ref.set(ref, 1, 10.0)
    >>> ref
    Ref([ 0., 10.,  0.], dtype=float32)
    """
    _cells("set", ref)[... if idx is None else idx] = value


def swap(ref, idx, value) -> Array:
    """Replace the elements of a reference at an index; what they were before.

    >>> import hloom
    >>> ref = hloom.new_ref(hloom.numpy.arange(3))
    >>> hloom.ref.swap(ref, 2, 10), ref
    (Array(2, dtype=int32), Ref([ 0,  1, 10], dtype=int32))
    """
    before = get(_cells("swap", ref), idx)
    set(ref, idx, value)
    return before


def addupdate(ref, idx, x):
    """Add to the elements of a reference at an index, each time that they are named.

    >>> import hloom
    >>> ref = hloom.new_ref(hloom.numpy.arange(3))
    >>> hloom.ref.addupdate(ref, 2, 10)
    >>> ref
    Ref([ 0,  1, 12], dtype=int32)
    """
    _cells("addupdate", ref).addupdate(x, idx)


def _cells(what, ref, kind=Cells):
    if isinstance(ref, kind):
        return ref
    raise ArgumentError(
        f"{what}: takes a mutable reference",
        f"it is {ref!r} of type {type(ref).__name__}",
        "make one with new_ref(x)",
    )


def _whole(what, ref):
    return _cells(what, ref, Ref)
