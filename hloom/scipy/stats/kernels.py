"""Estimation of a density from samples by Gaussian kernels."""

import math
from collections.abc import Callable
from typing import Any

import hloom.numpy as np
from hloom import random
from hloom.frontend.array import Array
from hloom.frontend.errors import ArgumentError, ShapeError, UnsupportedError, ValueRangeError
from hloom.frontend.prims.linalg import triangular_solve
from hloom.nn.softmax import logsumexp
from hloom.runtime.dispatch import fused
from hloom.scipy.special import ndtr
from hloom.scipy.stats.families import real_operands
from hloom.tree_util import register_pytree_node_class
from hloom.typing import ArrayLike


@register_pytree_node_class
class gaussian_kde:
    """A density estimated from samples: the sum of a normal density about each of them.

    `dataset` has shape (n,), or (d, n) for samples of d dimensions; `weights` has shape (n,). The
    kernel's covariance is that of the samples times the square of a factor, by `bw_method`:
    "scott" (the default), "silverman", a number, or a function of the estimate that gives one.

    An estimate is a pytree, and immutable.

    >>> import hloom.numpy as np
    >>> estimate = gaussian_kde(np.array([-1.0, 0.0, 2.0]))
    >>> estimate(np.array([0.0, 1.0]))
    Array([0.21489537, 0.18421534], dtype=float32)
    """

    def __init__(
        self,
        dataset,
        bw_method: str | Array | Callable[[Any], Array] | None = None,
        weights=None,
    ):
        self.dataset, self.weights = _samples(dataset, weights)
        self.factor = self._factor(bw_method)
        self.covariance = _scaled_covariance(self.dataset, self.weights, self.factor)

    def tree_flatten(self):
        """The arrays of which an estimate consists."""
        return (self.dataset, self.weights, self.factor, self.covariance), None

    @classmethod
    def tree_unflatten(cls, _, children):
        """An estimate of given arrays."""
        made = object.__new__(cls)
        made.dataset, made.weights, made.factor, made.covariance = children
        return made

    @property
    def d(self):
        """The number of dimensions."""
        return self.dataset.shape[-2]

    @property
    def n(self):
        """The number of samples."""
        return self.dataset.shape[-1]

    @property
    def neff(self):
        """The effective number of samples, 1 / sum(weights²)."""
        return 1 / np.sum(self.weights**2)

    @property
    def inv_cov(self):
        """The inverse of the kernel's covariance."""
        return np.linalg.inv(self.covariance)

    def scotts_factor(self):
        """neff^(-1 / (d + 4)) (Scott, "Multivariate density estimation", 1992)."""
        return self.neff ** (-1.0 / (self.d + 4))

    def silverman_factor(self):
        """(neff (d + 2) / 4)^(-1 / (d + 4)) (Silverman, "Density estimation", 1986)."""
        return (self.neff * (self.d + 2) / 4) ** (-1.0 / (self.d + 4))

    def evaluate(self, points: ArrayLike) -> Array:
        """The density at points of shape (m,), or (d, m); shape (m,)."""
        return _evaluate(*self._mixture(), _listed(points))

    __call__ = evaluate

    def pdf(self, x: ArrayLike) -> Array:
        """The density at points of shape (m,), or (d, m); shape (m,)."""
        return self.evaluate(x)

    def logpdf(self, x: ArrayLike) -> Array:
        """The logarithm of the density at points of shape (m,), or (d, m); shape (m,)."""
        return _log_evaluate(*self._mixture(), _listed(x))

    def integrate_gaussian(self, mean: ArrayLike, cov: ArrayLike) -> Array:
        """The integral of the density times that of a normal distribution of shape (d,), (d, d)."""
        return _integrate_gaussian(*self._mixture(), _listed(mean), _listed(cov))

    def integrate_box_1d(self, low: ArrayLike, high: ArrayLike) -> Array:
        """The probability of an interval, for samples of one dimension."""
        if self.d != 1:
            what = "integrate_box_1d: takes estimates of one dimension"
            raise ShapeError(what, f"there are {self.d}", "sum `evaluate` over a grid of points")
        return _interval(*self._mixture(), low, high)

    def integrate_kde(self, other: "gaussian_kde") -> Array:
        """The integral of the product of two densities."""
        if not isinstance(other, gaussian_kde):
            found = f"it was given a value of type {type(other).__name__}"
            raise ArgumentError("integrate_kde: takes a gaussian_kde", found, "estimate one")
        if other.d != self.d:
            found = f"they have {self.d} and {other.d} dimensions"
            what = "integrate_kde: takes estimates of equal dimensions"
            raise ShapeError(what, found, "estimate both from samples of the same kind")
        return _product(*self._mixture(), *other._mixture())

    def resample(self, key: ArrayLike, shape=()) -> Array:
        """Points drawn from the density, of shape (d, *shape)."""
        return _resample(key, *self._mixture(), shape)

    def integrate_box(self, low_bounds, high_bounds, maxpts=None):
        """Refused: there is no such integral in more than one dimension."""
        what = "integrate_box: the probability of a box in several dimensions"
        remedy = "use integrate_box_1d, or sum `evaluate` over a grid of points"
        raise UnsupportedError(what, "there is no formula for it", remedy)

    def set_bandwidth(self, bw_method=None):
        """Refused: an estimate is immutable."""
        remedy = "make another: gaussian_kde(dataset, bw_method)"
        raise UnsupportedError("set_bandwidth: changes an estimate", "it is immutable", remedy)

    def _factor(self, method):
        if method is None or (isinstance(method, str) and method == "scott"):
            return self.scotts_factor()
        if isinstance(method, str) and method == "silverman":
            return self.silverman_factor()
        if callable(method):
            return method(self)
        if isinstance(method, str) or np.ndim(method):
            found = f"it is {method!r}" if isinstance(method, str) else "it is an array"
            remedy = 'give "scott", "silverman", a number or a function'
            what = "gaussian_kde: bw_method says how wide kernels are"
            raise ValueRangeError(what, found, remedy)
        return np.asarray(method, self.dataset.dtype)

    def _mixture(self):
        return self.dataset, self.weights, self.covariance


