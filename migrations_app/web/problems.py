"""Problems of a form by the field they belong to, so that each is shown at its place with its fix."""

from collections.abc import Iterable, Mapping
from typing import Any

from migrations_app.engine.errors import Problem
from migrations_app.services.errors import Refused


class ProblemsByField:
    """`of("options.batch_size")` gives that field's; `elsewhere(shown)` those that no shown field can take."""

    def __init__(self, problems: Iterable[Problem] = ()) -> None:
        self.all = tuple(problems)

    def __bool__(self) -> bool:
        return bool(self.all)

    def __len__(self) -> int:
        return len(self.all)

    def of(self, field: str) -> tuple[Problem, ...]:
        return tuple(problem for problem in self.all if problem.field == field)

    def elsewhere(self, shown: Iterable[str]) -> tuple[Problem, ...]:
        known = set(shown)
        return tuple(problem for problem in self.all if problem.field not in known)


def problems_of(refused: Refused) -> tuple[Problem, ...]:
    """Those that the refusal names (InvalidInput, TargetUnavailable), else the refusal itself, for no field."""
    named: Iterable[Mapping[str, Any]] = refused.details.get("problems", ())
    found = tuple(Problem(p["field"], p["message"], p.get("fix", ""), p.get("code", "invalid")) for p in named)
    return found or (Problem("", refused.message, refused.fix, refused.code),)
