"""A simulation fitted to measurements: the parameters of a damped pendulum from noisy angles.

    python examples/pendulum.py

The pendulum is integrated by Runge and Kutta's method, each step a turn of `lax.scan`. The
simulation is differentiated like any function: `jacfwd` through the loop gives how each predicted
angle depends on the parameters, and Gauss and Newton's method with Levenberg's damping fits them.
The Jacobian also says how well the parameters can be known, and the answer is compared with the
truth in those terms.
"""

import argparse

import numpy as np

import hloom
import hloom.numpy as hnp
from hloom import lax

STEP = 0.02
NAMES = ("gravity / length (1/s²)", "damping (1/s)", "first angle (rad)", "first speed (rad/s)")
TRUTH = np.array([9.81 / 0.8, 0.25, 2.1, 0.5])


def simulate(parameters, steps):
    """The angle after each step of a pendulum with the given parameters, [steps]."""
    stiffness, damping, angle, speed = parameters

    def slope(state):
        return hnp.stack([state[1], -stiffness * hnp.sin(state[0]) - damping * state[1]])

    def step(state, _):
        a = slope(state)
        b = slope(state + 0.5 * STEP * a)
        c = slope(state + 0.5 * STEP * b)
        d = slope(state + STEP * c)
        state = state + STEP / 6 * (a + 2 * b + 2 * c + d)
        return state, state[0]

    return lax.scan(step, hnp.stack([angle, speed]), None, length=steps)[1]


def residuals(parameters, measured):
    """Predicted minus measured angles."""
    return simulate(parameters, len(measured)) - measured


@hloom.jit
def step(parameters, damping, measured):
    """Parameters after a damped Gauss-Newton step, and the sums of squares before and after it."""
    error = residuals(parameters, measured)
    jacobian = hloom.jacfwd(residuals)(parameters, measured)
    normal = jacobian.T @ jacobian
    matrix = normal + damping * hnp.diag(hnp.diag(normal))
    moved = parameters - hnp.linalg.solve(matrix, jacobian.T @ error)
    return moved, hnp.sum(error**2), hnp.sum(residuals(moved, measured) ** 2)


def fit(parameters, measured, most=100):
    """The parameters with the least sum of squares near the given ones, and the number of steps."""
    damping = 1e-2
    for count in range(1, most + 1):  # noqa: B007 - it is returned
        moved, before, after = step(parameters, damping, measured)
        if after < before:
            parameters, damping = moved, damping / 3
            if before - after < 1e-10 * before:
                break
        else:
            damping *= 4
    return parameters, count


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--steps", type=int, default=500, help="measurements, one each 0.02 s")
    parser.add_argument("--noise", type=float, default=0.05, help="their error, in radians")
    options = parser.parse_args()

    with hloom.enable_x64():
        exact = np.asarray(simulate(TRUTH, options.steps))
        measured = exact + options.noise * np.random.default_rng(0).normal(size=options.steps)
        guess = np.array([9.0, 0.0, measured[0], 0.0])
        found, count = fit(guess, measured)

        jacobian = np.asarray(hloom.jacfwd(residuals)(found, measured))
        spread = options.noise * np.sqrt(np.diag(np.linalg.inv(jacobian.T @ jacobian)))
        print(
            f"{options.steps} angles with errors of {options.noise} rad, fitted in {count} steps\n"
        )
        print(f"{'':26}{'truth':>9}{'guess':>9}{'found':>9}   uncertainty")
        for row in zip(NAMES, TRUTH, guess, np.asarray(found), spread):
            print("{:26}{:9.4f}{:9.4f}{:9.4f}   {:.4f}".format(*row))
        errors = np.abs(np.asarray(found) - TRUTH) / spread
        print(f"\nlargest error: {errors.max():.1f} uncertainties")

        # the same derivative, from the end of the loop backwards
        total = lambda p: 0.5 * hnp.sum(residuals(p, measured) ** 2)
        forward = jacobian.T @ np.asarray(residuals(found, measured))
        backward = np.asarray(hloom.grad(total)(hnp.asarray(found)))
        scale = np.abs(jacobian).sum(0) * options.noise
        difference = np.max(np.abs(forward - backward) / scale)
        print(f"forward and reverse mode differ by {difference:.0e}")


if __name__ == "__main__":
    main()
