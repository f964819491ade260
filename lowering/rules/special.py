"""Lowerings of the special functions: decompositions, computed in float32 for narrower floats."""

from hloom.frontend.prims import special as s
from hloom.frontend.prims.elementwise import digamma, lgamma
from hloom.lowering import bessel, gamma, incomplete, zeta
from hloom.lowering.series import widened
from hloom.lowering.table import rule


def _decomposed(primitive, function):
    @rule(primitive)
    def emit(ctx, *operands):
        # an operand of rank 0 has been given the shape of the result
        avals = [ctx.outs[0].strip_weak_type()] * len(operands)
        return ctx.lower_fun(widened, operands, avals, function=function)


_decomposed(lgamma, gamma.lgamma)
_decomposed(digamma, gamma.digamma)
_decomposed(s.gamma, gamma.gamma)
_decomposed(s.zeta, zeta.zeta)
_decomposed(s.polygamma, zeta.polygamma)
_decomposed(s.bessel_i1e, bessel.bessel_i1e)
_decomposed(s.bessel_i0e, bessel.bessel_i0e)
_decomposed(s.igamma, incomplete.igamma)
_decomposed(s.igammac, incomplete.igammac)
_decomposed(s.igamma_grad_a, incomplete.igamma_grad_a)
_decomposed(s.random_gamma_grad, incomplete.random_gamma_grad)
_decomposed(s.regularized_incomplete_beta, incomplete.regularized_incomplete_beta)
