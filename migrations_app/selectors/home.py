"""The first page: needs you now, live runs, failures of the last day, the audit chain."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from migrations_app.engine.vocabulary import RunState
from migrations_app.models import Run
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.attendance import Attention, attention
from migrations_app.selectors.audit_chain import ChainStatus, chain_seen_by
from migrations_app.selectors.break_glass import BreakGlassRow, open_break_glasses
from migrations_app.selectors.environments import EnvironmentRow, list_environments
from migrations_app.selectors.first_steps import FirstStep, first_steps
from migrations_app.selectors.freezes import FreezeRow, list_freezes
from migrations_app.selectors.inbox import InboxItem, waiting
from migrations_app.selectors.migrations import MigrationRow, list_migrations
from migrations_app.selectors.policy_rules import in_force
from migrations_app.selectors.run_rows import LIVE_RUN_STATES, RunRow, rows_of, with_names
from migrations_app.selectors.windows import WindowRow, list_windows

RECENT = timedelta(days=1)
_SHOWN = 12
_RECENTLY = 6
_FAILURES = (RunState.FAILED, RunState.STUCK, RunState.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class HomePage:
    """`audit` is None for those who may not read the trail. `break_glasses` are those that nobody has closed yet.
    `set_up`: the way to a first migration, empty once one has run; `freezes` and `windows` that are not over."""

    needs_you: tuple[InboxItem, ...]
    live_runs: tuple[RunRow, ...]
    failures: tuple[RunRow, ...]
    recent: tuple[MigrationRow, ...]
    environments: tuple[EnvironmentRow, ...]
    audit: ChainStatus | None
    can_author: bool
    break_glasses: tuple[BreakGlassRow, ...]
    set_up: tuple[FirstStep, ...]
    freezes: tuple[FreezeRow, ...]
    windows: tuple[WindowRow, ...]
    attention: Attention


def home_page(*, actor: Actor, now: datetime) -> HomePage:
    """`failures` are runs of the last day that failed, are stuck, or were rolled back because of an error."""
    access, policies = access_of(actor), in_force()
    seen = with_names(Run.objects.filter(access.within(Permission.VIEW))).order_by("-pk")
    ended = seen.filter(state__in=_FAILURES, ended_at__gte=now - RECENT, error__isnull=False)
    return HomePage(
        needs_you=waiting(actor=actor, most=_SHOWN),
        live_runs=rows_of(seen.filter(state__in=LIVE_RUN_STATES)[:_SHOWN], now=now),
        failures=rows_of(ended[:_SHOWN], now=now),
        recent=list_migrations(
            actor=actor, now=now, limit=_RECENTLY, order="-changed", access=access, policies=policies
        ).rows,
        environments=list_environments(actor=actor, access=access, policies=policies),
        audit=chain_seen_by(access),
        can_author=access.anywhere(Permission.AUTHOR),
        break_glasses=open_break_glasses(access),
        set_up=first_steps(actor=actor, now=now, access=access, policies=policies),
        freezes=list_freezes(actor=actor, now=now, access=access),
        windows=list_windows(actor=actor, now=now, access=access),
        attention=attention(now=now),
    )
