"""Runs: the list and the live page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from migrations_app.engine.estimates import estimate_from
from migrations_app.engine.results import execution_progress
from migrations_app.engine.run_view import Direction, RunView
from migrations_app.engine.vocabulary import CutoverOrder, Decision, RunKind, RunState
from migrations_app.models import Lease, Run, Signature
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.break_glass import BreakGlassRow, break_glass_of
from migrations_app.selectors.journals import view_of
from migrations_app.selectors.paging import PAGE, Listing, cut
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_actions import ConfirmationWanted, RunAction, actions_of, confirmation_of
from migrations_app.selectors.run_equivalence import AdapterComparison, comparisons_of
from migrations_app.selectors.run_log import EventRow, events_after
from migrations_app.selectors.run_rows import LIVE_RUN_STATES, RunRow, rows_of, with_names
from migrations_app.selectors.run_steps import PartitionProgress, StepProgress, steps_of
from migrations_app.selectors.run_tables import RunTables, tables_of
from migrations_app.selectors.run_visibility import visible_run

__all__ = [
    "ConfirmationWanted",
    "EventRow",
    "PartitionProgress",
    "RunAction",
    "RunFilters",
    "RunPage",
    "RunRow",
    "StepProgress",
    "events_after",
    "last_seq",
    "list_runs",
    "may_watch",
    "run_page",
    "run_row",
    "undone_by",
    "usual_seconds",
    "visible_run",
    "waited_ms",
]

_BASIS = {"measured": "this run's own pace", "plan": "the plan's estimates"}
_PAST_RUNS = 20


@dataclass(frozen=True, slots=True)
class RunPage:
    """`eta_basis` says where the estimate comes from. `instructions` are what a person must do when stuck.

    `usual_seconds` is the median of earlier successful runs of this kind in this environment (None: there are
    none). `signal` is what somebody asked for and the run has not acted on yet; `cutover` is the last order on a
    zero-downtime hand-over, `most_a_second` the limit on its copy (0: none). `warnings` are the newest ones.
    `undone_by` is the run that undid this one after it had succeeded. `waited_ms`: that a step made callers wait
    (None: none has told so). `broken_glass`: it was started against unmet conditions, by whom and why. `tables`: those
    of a data migration; `sees_rejected`: whether the actor may have the rows that were refused.
    `comparisons`: of both adapters, of an adapter migration.
    """

    row: RunRow
    steps: tuple[StepProgress, ...]
    actions: tuple[RunAction, ...]
    confirmation: ConfirmationWanted | None
    direction: str
    signal: str
    eta_seconds: int | None
    eta_basis: str
    usual_seconds: int | None
    result: Mapping[str, Any]
    error: Mapping[str, Any] | None
    instructions: tuple[str, ...]
    warnings: tuple[str, ...]
    signed_by: tuple[str, ...]
    driven_by: str
    undone_by: int | None = None
    cutover: CutoverOrder = CutoverOrder.NONE
    most_a_second: int = 0
    waited_ms: int | None = None
    broken_glass: BreakGlassRow | None = None
    tables: RunTables | None = None
    sees_rejected: bool = False
    comparisons: tuple[AdapterComparison, ...] = ()


@dataclass(frozen=True, slots=True)
class RunFilters:
    """Empty means any. `live` keeps only runs that have not ended."""

    migration_id: int | None = None
    environment: str = ""
    state: str = ""
    kind: str = ""
    live: bool = False

    @property
    def is_any(self) -> bool:
        return self == ANY_RUN


ANY_RUN = RunFilters()


def list_runs(
    *, actor: Actor, now: datetime, filters: RunFilters = ANY_RUN, cursor: str = "", limit: int = PAGE
) -> Listing[RunRow]:
    """Newest first, of the environments that the actor may see."""
    matching = Run.objects.filter(access_of(actor).within(Permission.VIEW))
    if filters.migration_id is not None:
        matching = matching.filter(migration_id=filters.migration_id)
    if filters.environment:
        matching = matching.filter(environment__name=filters.environment)
    if filters.state:
        matching = matching.filter(state=filters.state)
    if filters.kind:
        matching = matching.filter(kind=filters.kind)
    if filters.live:
        matching = matching.filter(state__in=LIVE_RUN_STATES)
    page = cut(matching, cursor=cursor, limit=limit, shown=with_names)
    return Listing(rows_of(page.rows, now=now), page.next_cursor, page.total)


def run_row(*, actor: Actor, run_id: int, now: datetime) -> RunRow:
    """Raises NotFound."""
    return rows_of([visible_run(actor, run_id)], now=now)[0]


def run_page(*, actor: Actor, run_id: int, now: datetime) -> RunPage:
    """Raises NotFound."""
    run = visible_run(actor, run_id)
    view = view_of(run)
    access = access_of(actor)
    progress = execution_progress(view, now)
    remaining = progress.estimated_remaining
    holders = _holders(run, now)
    steps = steps_of(view, holders, now=now)
    return RunPage(
        row=rows_of([run], now=now)[0],
        steps=steps,
        actions=actions_of(run, access, now=now),
        confirmation=confirmation_of(run, view, access),
        direction=str(Direction.FORWARD if view.cleans_up else view.direction),
        signal=run.signal,
        eta_seconds=None if remaining is None or view.is_final or view.started_at is None else remaining // 1000,
        eta_basis=_eta_basis(run, progress.basis),
        usual_seconds=usual_seconds(run),
        result=view.result or {},
        error=view.error,
        instructions=_instructions(view),
        warnings=view.warnings,
        signed_by=tuple(name for name, _ in _signatures(run)),
        driven_by=holders.get(("", 0), ""),
        undone_by=undone_by(run),
        cutover=CutoverOrder(run.cutover),
        most_a_second=run.most_a_second,
        waited_ms=waited_ms(view),
        broken_glass=break_glass_of(run) if run.kind == RunKind.APPLY else None,
        tables=tables_of(view, run.revision.target_state, RunKind(run.kind)),
        comparisons=comparisons_of(view),
        sees_rejected=access.can(Permission.CONTROL, run.environment_id),
    )


def last_seq(*, actor: Actor, run_id: int) -> int:
    """The run's newest sequence number. Raises NotFound."""
    return visible_run(actor, run_id).last_seq


