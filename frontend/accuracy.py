"""How exact a function's result is asked to be, where the hardware has several implementations.

A compiler without a choice uses the one it has; TPUs have faster, rougher ones for some functions.
"""

import enum
from dataclasses import dataclass

from hloom.frontend.errors import ValueRangeError


class AccuracyMode(enum.Enum):
    """The compiler's default implementation of a function, or its most exact one."""

    HIGHEST = 1
    DEFAULT = 2


@dataclass(frozen=True)
class Tolerance:
    """The error allowed: absolute, relative, and in units in the last place; 0 is no bound."""

    atol: float = 0.0
    rtol: float = 0.0
    ulps: int = 0

    def __post_init__(self):
        if min(self.atol, self.rtol, self.ulps) < 0:
            raise ValueRangeError(
                "Tolerance: errors are bounded by numbers from 0 up",
                f"it is {self}",
                "use positive bounds, or 0 for none",
            )


def canonical_accuracy(name, accuracy):
    """An AccuracyMode or a Tolerance; ValueRangeError for anything else."""
    if isinstance(accuracy, AccuracyMode | Tolerance):
        return accuracy
    raise ValueRangeError(
        f"{name}: accuracy is a hloom.lax.Tolerance or a hloom.lax.AccuracyMode",
        f"it is {accuracy!r}",
        "use AccuracyMode.HIGHEST, or Tolerance(ulps=1), or leave it out",
    )
