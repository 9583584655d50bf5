"""Files of the audit trail that take long: a worker writes them, and their person downloads them within a day.

Permission is asked for three times: when somebody asks for one, when it is written, and when it is downloaded. Each
is an entry. A worker that dies leaves no half file: the next one begins anew.
"""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.ports import Clock
from migrations_app.models import AuditEntry, AuditExport, AuditHead, Environment, Person
from migrations_app.runtime import composition, outbox
from migrations_app.runtime.audit import instant
from migrations_app.selectors.access import Access, Permission
from migrations_app.selectors.audit_chain import auditor
from migrations_app.selectors.audit_exports import KEPT
from migrations_app.selectors.audit_filters import AuditFilters, matching_entries
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import audit, finding, written_files
from migrations_app.services.actor import Actor
from migrations_app.services.audit_reading import said
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from migrations_app.services.exporting import lines_of
from migrations_app.services.operation import operation
from migrations_app.services.written_files import HandedOut, TakenOver

TASK = outbox.WRITE_AUDIT_EXPORT
MOST_AT_ONCE = 3  # of one person
_AT_ONCE = 1000  # entries
_TIMES = ("since", "until")


@operation("audit.export", about="audit", in_maintenance=True)
def ask(*, actor: Actor, now: datetime, filters: AuditFilters, format: ExportFormat) -> int:  # noqa: A002
    """Its id. Raises PermissionDenied, and Conflict while three of one's own are under way."""
    access = auditor(actor)
    person = Person.objects.select_for_update(of=("self",)).get(pk=finding.person(actor).pk)
    under_way = AuditExport.objects.filter(person=person, state__in=AuditExport.UNDER_WAY)
    if under_way.count() >= MOST_AT_ONCE:
        raise Conflict(
            f"{MOST_AT_ONCE} exports of yours are under way; no other was begun.", "Wait for one, or remove it."
        )
    row = AuditExport.objects.create(
        person=person,
        asked_at=now,
        format=format.value,
        filters=_kept(filters),
        environments=_environments(access),
        through=AuditHead.objects.values_list("seq", flat=True).first() or 0,
    )
    outbox.put(TASK, [row.pk], now=now)
    _record(actor, now, "audit.export", row)
    return row.pk


def write(*, export_id: int, clock: Clock) -> bool:
    """Whether this call wrote the file. Called by workers for each offer of the outbox."""
    row = written_files.claimed(AuditExport, export_id, TASK, clock.now(), entries=0)
    if row is None:
        return False
    try:
        entries = _entries(row, clock.now())
        _write(row, entries, clock)
    except TakenOver:
        composition.artifacts().delete(row.key)
        return False
    except PermissionDenied as refused:
        return written_files.end(row, TASK, clock.now(), state=AuditExport.FAILED, problem=refused.message)
    except MigrationError as error:
        return written_files.end(row, TASK, clock.now(), state=AuditExport.FAILED, problem=error.message)
    return written_files.end(row, TASK, clock.now(), state=AuditExport.READY)


@operation("audit.download", about="audit", in_maintenance=True)
def download(*, actor: Actor, now: datetime, export_id: int) -> HandedOut:
    """Raises NotFound for what is not one's own or not there any more, and PermissionDenied where the person may
    not audit any more what is in it."""
    access = auditor(actor)
    row = _own(actor, export_id)
    if row.state != AuditExport.READY or row.ended_at is None or row.ended_at + KEPT <= now:
        raise NotFound(f"There is no file of export {row.pk}.", "Ask for a new one.")
    _still_may(access, row)
    _record(actor, now, "audit.download", row)
    kind = ExportFormat(row.format)
    return HandedOut(kind.file_name, kind.media_type, row.size, written_files.content(row.key))


@operation("audit.remove_export", about="audit", in_maintenance=True)
def remove(*, actor: Actor, now: datetime, export_id: int) -> None:
    """One's own, written or not. Raises NotFound and PermissionDenied."""
    auditor(actor)
    row = _own(actor, export_id)
    written_files.take_away(row, TASK, now)
    _record(actor, now, "audit.remove_export", row)


def remove_old(*, now: datetime) -> int:
    """Files whose day is over; how many. A background loop calls this."""
    return written_files.remove_old(AuditExport, ended_by=now - KEPT)


def _kept(filters: AuditFilters) -> dict[str, str | int]:
    given = {name: value for name, value in asdict(filters).items() if value}
    return {name: instant(value) if isinstance(value, datetime) else value for name, value in given.items()}


def _filters(row: AuditExport) -> AuditFilters:
    given: dict[str, Any] = dict(row.filters)
    return AuditFilters(**{**given, **{name: datetime.fromisoformat(given[name]) for name in _TIMES if name in given}})


def _environments(access: Access) -> list[str] | None:
    allowed = access.environments(Permission.READ_AUDIT)
    if allowed is None:
        return None
    return list(Environment.objects.filter(pk__in=allowed).order_by("name").values_list("name", flat=True))


def _still_may(access: Access, row: AuditExport) -> None:
    now_may = _environments(access)
    if now_may is not None and (row.environments is None or not set(row.environments) <= set(now_may)):
        raise PermissionDenied(
            f"Export {row.pk} holds entries of environments that you may not audit any more.", "Ask for a new one."
        )


def _entries(row: AuditExport, now: datetime) -> QuerySet[AuditEntry]:
    """As the person may read them now. Raises PermissionDenied."""
    access = auditor(Actor(person_id=row.person_id, username=row.person.username))
    _still_may(access, row)
    return matching_entries(access, _filters(row)).filter(seq__lte=row.through)


def _write(row: AuditExport, entries: QuerySet[AuditEntry], clock: Clock) -> None:
    lines = lines_of(
        _in_parts(row, entries, clock),
        format=ExportFormat(row.format),
        at=row.asked_at,
        by=row.person.username,
        filters=said(_filters(row)),
    )
    with composition.artifacts().create(row.key) as file:
        for line in lines:
            file.write(line)


def _in_parts(row: AuditExport, entries: QuerySet[AuditEntry], clock: Clock) -> Iterator[tuple[int, str, str, bytes]]:
    """No statement stays open while others write: on SQLite it would hold the database as it was. Raises TakenOver."""
    count, reached = 0, 0
    while True:
        part = list(
            entries.filter(seq__gt=reached).order_by("seq").values_list("seq", "hash", "previous", "body")[:_AT_ONCE]
        )
        yield from ((seq, digest, previous, bytes(body)) for seq, digest, previous, body in part)
        count += len(part)
        reached = part[-1][0] if len(part) == _AT_ONCE else row.through
        written_files.alive(row, clock.now(), entries=count, reached=reached)
        if reached == row.through:
            return


def _own(actor: Actor, export_id: int) -> AuditExport:
    usable = export_id if finding.is_key(export_id) else 0
    row = AuditExport.objects.filter(pk=usable).exclude(state=AuditExport.REMOVED).first()
    if row is None or row.person_id != actor.person_id:
        raise NotFound(f"You have no export {str(export_id)[:20]}.", "Ask for a new one.", hidden=row is not None)
    return row


def _record(actor: Actor, now: datetime, action: str, row: AuditExport) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="audit",
        object_id="chain",
        after={"export": row.pk, "format": row.format, **said(_filters(row))},
    )
