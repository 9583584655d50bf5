"""What is wrong, or worth saying, about a configuration: for people, with the place."""

from dataclasses import dataclass
from enum import StrEnum

from migrations_app.configuration.values import Span


class Severity(StrEnum):
    """ERROR: Snakepit would refuse it or crash. WARNING: it does not do what it says. NOTICE: worth knowing."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class ConfigProblem:
    """`code` is stable for programs, `key` the dotted path (`pools.0.pool_size`), `message` what is the case and why,
    `suggestion` what to do about it. `span` gives file and line; None where the whole configuration is meant."""

    code: str
    severity: Severity
    key: str
    message: str
    suggestion: str = ""
    span: Span | None = None