def _listed(x):
    """A list as one array; others as they are."""
    return np.asarray(x) if isinstance(x, list | tuple) else x


def _columns(name, points, d):
    """Points as an array of shape (d, m)."""
    points = np.atleast_2d(points)
    if points.ndim == 2 and points.shape[0] != d and points.shape == (1, d):
        points = points.T
    if points.ndim != 2 or points.shape[0] != d:
        what = f"{name}: points have shape ({d}, m)"
        raise ShapeError(what, f"they have shape {points.shape}", "transpose or reshape them")
    return points


@fused
def _samples(dataset: ArrayLike, weights: ArrayLike = None):
    """The samples of shape (d, n), and weights whose sum is 1."""
    (dataset,) = real_operands("gaussian_kde", dataset)
    dataset = np.atleast_2d(dataset)
    n = dataset.shape[-1]
    if dataset.ndim != 2 or dataset.size < 2:
        what = "gaussian_kde: samples have shape (n,) or (d, n), and there are several numbers"
        raise ShapeError(what, f"the shape is {dataset.shape}", "reshape the dataset")
    if weights is None:
        return dataset, np.full(n, 1 / n, dataset.dtype)
    weights = np.atleast_1d(weights)
    if weights.shape != (n,):
        what = "gaussian_kde: there is one weight for each sample"
        raise ShapeError(what, f"{n} samples, weights {weights.shape}", f"give it shape ({n},)")
    weights = weights.astype(dataset.dtype)
    return dataset, weights / np.sum(weights)


@fused
def _scaled_covariance(dataset: Array, weights: Array, factor: ArrayLike):
    covariance = np.cov(dataset, bias=False, aweights=weights)
    return np.atleast_2d(covariance) * factor**2


@fused
def _evaluate(dataset: Array, weights: Array, covariance: Array, points: ArrayLike):
    points = _columns("evaluate", points, dataset.shape[0])
    energy, log_scale = _energies(dataset, covariance, points)
    return weights @ np.exp(-energy - log_scale)


@fused
def _log_evaluate(dataset: Array, weights: Array, covariance: Array, points: ArrayLike):
    points = _columns("logpdf", points, dataset.shape[0])
    energy, log_scale = _energies(dataset, covariance, points)
    return logsumexp(-energy, 0, b=weights[:, None]) - log_scale


@fused
def _integrate_gaussian(
    dataset: Array, weights: Array, covariance: Array, mean: ArrayLike, cov: ArrayLike
):
    mean, cov, d = np.atleast_1d(mean), np.atleast_2d(cov), dataset.shape[0]
    if mean.shape != (d,) or cov.shape != (d, d):
        what = f"integrate_gaussian: the mean has shape ({d},), the covariance ({d}, {d})"
        found = f"they have shapes {mean.shape} and {cov.shape}"
        raise ShapeError(what, found, "give them the dimensions of the estimate")
    return _evaluate(dataset, weights, covariance + cov, mean[:, None])[0]


@fused
def _product(
    dataset: Array, weights: Array, covariance: Array, points: Array, others: Array, more: Array
):
    return _evaluate(dataset, weights, covariance + more, points) @ others


@fused
def _resample(key: ArrayLike, dataset: Array, weights: Array, covariance: Array, shape):
    chosen, noise = random.split(key)
    d, n = dataset.shape
    index = random.choice(chosen, n, shape, p=weights)
    zero = np.zeros(d, dataset.dtype)
    step = random.multivariate_normal(noise, zero, covariance, shape, dtype=dataset.dtype)
    return np.take(dataset, index, axis=1) + np.moveaxis(step, -1, 0)


@fused
def _interval(dataset: Array, weights: Array, covariance: Array, low: ArrayLike, high: ArrayLike):
    low, high = (ndtr((x - dataset[0]) / np.sqrt(covariance[0, 0])) for x in (low, high))
    return weights @ (high - low)


def _energies(centers, covariance, points):
    """Half the squared distances of centers to points, (n, m), and the log of the normalization."""
    d, n = centers.shape
    root = np.linalg.cholesky(covariance)
    both = np.concatenate([centers, points.astype(centers.dtype)], 1)
    both = triangular_solve(root, both, left_side=True, lower=True)
    apart = both[:, :n, None] - both[:, None, n:]
    log_scale = 0.5 * d * math.log(2 * math.pi) + np.sum(np.log(np.diagonal(root)))
    return 0.5 * np.sum(np.square(apart), 0), log_scale
