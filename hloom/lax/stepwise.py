"""Control flow as plain Python, for `disable_jit`.

Each step runs at once, so that print and a debugger work inside.
"""

from hloom.frontend import pytree
from hloom.frontend.prims.indexing import index_in_dim
from hloom.frontend.prims.structural import concatenate, expand_dims


def scan(f, init, xs, length, reverse):
    """`lax.scan`, step by step; `length` is not zero."""
    carry, ys = init, []
    for i in reversed(range(length)) if reverse else range(length):
        carry, y = f(carry, pytree.map(lambda x, i=i: index_in_dim(x, i, keepdims=False), xs))
        ys.append(y)
    if reverse:
        ys.reverse()
    stack = lambda *parts: concatenate([expand_dims(y, (0,)) for y in parts], 0)
    return carry, pytree.map(stack, *ys)


def while_loop(cond_fun, body_fun, value):
    """`lax.while_loop`, step by step."""
    while cond_fun(value):
        value = body_fun(value)
    return value
