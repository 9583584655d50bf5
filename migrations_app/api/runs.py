from collections.abc import Mapping
from typing import Annotated, Any

from django.http import StreamingHttpResponse
from ninja import Query, Router, Schema, Status
from pydantic import Field

from migrations_app.api.callers import ApiRequest, count_export, now
from migrations_app.api.schemas import Input, Page, Paging, extended, flat, page
from migrations_app.engine.vocabulary import CutoverOrder
from migrations_app.selectors import runs as reads
from migrations_app.selectors import statuses
from migrations_app.selectors.break_glass import BreakGlassRow
from migrations_app.selectors.impact import RunImpact
from migrations_app.selectors.impact import run_impact as impact_read
from migrations_app.selectors.report_files import ReportFileRow, report_files
from migrations_app.selectors.report_receivers import ReportReceivers, SentReport, report_receivers, sent_reports
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.route_live import RouteLive, route_live
from migrations_app.selectors.run_tables import RunTables
from migrations_app.selectors.runs import (
    ConfirmationWanted,
    EventRow,
    RunFilters,
    RunPage,
    RunRow,
    StepProgress,
)
from migrations_app.services import confirmations, cutover, report_sending, run_reports, runs
from migrations_app.services import report_files as report_writing
from migrations_app.services.actor import Actor
from migrations_app.services.errors import SignInRequired
from migrations_app.services.rejected_rows import rejected_rows

router = Router(tags=["runs"])

MOST_EVENTS = 1_000
MOST_ID = 2**63 - 1
REPORT_CONTENT: dict[str, dict[str, Any]] = {form.media_type.partition(";")[0]: {} for form in ReportForm}

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
    broken_glass=BreakGlassRow | None,
    cutover=CutoverOrder,
    most_a_second=int,
    tables=RunTables | None,
    route=RouteLive | None,
    execution=dict[str, Any],
)


class Which(Paging):
    migration_id: Annotated[int | None, Field(ge=1, le=MOST_ID)] = None
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


class WhichForm(Schema):
    format: ReportForm = ReportForm.JSON


class WantedForm(Input):
    format: ReportForm


Ids = Annotated[list[Annotated[int, Field(ge=1, le=MOST_ID)]], Field(max_length=50)]


class Receivers(Input):
    """`channels` and `people` are ids of those who may see the environment. `followers`: whoever started the run, and
    owner and watchers of its migration. `forms` are attached to mails."""

    channels: Ids = []
    people: Ids = []
    followers: bool = False
    forms: Annotated[list[ReportForm], Field(min_length=1, max_length=4)] = [ReportForm.PDF, ReportForm.HTML]


class Sending(Schema):
    """`waiting`: new messages that are on their way; `.../report/deliveries` has the log of each."""

    waiting: int


class Pace(Input):
    """Sessions a second, all workers together; 0: as fast as the stores allow."""

    most_a_second: int


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
    """`execution` has the fields of the original design's execution result, by their own names.

    `cutover` is the last order on the hand-over, `most_a_second` the limit on the copy (0: none), `route` the route of
    a zero-downtime run as it is now, and `tables` those of a data migration (both null for other runs).
    """
    return run_detail(request.auth, run_id)


@router.get("/{int:run_id}/events", response=Events)
def run_events(request: ApiRequest, run_id: int, which: Query[Slice]) -> Any:
    newest = reads.last_seq(actor=request.auth, run_id=run_id)
    events = reads.events_after(actor=request.auth, run_id=run_id, after=which.after, limit=which.limit)
    return {"run": run_id, "events": events, "newest": max(newest, events[-1].seq if events else 0)}


@router.get("/{int:run_id}/impact", response=RunImpact)
def run_impact(request: ApiRequest, run_id: int) -> Any:
    """How busy each target was before, during and after the run: median and 95th percentile, and every reading.

    `not_told` says what this kind of store cannot tell, `gaps` when it could not be read and why. The run's own work
    is part of what was read.
    """
    return impact_read(actor=request.auth, run_id=run_id, now=now())


@router.get("/{int:run_id}/report", openapi_extra={"responses": {200: {"content": REPORT_CONTENT}}})
def run_report(request: ApiRequest, run_id: int, form: Query[WhichForm]) -> StreamingHttpResponse:
    """The report, as a file in one of its forms. It is audited, with its digest. The JSON form: docs/reports.md."""
    count_export(request.auth)
    file = run_reports.file(actor=request.auth, now=now(), run_id=run_id, form=form.format)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)


@router.get("/{int:run_id}/report/files", response=list[ReportFileRow])
def list_report_files(request: ApiRequest, run_id: int) -> Any:
    """One's own files of it, with how far they are."""
    return report_files(actor=request.auth, run_id=run_id)


@router.post("/{int:run_id}/report/files", response={202: ReportFileRow})
def ask_for_report_file(request: ApiRequest, run_id: int, body: WantedForm) -> Any:
    """Has a worker write it, however long the run is. The same, asked for again while it is written, is that one."""
    made = report_writing.ask(actor=request.auth, now=now(), run_id=run_id, form=body.format)
    return Status(202, next(row for row in report_files(actor=request.auth, run_id=run_id) if row.id == made))


