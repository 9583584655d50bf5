"""What the code of a service means at another version of Snakepit."""

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """BREAKS: it fails there. DIFFERS: it works there and behaves otherwise. DEPRECATED: it works there, not for long.
    UNREAD: nothing is known, because the file could not be read."""

    BREAKS = "breaks"
    DIFFERS = "differs"
    DEPRECATED = "deprecated"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class SourceFinding:
    """`change` is stable for programs; `version` the release from which on it is so; `subject` what the code names."""

    path: str
    line: int
    change: str
    version: str
    weight: Weight
    subject: str
    message: str
    advice: str
