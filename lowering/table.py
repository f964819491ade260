"""The table of lowerings: primitive -> rule(ctx, *operands, **params) -> results.

A rule may be registered for one platform; the plain one is portable StableHLO.
"""

from hloom.frontend.primitive import because

#: primitive -> rule
rules: dict = {}
#: (primitive, platform) -> rule
platform_rules: dict = {}


def rule(primitive, platform=None):
    """Register the decorated function as the lowering of `primitive`, on all platforms or one."""

    def register(function):
        if platform is None:
            rules[primitive] = function
        else:
            platform_rules[primitive, platform] = function
        return function

    return register


def none(primitive, reason):
    """State why `primitive` never reaches a module."""

    @because(reason)
    def emit(ctx, *operands, **params):
        raise AssertionError(f"{primitive.name} reached a module, yet: {reason}")

    rules[primitive] = emit


def one_to_one(table):
    """Register what is one StableHLO operation without attributes: {primitive: its name}."""
    for primitive, name in table.items():
        rules[primitive] = _direct(name)


def _direct(name):
    def emit(ctx, *operands):
        return ctx.op(name, operands)

    return emit