def run_state(*, actor: Actor, run_id: int) -> RunState:
    """Raises NotFound."""
    return RunState(visible_run(actor, run_id).state)


def may_watch(*, actor: Actor, run_id: int) -> bool:
    """Whether the actor may follow this run; for sockets, asked again every 30 s."""
    try:
        visible_run(actor, run_id)
    except NotFound:
        return False
    return True


def _eta_basis(run: Run, basis: str) -> str:
    """What the plan's estimates were learned from stands beside them."""
    learned = estimate_from(run.revision.estimates) if basis == "plan" else None
    said = _BASIS.get(basis, basis)
    return f"{said}, {learned.said}" if learned else said


def _holders(run: Run, now: datetime) -> dict[tuple[str, int], str]:
    """(step, partition) -> the worker that holds its lease now; the run's own lease is ('', 0)."""
    held = Lease.objects.filter(run=run, expires_at__gt=now).exclude(holder="")
    return {(lease.step, lease.partition): lease.holder for lease in held}


def undone_by(run: Run) -> int | None:
    """The run that took back what this one had done; None while it stands."""
    if run.kind != RunKind.APPLY or run.state != RunState.SUCCEEDED:
        return None
    undoing = Run.objects.filter(undoes=run.pk, state__in=(RunState.ROLLED_BACK, RunState.SUCCEEDED))
    return undoing.order_by("-pk").values_list("pk", flat=True).first()


def waited_ms(view: RunView) -> int | None:
    """That callers had to wait, by what the steps told; None: none told so."""
    told = [int(result["downtime"]) for result in view.results.values() if "downtime" in result]
    return sum(told) if told else None


def usual_seconds(run: Run) -> int | None:
    """Of runs alike: one without downtime soaks for as long as its plan says, which tells nothing about another."""
    live = "revision__content__options__zero_downtime"
    past = (
        Run.objects.filter(
            kind=run.kind,
            state=RunState.SUCCEEDED,
            migration__handler=run.migration.handler,
            environment=run.environment_id,
        )
        .exclude(pk=run.pk)
        .exclude(started_at=None)
        .exclude(ended_at=None)
        .order_by("-pk")
        .values_list("started_at", "ended_at", live)[:_PAST_RUNS]
    )
    alike = bool(run.revision.content["options"].get("zero_downtime"))
    seconds = [(ended - started).total_seconds() for started, ended, other in past if bool(other) is alike]
    return round(median(seconds)) if seconds else None


def _signatures(run: Run) -> tuple[tuple[str, datetime], ...]:
    """Who had approved this plan, and when. A signature voided after the run began still stands here."""
    rows = Signature.objects.filter(
        migration=run.migration_id, digest=run.revision.digest, decision=Decision.APPROVE, at__lte=run.created_at
    ).select_related("person")
    return tuple((str(row.person), row.at) for row in rows if row.voided_at is None or row.voided_at > run.created_at)


def _instructions(view: RunView) -> tuple[str, ...]:
    """What a person must do, in order; each names its step."""
    return tuple(f"{entry['title']}: {action}" for entry in view.instructions for action in entry["actions"])
