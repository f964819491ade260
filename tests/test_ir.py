"""The IR: printing and parsing, the checker's rules, and the passes that keep meaning."""

import numpy as np
import pytest

import hloom
import hloom.numpy as jnp
from hloom.frontend.avals import ShapedArray
from hloom.frontend.errors import ProgramError
from hloom.frontend.ir import Eqn, Literal, Program, Var, check, count_eqns
from hloom.frontend.parser import parse
from hloom.frontend.prims.elementwise import add, sin
from hloom.frontend.printer import program_to_text, variable_names
from hloom.frontend.trace import interpret
from hloom.transforms.cse import cse
from hloom.transforms.dce import dce
from hloom.transforms.inline import inline

F = ShapedArray((3,), "float32")

TEXTS = [
    "{ lambda ; a:f32[3]. in (a) }",
    "{ lambda ; a:f32[3]. let b:f32[3] = sin a; c:f32[3] = mul b 2.0 in (c, 1.0) }",
    "{ lambda ; a:~f32[] b:bf16[2]. let c:bf16[2] = mul b 3.0:~bf16 in (a, c) }",
    "{ lambda ; a:bool[]. let b:bool[] = and a True in (b) }",
    "{ lambda ; a:c64[]. let b:c64[] = add a (1-2j) in (b) }",
    "{ lambda ; . in (-0.0, inf, nan, -nan, 3, -3) }",
    "{ lambda ; a:f32[2,3]. let b:f32[3] = reduce_sum[axes=(0,)] a in (b) }",
    (
        "{ lambda ; a:f32[3]. let b:f32[3] = jit[program=@f] a in (b) }\n"
        "@f = { lambda ; a:f32[3]. let b:f32[3] = jit[program=@g] a in (b) }\n"
        "@g = { lambda ; a:f32[3]. let b:f32[3] = sin a in (b) }"
    ),
]


@pytest.mark.parametrize("text", TEXTS)
def test_text_is_read_and_printed_alike(text):
    assert program_to_text(parse(text)) == text


FUNCTIONS = {
    "indexing": lambda x: x[::-1].at[1].set(x[0]) + x[jnp.array([0, 1, 2])],
    "reductions": lambda x: jnp.var(x) + jnp.max(jnp.outer(x, x), axis=0) + jnp.cumsum(x),
    "control": lambda x: hloom.lax.scan(lambda c, y: (c + y, jnp.sin(c)), 0.0, x)[1],
    "branches": lambda x: hloom.lax.cond(x[0] > 0, jnp.sin, jnp.cos, x),
    "loop": lambda x: hloom.lax.while_loop(lambda c: c[0] < 9, lambda c: c * 2 + 1, x),
    "gradient": hloom.grad(lambda x: jnp.sum(jnp.tanh(x) ** 3 / (1 + x * x))),
    "products": lambda x: jnp.einsum("i,ij,j->", x, jnp.outer(x, x), x),
    "sorting": lambda x: jnp.sort(x) + jnp.argsort(x) + hloom.lax.top_k(x, 2)[0][0],
    "keys": lambda x: x + hloom.random.normal(hloom.random.split(hloom.random.key(0))[1], (3,)),
    "random": lambda x: x + hloom.random.normal(hloom.random.PRNGKey(0), (3,)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_traced_programs_are_read_back_with_their_meaning(name):
    x = jnp.array([0.5, 1.5, 1.0])
    program = hloom.make_program(FUNCTIONS[name])(x)
    text = program_to_text(program)
    again = parse(text, program.consts)
    assert program_to_text(again) == text
    np.testing.assert_allclose(
        *map(np.asarray, (interpret(again, [x])[0], FUNCTIONS[name](x))), rtol=1e-5
    )


def test_names_of_variables_avoid_words_of_the_grammar():
    fresh = variable_names()
    names = [next(fresh) for _ in range(20_000)]
    assert len(set(names)) == len(names)
    assert not {"in", "let", "lambda", "nan", "inf"} & set(names)


def test_sources_are_printed_on_demand():
    program = hloom.make_program(lambda x: jnp.sin(x) * 2)(1.0)
    assert "test_ir.py" not in program_to_text(program)
    assert program_to_text(program, sources=True).count("test_ir.py") == 2


def bad_programs():
    a, b, c = Var(F), Var(F), Var(F)
    good = Eqn(sin, [a], [b], {}, None)
    yield "unbound operand", Program([], [a], [Eqn(sin, [c], [b], {}, None)], [b]), "not in scope"
    yield "unbound result", Program([], [a], [good], [c]), "not in scope"
    yield "bound twice", Program([], [a], [good, good], [b]), "a second time"
    yield "input bound twice", Program([], [a, a], [], [a]), "a second time"
    wrong = Eqn(sin, [a], [Var(ShapedArray((2,), "float32"))], {}, None)
    yield "wrong result type", Program([], [a], [wrong], [a]), "its type rule gives"
    literal = Literal(1.0, ShapedArray((2,), "float32"))
    yield (
        "literal with axes",
        Program([], [a], [Eqn(add, [a, literal], [b], {}, None)], [b]),
        "shape",
    )
    yield "no constant's value", Program([c], [a], [], [a]), "not one value"
    yield "untyped variable", Program([], [Var(None)], [], []), "no typed variable"


@pytest.mark.parametrize(("name", "program", "reason"), list(bad_programs()))
def test_the_checker_finds(name, program, reason):
    with pytest.raises(ProgramError, match=reason):
        check(program)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{ lambda ; a:f32[3]. let b:f32[3] = snib a in (b) }", "no primitive 'snib'"),
        ("{ lambda ; a:f32[3]. let b:f32[3] = sin c in (b) }", "neither a variable in scope"),
        ("{ lambda ; a:f32[3]. let b:f32[2] = sin a in (b) }", "its type rule gives"),
        ("{ lambda ; a:f32[3] in (a) }", "expected"),
        ("{ lambda ; a:f32[3]. in (a)", "expected '}'"),
        ("{ lambda ; a:q3[]. in (a) }", "the text is no program\n *'q3' in: "),
        ("{ lambda ; a:f32[n]. in (a) }", "invalid literal for int"),
        ("{ lambda ; a:f32[]. let b:f32[] = jit[program=@g] a in (b) }", "no program\n *'g'"),
        ("{ lambda ; a:f32[]. let b:f32[] = reshape[new_sizes=", "the text is no program"),
    ],
)
def test_bad_text_is_refused(text, reason):
    with pytest.raises(ProgramError, match=reason):
        parse(text)


# ---------------------------------------------------------------- passes
def example():
    f = hloom.jit(lambda x: jnp.sin(x) + np.arange(3.0))
    return hloom.make_program(lambda x: (f(x) + f(x)) * jnp.sin(x) + 0 * len([jnp.cos(x)]))(
        jnp.ones(3)
    )


@pytest.mark.parametrize("transform", [dce, cse, inline, lambda p: dce(cse(inline(p)))])
def test_passes_keep_the_meaning(transform):
    program = example()
    changed = check(transform(program))
    x = jnp.array([0.1, 0.2, 0.3])
    np.testing.assert_array_equal(interpret(changed, [x])[0], interpret(program, [x])[0])


def test_passes_remove_what_they_should():
    program = example()
    assert "cos" not in str(dce(program))
    assert "jit" not in str(inline(program))
    least = dce(cse(inline(program)))
    assert str(least).count("sin") == 1
    assert count_eqns(least) < count_eqns(program)
    assert dce(least) is least
    assert cse(least) is least
