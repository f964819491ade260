"""`linear_solve`: the solution of a linear system by a program; its derivative is another solution.

The system is given by `matvec`, which applies it. All programs take the same leading `num_consts`
operands, then a vector as arrays: `matvec(x)` and `vecmat(x)`, its transpose, give a vector;
`solve(b)` and `transpose_solve(b)` give a vector and what else the solver returns.
"""

from hloom.frontend.primitive import Primitive


class LinearSolve(Primitive):
    """Its types are not kept: a key would keep its programs alive."""

    def type(self, *avals, **params):
        """The avals of the solution and of what else the solver returns."""
        return tuple(params["solve"].out_avals)


linear_solve = LinearSolve("linear_solve", None, doc="Solve a linear system with a program.")
