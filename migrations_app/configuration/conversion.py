"""A configuration taken from one version of Snakepit to another, hunk by hunk, each with its rule and reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from migrations_app.configuration.problems import ConfigProblem
from migrations_app.configuration.values import Span


class Manner(StrEnum):
    """AUTOMATIC: the rule changed the bytes. WARN: nothing to change, but behaviour differs. MANUAL: a person must."""

    AUTOMATIC = "automatic"
    WARN = "warn"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Hunk:
    """What one rule did or says in one place. `before` and `after` are the lines it touched, as text; the same for a
    rule that only warns. `span` is the place in the configuration as it was before the conversion's first rule, or
    None for lines that an earlier rule wrote."""

    rule: str
    version: str
    manner: Manner
    reason: str
    key: str
    file: str
    before: str
    after: str
    span: Span | None


@dataclass(frozen=True, slots=True)
class Conversion:
    """`before` and `after` hold every file's bytes. `problems` are those of the result, judged at `to`.

    `reversible`: a way back by rules leads to the same effective configuration; else only a snapshot does.
    """

    origin: str
    to: str
    before: Mapping[str, bytes]
    after: Mapping[str, bytes]
    hunks: tuple[Hunk, ...]
    problems: tuple[ConfigProblem, ...]
    reversible: bool

    @property
    def changes(self) -> bool:
        return self.before != self.after
