"""The form of a change of Snakepit that code can meet without naming anything that is gone."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from migrations_app.snakepit.versions import Version
from migrations_app.sources.findings import SourceFinding, Weight
from migrations_app.sources.places import Place

Source = TypeVar("Source")
Sightings = Iterator[tuple[Place, str]]


@dataclass(frozen=True, slots=True)
class Change(Generic[Source]):
    """It is so from `version` on. `sees` yields the places of a source that meet it, and what stands there."""

    id: str
    version: str
    weight: Weight
    reason: str
    advice: str
    sees: Callable[[Source], Sightings]

    def findings(self, path: str, source: Source, *, origin: Version, to: Version) -> Iterator[SourceFinding]:
        """Nothing unless the way crosses it. Downwards it is told the other way round, and never as deprecated."""
        at = Version(self.version)
        if origin < at <= to:
            weight, message = self.weight, f"From Snakepit {at} on: {self.reason}"
        elif to < at <= origin and self.weight is not Weight.DEPRECATED:
            weight, message = self.weight, f"Before Snakepit {at} this does not hold: {self.reason}"
        else:
            return
        for place, subject in self.sees(source):
            yield SourceFinding(path, place.line, self.id, self.version, weight, subject, message, self.advice)
