"""Special functions: elementwise, of any float dtype; integers become floats.

>>> import hloom
>>> hloom.scipy.special.gammaln(5.0)
Array(3.1780539, dtype=float32, weak_type=True)
"""

from hloom.nn.softmax import logsumexp
from hloom.scipy.special.bessel import bessel_jn, i0, i0e, i1, i1e
from hloom.scipy.special.entropy import (
    boxcox,
    boxcox1p,
    entr,
    kl_div,
    rel_entr,
    xlog1py,
    xlogy,
)
from hloom.scipy.special.error_functions import dawsn, erf, erfc, erfcinv, erfcx, erfinv
from hloom.scipy.special.exponential_integrals import exp1, expi, expn
from hloom.scipy.special.faddeeva import wofz
from hloom.scipy.special.gamma import (
    beta,
    betaln,
    comb,
    digamma,
    factorial,
    gamma,
    gammaln,
    gammasgn,
    loggamma,
    multigammaln,
    poch,
    polygamma,
)
from hloom.scipy.special.harmonics import sph_harm_y
from hloom.scipy.special.hypergeometric import hyp1f1, hyp2f1
from hloom.scipy.special.incomplete import betainc, gammainc, gammaincc
from hloom.scipy.special.integrals import fresnel, sici, spence
from hloom.scipy.special.normal import log_ndtr, ndtr, ndtri, owens_t
from hloom.scipy.special.sigmoids import expit, log_softmax, logit, softmax
from hloom.scipy.special.zeta import bernoulli, zeta
