"""Faults are functions of a rig, registered under their number; a row of the table says what came of one."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from tests.faults.zero_downtime.titles import TITLES

if TYPE_CHECKING:
    from tests.faults.zero_downtime.rig import Rig

Scenario = Callable[["Rig"], None]


class Verdict(StrEnum):
    HELD = "held"  # the expected outcome, by every oracle
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Row:
    """`counts` are what was counted, `problems` what an oracle or an expectation said against it."""

    fault: str
    verdict: Verdict
    seed: int
    seconds: float = 0.0
    counts: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": str(self.verdict), "title": TITLES[self.fault]}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        return cls(
            document["fault"],
            Verdict(document["verdict"]),
            document["seed"],
            document["seconds"],
            document["counts"],
            tuple(document["problems"]),
        )


SCENARIOS: dict[str, Scenario] = {}


def fault(number: str) -> Callable[[Scenario], Scenario]:
    """Register the scenario of a fault. It says through its rig what it counted and what was wrong."""

    def register(scenario: Scenario) -> Scenario:
        if number not in TITLES or number in SCENARIOS:
            raise ValueError(f"{number} is no fault of the table, or is there already")
        SCENARIOS[number] = scenario
        return scenario

    return register
