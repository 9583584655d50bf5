"""Starts by break-glass: what was overridden and why, and who has looked at it since."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.models import BreakGlass, Migration, Run
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.reviews import never_signs
from migrations_app.selectors.signing import Approver, approvers_in, barred_people, quarantined

_SHOWN = 12
_HEAVY = [f"run__revision__{name}" for name in ("content", "findings", "source_state", "target_state")]


@dataclass(frozen=True, slots=True)
class Overridden:
    """A condition that was unmet, as it was said then."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class BreakGlassRow:
    """`closed_at` is None while it waits for somebody else who may approve. `why_not` says why this viewer cannot close
    it: '' when they can, and None in lists, which do not ask."""

    id: int
    migration_id: int
    migration_title: str
    environment: str
    protected: bool
    run_id: int
    by: str
    at: datetime
    reason: str
    overridden: tuple[Overridden, ...]
    closed_by: str
    closed_at: datetime | None
    comment: str
    why_not: str | None = None


def open_break_glasses(access: Access) -> tuple[BreakGlassRow, ...]:
    """Those that nobody has closed yet where this viewer may look: the newest 12, newest first."""
    here = access.within(Permission.VIEW, "migration__environment")
    return tuple(_row(item) for item in _with_names().filter(here, closed_at=None)[:_SHOWN])


def break_glasses_of(
    actor: Actor, migration: Migration, *, now: datetime, approvers: Iterable[Approver] | None = None
) -> tuple[BreakGlassRow, ...]:
    """Every one of a migration that the actor sees, newest first. `approvers`: where they are known already."""
    rows = list(_with_names().select_related("run__revision").defer(*_HEAVY).filter(migration=migration))
    known = tuple(approvers) if approvers is not None else None
    return tuple(_row(item, why_not_close(actor, migration, item, now=now, approvers=known)) for item in rows)


def break_glass_of(run: Run) -> BreakGlassRow | None:
    """By which that run was started; None where it was started the ordinary way."""
    item = _with_names().filter(run=run).first()
    return _row(item) if item else None


def list_break_glasses(*, actor: Actor, migration_id: int, now: datetime) -> tuple[BreakGlassRow, ...]:
    """Raises NotFound."""
    here = access_of(actor).within(Permission.VIEW)
    migration = Migration.objects.select_related("environment").filter(here, pk=migration_id).first()
    if migration is None:
        absent = NotFound(f"There is no migration {migration_id} that you may see.", "Look at the list of migrations.")
        raise absent.unless_hidden(Migration.objects.filter(pk=migration_id))
    return break_glasses_of(actor, migration, now=now)


def why_not_close(
    actor: Actor,
    migration: Migration,
    item: BreakGlass,
    *,
    now: datetime,
    approvers: Iterable[Approver] | None = None,
) -> str:
    """Why this actor cannot close it; '' when they can. Whoever could not sign the plan cannot close it either, nor
    whoever has the role from the one who started it since less than a day."""
    if item.closed_at is not None:
        return "it is closed"
    if actor.scopes is not None:
        return "a token cannot close it"
    if actor.person_id == item.person_id:
        return "you started it; somebody else has to look at it"
    none = f"you do not have the approver role in {migration.environment.name}"
    if approvers is not None and actor.person_id not in {approver.person.pk for approver in approvers}:
        return none
    barred = barred_people(migration, item.run.revision, migration.editors.all())
    known = approvers_in(migration.environment, now=now, to={item.person_id, *barred})
    mine = next((approver for approver in known if approver.person.pk == actor.person_id), None)
    if mine is None:
        return none
    return never_signs(migration, item.run.revision, actor.person_id) or quarantined(mine, you=True)


def _with_names() -> QuerySet[BreakGlass]:
    rows = BreakGlass.objects.select_related("migration__environment", "person", "closed_by")
    return rows.prefetch_related("overridden").order_by("-pk")


def _row(item: BreakGlass, why_not: str | None = None) -> BreakGlassRow:
    environment = item.migration.environment
    return BreakGlassRow(
        id=item.pk,
        migration_id=item.migration_id,
        migration_title=item.migration.title,
        environment=environment.name,
        protected=environment.protected,
        run_id=item.run_id,
        by=str(item.person),
        at=item.at,
        reason=item.reason,
        overridden=tuple(Overridden(each.code, each.message) for each in item.overridden.all()),
        closed_by=str(item.closed_by or ""),
        closed_at=item.closed_at,
        comment=item.comment,
        why_not=why_not,
    )
