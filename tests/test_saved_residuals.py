"""What reverse mode keeps is printed with its origin; derived equations know the user's line."""

import numpy as np

import hloom
import hloom.numpy as jnp
from hloom import lax
from hloom.ad_checkpoint import checkpoint_name, checkpoint_policies, print_saved_residuals

X = np.ones(3, np.float32)


def lines(capsys, f, *args, **kwargs):
    print_saved_residuals(f, *args, **kwargs)
    return capsys.readouterr().out.splitlines()


def test_origins(capsys):
    scale = jnp.arange(3.0) + 1

    @hloom.jit
    def inner(x):
        return jnp.sin(x)  # the line

    def f(tree, *, k):
        return jnp.exp(inner(tree["x"] * k)) * scale

    found = lines(capsys, f, {"x": X}, k=2.0)
    assert "f32[3] from the argument args[0]['x']" in found
    assert "~f32[] from the argument kwargs['k']" in found
    assert "f32[3] from a constant" in found
    assert any(line.startswith("f32[3] from exp at test_saved_residuals.py") for line in found)
    assert any(line.endswith("return jnp.sin(x)  # the line") and "cos" in line for line in found)


def test_checkpoints_and_names(capsys):
    def f(x):
        return jnp.sin(checkpoint_name(jnp.sin(jnp.exp(x)), "kept"))

    assert lines(capsys, hloom.checkpoint(f), X) == ["f32[3] from the argument args[0]"]
    policy = checkpoint_policies.save_only_these_names("kept")
    found = lines(capsys, hloom.checkpoint(f, policy=policy), X)
    assert found[0] == "f32[3] from the argument args[0]"
    assert found[1].startswith("f32[3] from name 'kept' at test_saved_residuals.py")
    assert len(found) == 2


def test_derived_programs_know_the_lines():
    def step(c, x):
        return jnp.sin(c) * x, None  # in the loop

    gradient = hloom.jit(hloom.grad(lambda c: lax.scan(step, c, X)[0])).lower(1.0)
    text = gradient.as_text(debug_info=True)
    line = test_derived_programs_know_the_lines.__code__.co_firstlineno + 2
    body = [loc for loc in text.splitlines() if f'test_saved_residuals.py":{line}' in loc]
    assert body
    with hloom.named_scope("loss"):
        lowered = hloom.jit(hloom.grad(hloom.jit(jnp.cos))).lower(1.0)
    assert 'loc("loss"(' in lowered.as_text(debug_info=True)
