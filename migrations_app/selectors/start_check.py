"""What keeps a migration from starting, as far as the database knows: every reason at once."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models import Migration, PlanRevision


@dataclass(frozen=True, slots=True)
class UnmetRow:
    """`link` is the path kind and id of what blocks (`("run", 7)`), or None."""

    code: str
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class StartCheck:
    ready: bool
    unmet: tuple[UnmetRow, ...]


def start_check(migration: Migration, revision: PlanRevision | None, *, now: datetime) -> StartCheck:
    raise NotImplementedError
