"""Derivatives of primitives without a closed form: those of the loops they are lowered to."""

import functools

from hloom.frontend.prims.elementwise import mul
from hloom.frontend.prims.special import regularized_incomplete_beta
from hloom.transforms import jvp


def _term(position):
    def term(g, a, b, x, _):
        return mul(g, _betainc_slope(position)(a, b, x))

    return term


@functools.cache
def _betainc_slope(position):
    # deferred: few programs need the special functions, which take long to import
    from hloom.scipy.special.incomplete import betainc_slope

    return functools.partial(betainc_slope, position)


jvp.elementwise(regularized_incomplete_beta, *[_term(position) for position in range(3)])