@router.get("/{int:run_id}/report/files/{int:file_id}", openapi_extra={"responses": {200: {"content": REPORT_CONTENT}}})
def fetch_report_file(request: ApiRequest, run_id: int, file_id: int) -> StreamingHttpResponse:
    """The file, for a day after it was written."""
    count_export(request.auth)
    file = report_writing.fetch(actor=request.auth, now=now(), run_id=run_id, file_id=file_id)
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
    return StreamingHttpResponse(file.content, content_type=file.media_type, headers=headers)


@router.post("/{int:run_id}/report/send", response={202: Sending}, summary="Send the report")
def send_run_report(request: ApiRequest, run_id: int, body: Receivers) -> Any:
    """Mails carry it, webhooks and chat rooms are told where it stands. Whoever the same waits for gets no second."""
    waiting = report_sending.send(actor=request.auth, now=now(), run_id=run_id, **body.model_dump())
    return Status(202, {"waiting": waiting})


@router.get("/{int:run_id}/report/receivers", response=ReportReceivers)
def run_report_receivers(request: ApiRequest, run_id: int) -> Any:
    """Whom it can be sent to; nobody for callers who may not send it."""
    return report_receivers(actor=request.auth, run_id=run_id) or ReportReceivers((), (), ())


@router.get("/{int:run_id}/report/deliveries", response=list[SentReport])
def run_report_deliveries(request: ApiRequest, run_id: int) -> Any:
    """The newest hundred messages that brought it, for whoever may send it or audits."""
    return sent_reports(actor=request.auth, run_id=run_id)


@router.get("/{int:run_id}/rejected", openapi_extra={"responses": {200: {"content": {"application/x-ndjson": {}}}}})
def run_rejected(request: ApiRequest, run_id: int) -> StreamingHttpResponse:
    """The rows that the target of a data migration refused, as NDJSON: table, key, reason, values. It is audited."""
    count_export(request.auth)
    found = rejected_rows(actor=request.auth, now=now(), run_id=run_id)
    headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
    return StreamingHttpResponse(found.lines, content_type="application/x-ndjson", headers=headers)


@router.post("/{int:run_id}/pause", response={202: RunDetail})
def pause_run(request: ApiRequest, run_id: int) -> Any:
    """Stop at the next checkpoint; a paused run holds no worker."""
    runs.pause(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/resume", response={202: RunDetail})
def resume_run(request: ApiRequest, run_id: int) -> Any:
    runs.resume(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/cancel", response={202: RunDetail})
def cancel_run(request: ApiRequest, run_id: int) -> Any:
    """Stop at the next batch; what the run has done so far is rolled back."""
    runs.cancel(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/retry", response={202: RunDetail})
def retry_run(request: ApiRequest, run_id: int) -> Any:
    """Go on with a failed run, or with the undo of a stuck one, where it stopped."""
    runs.retry(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/postpone", response={202: RunDetail}, summary="Postpone the hand-over")
def postpone_run(request: ApiRequest, run_id: int) -> Any:
    """Hand nothing more over until somebody releases it (`cutover`); what has been handed over stays."""
    cutover.postpone(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/cutover", response={202: RunDetail}, summary="Hand over now")
def cut_run_over(request: ApiRequest, run_id: int) -> Any:
    """Hand over as soon as every gate is open; also again, after `abort`."""
    cutover.cut_over(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/abort", response={202: RunDetail}, summary="Bring every bucket back")
def abort_run(request: ApiRequest, run_id: int) -> Any:
    """Give a hand-off under way up, and let the source serve everything again. The run lives on and waits."""
    cutover.bring_back(actor=request.auth, now=now(), run_id=run_id)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/throttle", response={202: RunDetail}, summary="Set the pace of the copy")
def throttle_run(request: ApiRequest, run_id: int, body: Pace) -> Any:
    cutover.throttle(actor=request.auth, now=now(), run_id=run_id, most_a_second=body.most_a_second)
    return Status(202, run_detail(request.auth, run_id))


@router.post("/{int:run_id}/signoffs", response=RunDetail)
def sign_off(request: ApiRequest, run_id: int, body: Signoff) -> Any:
    """Answer the confirmation that a step waits for. Only a person in a browser can."""
    try:
        confirmations.sign_off(actor=request.auth, now=now(), run_id=run_id, **body.model_dump())
    except SignInRequired as refused:
        refused.details["url"] = request.build_absolute_uri(f"/runs/{run_id}/")
        raise
    return run_detail(request.auth, run_id)


def run_detail(actor: Actor, run_id: int) -> dict[str, Any]:
    at = now()
    found: RunPage = reads.run_page(actor=actor, run_id=run_id, now=at)
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
        broken_glass=found.broken_glass,
        cutover=found.cutover,
        most_a_second=found.most_a_second,
        tables=found.tables,
        route=route_live(actor=actor, run_id=run_id, now=at),
        execution=statuses.run_dict(actor=actor, run_id=run_id, now=at),
    )
