"""One function through every stage: the texts that ARCHITECTURE.md shows are these goldens."""

from pathlib import Path

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend.trace import aval_of
from hloom.transforms.batch import AxisData
from hloom.transforms.programs import (
    batch_program,
    jvp_program,
    linearize_program,
    transpose_program,
)

X = np.ones(3, np.float32)


def f(x):
    return jnp.sum(jnp.sin(x) * 2.0)


def stages():
    """The name of each stage and its text."""
    program = hloom.make_program(f)(X)
    linear = linearize_program(program, (True,))
    residuals = (False,) * (len(linear.tangent.invars) - 1)
    gradient = hloom.jit(hloom.grad(f)).trace(X)
    return {
        "program": str(program),
        "jvp": str(jvp_program(program, (True,)).program),
        "linearized": f"{linear.primal}\n{linear.tangent}",
        "transposed": str(transpose_program(linear.tangent, (*residuals, True), (True,)).program),
        "batched": str(batch_program(program, AxisData(None, 5), (0,)).program),
        "gradient": str(gradient.program),
        "stablehlo": gradient.lower().as_text().rstrip(),
    }


@pytest.mark.parametrize("name", list(stages()))
def test_stage(name, golden):
    golden(f"{name}.txt", stages()[name] + "\n")


@pytest.mark.parametrize("name", list(stages()))
def test_the_document_shows_the_golden(name):
    root = Path(__file__).resolve().parent
    shown = (root.parent / "ARCHITECTURE.md").read_text()
    text = (root / "golden" / "life" / f"{name}.txt").read_text().rstrip("\n")
    indented = "\n".join(f"    {line}" for line in text.splitlines())
    assert indented in shown


def test_the_gradient_runs():
    assert aval_of(X) is hloom.typeof(X)
    np.testing.assert_allclose(hloom.jit(hloom.grad(f))(X), 2 * np.cos(X), rtol=1e-6)


def test_the_document_is_short():
    text = (Path(__file__).resolve().parent.parent / "ARCHITECTURE.md").read_text()
    assert len(text.splitlines()) <= 150
