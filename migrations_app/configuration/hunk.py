"""What one rule did or says in one place of a configuration."""

from dataclasses import dataclass
from enum import StrEnum

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
