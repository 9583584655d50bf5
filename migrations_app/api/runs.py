from collections.abc import Mapping
from typing import Annotated, Any

from ninja import Query, Router, Schema
from pydantic import Field

from migrations_app.api.callers import ApiRequest, now
from migrations_app.api.schemas import Input, Page, Paging, extended, flat, page
from migrations_app.selectors import runs as reads
from migrations_app.selectors import statuses
from migrations_app.selectors.runs import (
    ConfirmationWanted,
    EventRow,
    RunFilters,
    RunPage,
    RunReport,
    RunRow,
    StepProgress,
)
from migrations_app.services.actor import Actor

router = Router(tags=["runs"])

MOST_EVENTS = 1_000

RunDetail = extended(
    "RunDetail",
    RunRow,
    steps=tuple[StepProgress, ...],
    confirmation=ConfirmationWanted | None,
    direction=str,
    eta_seconds=int | None,
    eta_basis=str,
    usual_seconds=int | None,
    error=Mapping[str, Any] | None,
    instructions=tuple[str, ...],
    warnings=tuple[str, ...],
    signed_by=tuple[str, ...],
    execution=dict[str, Any],
)


class Which(Paging):
    migration_id: int | None = None
    environment: str = ""
    state: str = ""
    kind: str = ""
    live: bool = False


class Slice(Schema):
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_EVENTS)] = 500


class Events(Schema):
    """`newest` is the run's newest sequence number; ask again with `after` = the last `seq` until it is reached."""

    run: int
    events: tuple[EventRow, ...]
    newest: int


class Signoff(Input):
    """`digest` is that of the confirmation that was shown."""

    step: str
    digest: str
    decision: str


@router.get("", response=Page[RunRow])
def list_runs(request: ApiRequest, which: Query[Which]) -> Any:
    filters = RunFilters(**which.model_dump(exclude={"cursor", "limit"}))
    found = reads.list_runs(actor=request.auth, now=now(), filters=filters, cursor=which.cursor, limit=which.limit)
    return page(found)


@router.get("/{int:run_id}", response=RunDetail)
def get_run(request: ApiRequest, run_id: int) -> Any:
    """`execution` has the fields of the original design's execution result, by their own names."""
    return run_detail(request.auth, run_id)


@router.get("/{int:run_id}/events", response=Events)
def run_events(request: ApiRequest, run_id: int, which: Query[Slice]) -> Any:
    newest = reads.last_seq(actor=request.auth, run_id=run_id)
    events = reads.events_after(actor=request.auth, run_id=run_id, after=which.after, limit=which.limit)
    return {"run": run_id, "events": events, "newest": max(newest, events[-1].seq if events else 0)}


@router.get("/{int:run_id}/report", response=RunReport)
def run_report(request: ApiRequest, run_id: int) -> Any:
    return reads.run_report(actor=request.auth, run_id=run_id, now=now())


def run_detail(actor: Actor, run_id: int) -> dict[str, Any]:
    at = now()
    found: RunPage = reads.run_page(actor=actor, run_id=run_id, now=at, log_lines=0)
    return flat(
        found.row,
        steps=found.steps,
        confirmation=found.confirmation,
        direction=found.direction,
        eta_seconds=found.eta_seconds,
        eta_basis=found.eta_basis,
        usual_seconds=found.usual_seconds,
        error=found.error,
        instructions=found.instructions,
        warnings=found.warnings,
        signed_by=found.signed_by,
        execution=statuses.run_dict(actor=actor, run_id=run_id, now=at),
    )
