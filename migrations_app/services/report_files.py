"""Reports of long runs: a worker writes the file, and its person fetches it within a day.

Whether they may see the run is asked when they ask, when it is written and when it is fetched.
"""

from datetime import datetime

from migrations_app.engine.ports import Clock
from migrations_app.models import Person, ReportFile
from migrations_app.runtime import composition, outbox
from migrations_app.selectors.audit_exports import KEPT
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.run_visibility import visible_run
from migrations_app.services import audit, finding, run_reports, written_files
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict, NotFound
from migrations_app.services.operation import operation
from migrations_app.services.written_files import HandedOut, TakenOver

TASK = outbox.WRITE_REPORT
MOST_AT_ONCE = 3  # of one person


@operation("run.ask_report", about="run", in_maintenance=True)
def ask(*, actor: Actor, now: datetime, run_id: int, form: ReportForm) -> int:
    """Its id; that of the one under way, where the same was asked for before. Raises NotFound, and Conflict while
    three of one's own are under way."""
    run = visible_run(actor, run_id)
    person = Person.objects.select_for_update(of=("self",)).get(pk=finding.person(actor).pk)
    under_way = ReportFile.objects.filter(person=person, state__in=ReportFile.UNDER_WAY)
    if (same := under_way.filter(run=run, form=form.value).first()) is not None:
        return same.pk
    if under_way.count() >= MOST_AT_ONCE:
        raise Conflict(
            f"{MOST_AT_ONCE} reports of yours are being written; no other was begun.", "Wait for one, or remove it."
        )
    row = ReportFile.objects.create(
        person=person, run=run, form=form.value, asked_at=now, through=run.last_seq * _passes(form)
    )
    outbox.put(TASK, [row.pk], now=now)
    _record(actor, now, "run.ask_report", row)
    return row.pk


def write(*, file_id: int, clock: Clock) -> bool:
    """Whether this call wrote the file. Called by workers for each offer of the outbox."""
    row = written_files.claimed(ReportFile, file_id, TASK, clock.now())
    if row is None:
        return False
    actor = Actor(person_id=row.person_id, username=row.person.username)
    form = ReportForm(row.form)
    once = row.through // _passes(form)
    try:
        report = run_reports.exported(
            actor=actor,
            now=clock.now(),
            run_id=row.run_id,
            forms=(form,),
            reached=lambda seq: written_files.alive(row, clock.now(), reached=min(seq, once)),
        )
        pieces = run_reports.written(
            report, form, actor, lambda seq: written_files.alive(row, clock.now(), reached=min(once + seq, row.through))
        )
        with composition.artifacts().create(row.key) as file:
            for piece in pieces:
                file.write(piece)
    except TakenOver:
        composition.artifacts().delete(row.key)
        return False
    except NotFound as refused:
        return written_files.end(row, TASK, clock.now(), state=ReportFile.FAILED, problem=refused.message)
    return written_files.end(row, TASK, clock.now(), state=ReportFile.READY)


@operation("run.fetch_report", about="run", in_maintenance=True)
def fetch(*, actor: Actor, now: datetime, run_id: int, file_id: int) -> HandedOut:
    """Raises NotFound for what is not one's own, not written, not there any more, or of a run that is hidden now."""
    row = _own(actor, run_id, file_id)
    if row.state != ReportFile.READY or row.ended_at is None or row.ended_at + KEPT <= now:
        raise NotFound(f"There is no file {row.pk} of the report.", "Ask for a new one.")
    _record(actor, now, "run.fetch_report", row)
    form = ReportForm(row.form)
    return HandedOut(form.name_of(row.run_id), form.media_type, row.size, written_files.content(row.key))


@operation("run.drop_report", about="run", in_maintenance=True)
def remove(*, actor: Actor, now: datetime, run_id: int, file_id: int) -> None:
    """One's own, written or not. Raises NotFound."""
    row = _own(actor, run_id, file_id)
    written_files.take_away(row, TASK, now)
    _record(actor, now, "run.drop_report", row)


def remove_old(*, now: datetime) -> int:
    """Files whose day is over; how many. A background loop calls this."""
    return written_files.remove_old(ReportFile, ended_by=now - KEPT)


def _passes(form: ReportForm) -> int:
    """How often all events are read: for the digest, and for the JSON form once more."""
    return 2 if form is ReportForm.JSON else 1


def _own(actor: Actor, run_id: int, file_id: int) -> ReportFile:
    run = visible_run(actor, run_id)
    usable = file_id if finding.is_key(file_id) else 0
    row = ReportFile.objects.filter(pk=usable, run=run).exclude(state=ReportFile.REMOVED).first()
    if row is None or row.person_id != actor.person_id:
        raise NotFound(f"You have no file {str(file_id)[:20]} of it.", "Ask for a new one.", hidden=row is not None)
    return row


def _record(actor: Actor, now: datetime, action: str, row: ReportFile) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="run",
        object_id=row.run_id,
        environment=row.run.environment.name,
        after={"file": row.pk, "form": row.form},
    )
