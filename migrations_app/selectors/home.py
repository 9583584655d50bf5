"""The first page: needs you now, live runs, failures of the last day, the audit chain."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models.actor import Actor
from migrations_app.selectors.audit import ChainStatus
from migrations_app.selectors.environments import EnvironmentRow
from migrations_app.selectors.inbox import InboxItem
from migrations_app.selectors.migrations import MigrationRow
from migrations_app.selectors.runs import RunRow


@dataclass(frozen=True, slots=True)
class HomePage:
    """`audit` is None for those who may not read the trail."""

    needs_you: tuple[InboxItem, ...]
    live_runs: tuple[RunRow, ...]
    failures: tuple[RunRow, ...]
    recent: tuple[MigrationRow, ...]
    environments: tuple[EnvironmentRow, ...]
    audit: ChainStatus | None
    can_author: bool


def home_page(*, actor: Actor, now: datetime) -> HomePage:
    raise NotImplementedError
