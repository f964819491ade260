"""Arguments of a wrong kind, in turn for each parameter of each function: three-part errors alone.

The calls are those of eager_calls.py and eager_families.py; one argument of each is replaced. Such
a call may work, for some parameters take anything; if it raises, the error is one of the library's.
"""

import inspect

import pytest

import eager_calls
import eager_families
import hloom
from hloom.errors import HloomError

M = hloom.numpy.ones((1, 1))
WRONG = {"a text": "qq", "a dict": {}, "an object": object(), "a ragged list": [[1], [1, 2]]}

#: parameters that reach functions of the caller's, whose errors are the caller's too
THEIRS = {"custom_linear_solve(b)", "custom_root(initial_guess)", "while_loop(init_val)"}


def calls():
    """The first line that calls each function: what it calls, the bound arguments, the name."""
    values, seen = eager_calls.operands(0), set()
    for line in [*eager_calls.CALLS.split("\n")[1:-1], *eager_families.LINES]:
        path = line.partition("(")[0]
        if path in seen or path in ("vmap", "x.__matmul__"):
            continue
        seen.add(path)
        function, args, keywords = eval(eager_calls.parts(line), vars(eager_calls), values)
        signature = inspect.signature(function)
        yield path, function, signature, signature.bind(*args, **keywords).arguments


def replaced(signature, given, parameter, value):
    """The arguments of a call with another value for one parameter."""
    value = (value,) if parameter.kind is parameter.VAR_POSITIONAL else value
    given = {**given, parameter.name: value}
    ordered = {name: given[name] for name in signature.parameters if name in given}
    return inspect.BoundArguments(signature, ordered)


@pytest.mark.parametrize("wrong", WRONG)
def test_only_errors_of_the_library(wrong):
    bad, refused = [], 0
    for path, function, signature, given in calls():
        for parameter in signature.parameters.values():
            name = f"{path.rpartition('.')[2]}({parameter.name})"
            if parameter.kind is parameter.VAR_KEYWORD or name in THEIRS:
                continue
            call = replaced(signature, given, parameter, WRONG[wrong])
            try:
                # where operations are only staged, calls that work cost no compilation
                hloom.eval_shape(lambda f=function, c=call: (f(*c.args, **c.kwargs), None)[1])
            except HloomError as error:
                refused += 1
                lines = str(error).split("\n")
                if len(lines) < 3 or lines[0].startswith(("an operand", "a number", "_")):
                    bad.append(f"{name}: {error}")
            except UserWarning:
                pass  # an empty dict is a false flag, of which istft warns
            except Exception as error:
                bad.append(f"{name}: {type(error).__name__}: {error}")
    assert not bad, "\n".join(bad)
    assert refused > 500


def test_the_outermost_function_is_named():
    with pytest.raises(TypeError) as caught:
        hloom.scipy.linalg.solve_sylvester(M, M, M, tol=None)
    assert str(caught.value).splitlines()[0] == "solve_sylvester: tol is a number"
    with pytest.raises(TypeError) as caught:
        hloom.numpy.linalg.multi_dot(None)
    lines = [line.strip() for line in str(caught.value).splitlines()]
    assert lines[:2] == [
        "multi_dot: cannot use an argument",
        "it is called as multi_dot(None)",
    ]
    assert isinstance(caught.value.__cause__, TypeError)


def test_errors_of_functions_that_are_given_stay_as_they_are():
    def function(x):
        raise ValueError("mine")

    for call in (
        lambda: hloom.lax.map(function, hloom.numpy.ones(3)),
        lambda: hloom.lax.scan(lambda c, x: (function(c), x), 0.0, hloom.numpy.ones(3)),
        lambda: hloom.numpy.apply_along_axis(function, 0, hloom.numpy.ones((3, 3))),
    ):
        with pytest.raises(ValueError, match=r"^mine$"):
            call()
