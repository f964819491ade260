"""The arguments of a function that a derivative is by, and the errors when it cannot be."""

from hloom.frontend import dtypes, pytree
from hloom.frontend.choices import integer
from hloom.frontend.errors import ArgumentError, DTypeError, RefError
from hloom.frontend.flat import flatten_args, name_of
from hloom.frontend.refs import Cells
from hloom.frontend.trace import aval_of


class Choice:
    """What `call`, one of grad, jacfwd and so on, was asked to differentiate `fun` by."""

    def __init__(self, call, fun, argnums, holomorphic, allow_int=False, accepts=dtypes.is_inexact):
        if not callable(fun):
            raise ArgumentError(
                f"{call}: its first argument is the function to differentiate",
                f"it is {fun!r} of type {type(fun).__name__}",
                f"write {call}(f)(x), not {call}(f(x))",
            )
        self.call, self.fun, self.name = call, fun, name_of(fun)
        self.single = not isinstance(argnums, tuple | list)
        numbers = (argnums,) if self.single else argnums
        self.numbers = [integer(call, "argnums, or each of its elements,", n) for n in numbers]
        self.holomorphic, self.allow_int = holomorphic, allow_int
        self.accepts = dtypes.is_complex if holomorphic else accepts

    def inputs(self, args, kwargs):
        """The function of the chosen arguments alone, their leaves and their tree."""
        chosen = self._positions(args)
        fun = self.fun

        def partial(*values):
            full = list(args)
            for i, v in zip(chosen, values):
                full[i] = v
            return fun(*full, **kwargs)

        partial.__name__ = self.name
        by = tuple([args[i] for i in chosen])
        leaves, tree = flatten_args(partial, by, {}, lend=True)
        for i, x in enumerate(leaves):
            if isinstance(x, Cells):
                raise RefError(
                    f"{self.call}: differentiates {self.name} by arrays",
                    f"{self._where(tree, i, chosen)} is a mutable reference, {x.aval}",
                    "choose other arguments with argnums, or pass its value, ref[...]",
                )
            dtype = aval_of(x).dtype
            if not self.accepts(dtype):
                self._refuse(dtype, tree, i, chosen)
        return partial, leaves, tree

    def of(self, found):
        """The derivatives by the chosen arguments, as `argnums` was given."""
        return found[0] if self.single else found

    def _positions(self, args):
        for n in self.numbers:
            if not -len(args) <= n < len(args):
                raise ArgumentError(
                    f"{self.call}: there is no positional argument {n} of {self.name} "
                    "to differentiate",
                    f"it was called with {len(args)}",
                    "correct argnums, or pass the argument by position",
                )
        return [n % len(args) for n in self.numbers]

    def _refuse(self, dtype, tree, i, chosen):
        if self.allow_int and not self.holomorphic and not dtypes.is_complex(dtype):
            return
        if self.holomorphic:
            what, remedy = "complex inputs, since holomorphic=True", "convert it to a complex dtype"
        elif dtypes.is_complex(dtype):
            what = "real inputs"
            remedy = "pass holomorphic=True if the function is, or take vjp"
        else:
            what = "floating inputs"
            remedy = "convert it with x.astype(float), or choose others with argnums"
            if self.call in ("grad", "value_and_grad", "jacrev"):
                remedy = (
                    "convert it with x.astype(float), choose others with argnums, "
                    "or pass allow_int=True"
                )
        raise DTypeError(
            f"{self.call}: differentiates {self.name} by {what}",
            f"{self._where(tree, i, chosen)} has dtype {dtype}",
            remedy,
        )

    @staticmethod
    def _where(tree, i, chosen):
        path = pytree.leaf_keys(tree)[i]
        return f"argument {chosen[path[1].idx]}{pytree.keystr(path[2:])}"
