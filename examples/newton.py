"""Newton's method with exact Hessians: logistic regression in ten steps.

    python examples/newton.py

The data are scikit-learn's: 569 tumours, 30 measurements each, benign or malignant. The loss is
written once; `grad` and `hessian` supply what Newton's method needs, and near the solution the
gradient's digits double with each step. Gradient descent is run beside it.
"""

import argparse

import numpy as np
from sklearn.datasets import load_breast_cancer

import hloom
import hloom.numpy as hnp
from hloom import nn


def loss(weights, x, y):
    """Regularised mean negative log-likelihood of labels y in {-1, 1}; x is [examples, n]."""
    return hnp.mean(nn.softplus(-y * (x @ weights))) + 5e-4 * hnp.sum(weights**2)


@hloom.jit
def newton_step(weights, x, y):
    """The weights after a step of Newton's method, and the size of the gradient before it."""
    gradient = hloom.grad(loss)(weights, x, y)
    curvature = hloom.hessian(loss)(weights, x, y)
    return weights - hnp.linalg.solve(curvature, gradient), hnp.max(hnp.abs(gradient))


@hloom.jit
def descent_step(weights, x, y, rate=1.0):
    """The weights after a step of gradient descent, and the size of the gradient before it."""
    gradient = hloom.grad(loss)(weights, x, y)
    return weights - rate * gradient, hnp.max(hnp.abs(gradient))


def minimise(step, weights, x, y, most, tolerance):
    """The weights where the gradient is within the tolerance, and the sizes of the gradients."""
    sizes = []
    while len(sizes) < most:
        weights, size = step(weights, x, y)
        sizes.append(float(size))
        if sizes[-1] < tolerance:
            break
    return weights, sizes


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--descent-steps", type=int, default=2000)
    options = parser.parse_args()

    x, labels = load_breast_cancer(return_X_y=True)
    x = (x - x.mean(0)) / x.std(0)
    x = np.column_stack([x, np.ones(len(x))])
    y = 2.0 * labels - 1
    train, test = np.arange(len(x)) % 4 != 3, np.arange(len(x)) % 4 == 3

    with hloom.enable_x64():
        zeros = hnp.zeros(x.shape[1])
        weights, sizes = minimise(newton_step, zeros, x[train], y[train], 50, 1e-12)
        for i, size in enumerate(sizes):
            print(f"Newton's step {i:2}: gradient {size:.1e}")
        slow, slow_sizes = minimise(
            descent_step, zeros, x[train], y[train], options.descent_steps, 1e-12
        )
        print(f"gradient descent after {len(slow_sizes)} steps: gradient {slow_sizes[-1]:.1e}")
        reached = [float(loss(w, x[train], y[train])) for w in (weights, slow)]
        print(f"losses: Newton {reached[0]:.10f}, descent {reached[1]:.10f}")
        accuracy = np.mean(np.sign(x[test] @ np.asarray(weights)) == y[test])
        print(f"test accuracy {accuracy:.1%} on {np.sum(test)} tumours")


if __name__ == "__main__":
    main()
