"""What a comparison says. Everything here has a JSON form (`document.py` of the room above)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from migrations_app.handlers.adapter.facts import Lines

MOST_TEXT: Final = 2_000
SOURCES: Final = ("recorded", "examples", "edges", "generated")


class Outcome(StrEnum):
    """EQUIVALENT: no case told them apart, which is evidence and no proof. NOT_COMPARED: nothing can be said."""

    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Floats are equal when they are as near as `math.isclose` asks; float32 and float16 by their own precision too."""

    relative: float = 1e-9
    absolute: float = 1e-12


@dataclass(frozen=True, slots=True)
class Observed:
    """What one side did with one case. `kind` is answer, raised or ended; `text` has at most 2,000 characters."""

    kind: str
    text: str
    effects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """`arguments` is a JSON text: of one call, or, where earlier calls matter, a list of calls whose last one differs.

    `what` begins with answer, exception, effects, arguments or state, and says where in it they part.
    """

    arguments: str
    what: str
    custom: Observed
    generic: Observed


@dataclass(frozen=True, slots=True)
class ToolReport:
    """`sources` counts the cases by where they are from. Lines and branches are those of the custom functions."""

    tool: str
    outcome: Outcome
    cases: int = 0
    sources: Mapping[str, int] = field(default_factory=dict)
    lines_reached: int = 0
    lines: int = 0
    branches_reached: int = 0
    branches: int = 0
    missed: tuple[Lines, ...] = ()
    reason: str = ""
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class EquivalenceReport:
    """`digest` is of the analysis, the configuration, the seed and the cases: the same digest, the same report."""

    digest: str
    seed: int
    python: str
    tools: tuple[ToolReport, ...]
