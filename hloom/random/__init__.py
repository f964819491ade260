"""Random numbers as pure functions of an explicit key: equal keys give equal numbers, everywhere.

>>> import hloom
>>> key, sub = hloom.random.split(hloom.random.key(0))
>>> hloom.random.normal(sub, (2, 3)).shape
(2, 3)
"""

from hloom.frontend.array import Array as Key
from hloom.random.continuous import (
    cauchy,
    double_sided_maxwell,
    exponential,
    gumbel,
    laplace,
    logistic,
    lognormal,
    maxwell,
    pareto,
    rayleigh,
    triangular,
    wald,
    weibull_min,
)
from hloom.random.counts import binomial, multinomial, poisson
from hloom.random.discrete import (
    bernoulli,
    categorical,
    choice,
    geometric,
    permutation,
    rademacher,
)
from hloom.random.gamma import (
    beta,
    chisquare,
    dirichlet,
    f,
    gamma,
    generalized_normal,
    loggamma,
    t,
)
from hloom.random.keys import (
    PRNGKey,
    clone,
    fold_in,
    key,
    key_data,
    key_dtype,
    key_impl,
    split,
    wrap_key_data,
)
from hloom.random.multivariate import ball, multivariate_normal, orthogonal
from hloom.random.normal import normal
from hloom.random.truncated import truncated_normal
from hloom.random.uniform import bits, randint, uniform
