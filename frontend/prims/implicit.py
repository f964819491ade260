"""`linear_solve`: the solution of a linear system by a program; its derivative is another solution.

The system is given by `matvec`, which applies it. All programs take the same leading `num_consts`
operands, then a vector as arrays: `matvec(x)` and `vecmat(x)`, its transpose, give a vector;
`solve(b)` and `transpose_solve(b)` give a vector and what else the solver returns.
"""

from hloom.frontend.primitive import Calling


def _solution_type(*avals, solve, **_):
    return tuple(solve.out_avals)


linear_solve = Calling("linear_solve", _solution_type, doc="Solve a linear system with a program.")
