"""Freezes: times in which no run starts. Made and lifted by admins; a rollback never asks for them."""

from datetime import datetime
from typing import Any

from migrations_app.models import Environment, Freeze
from migrations_app.services import audit, finding, schedules
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission, require
from migrations_app.services.versions import Seen, next_version

MOST_REASON = 300


@operation("freeze.create", about="environment")
def create(
    *,
    actor: Actor,
    now: datetime,
    reason: str,
    ends_at: datetime | None,
    begins_at: datetime | None = None,
    environment_id: int | None = None,
) -> int:
    """Returns its id. Without an environment it holds for all; without a beginning it begins now.

    Runs that are under way go on. What is scheduled into it does not start, and is reported as missed.
    """
    environment = _environment(actor, environment_id)
    row = Freeze(environment=environment, created_by=finding.person(actor), created_at=now)
    _fill(row, now=now, reason=reason, begins_at=begins_at or now, ends_at=ends_at)
    row.save()
    schedules.follow_freezes(environment_id, now=now)
    _record(actor, now, "freeze.create", row, None)
    return row.pk


@operation("freeze.edit", about="freeze")
def edit(
    *,
    actor: Actor,
    now: datetime,
    freeze_id: int,
    reason: str | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
    seen: Seen = None,
) -> None:
    """What is None stays. One that is over or lifted stays as it was."""
    row = _still_on(actor, freeze_id, now, "changed")
    next_version(row, "This freeze", seen)
    before = _facts(row)
    _fill(
        row,
        now=now,
        reason=row.reason if reason is None else reason,
        begins_at=begins_at or row.begins_at,
        ends_at=ends_at or row.ends_at,
    )
    row.save()
    schedules.follow_freezes(row.environment_id, now=now)
    _record(actor, now, "freeze.edit", row, before)


@operation("freeze.lift", about="freeze")
def lift(*, actor: Actor, now: datetime, freeze_id: int) -> None:
    """End it now. Nothing that was kept from starting starts by itself."""
    row = _still_on(actor, freeze_id, now, "lifted")
    row.version += 1
    before = _facts(row)
    row.lifted_at, row.lifted_by, row.changed_at = now, finding.person(actor), now
    row.save()
    schedules.follow_freezes(row.environment_id, now=now)
    _record(actor, now, "freeze.lift", row, before)


def _still_on(actor: Actor, freeze_id: int, now: datetime, what: str) -> Freeze:
    row: Freeze = finding.one(
        Freeze.objects.select_for_update(of=("self",)).select_related("environment"),
        freeze_id,
        "freeze",
        actor=actor,
        permission=Permission.MANAGE_ENVIRONMENTS,
        look="the calendar",
        of_all_is_known=True,
    )
    if row.lifted_at is not None or row.ends_at <= now:
        raise Conflict(
            f"This freeze is over and cannot be {what}; nothing was changed.", "Make a new one.", reason="freeze_over"
        )
    return row


def _environment(actor: Actor, environment_id: int | None) -> Environment | None:
    if environment_id is None:
        require(actor, Permission.MANAGE_ENVIRONMENTS, None)
        return None
    return finding.environment(environment_id, actor=actor, permission=Permission.MANAGE_ENVIRONMENTS)


def _fill(row: Freeze, *, now: datetime, reason: object, begins_at: object, ends_at: object) -> None:
    check = Check()
    row.reason = check.text("reason", reason, most=MOST_REASON, required=True)
    begins, ends = check.moment("begins_at", begins_at), check.moment("ends_at", ends_at)
    if ends_at is None:
        check.problem("ends_at", "The end is missing.", "Say until when.", "required")
    if begins and ends and ends <= begins:
        check.problem("ends_at", "It ends before it begins.", "Choose a later end.", "out_of_range")
    if ends and ends <= now:
        check.problem("ends_at", "This is in the past.", "Choose a later end.", "out_of_range")
    check.done()
    if begins and ends:
        row.begins_at, row.ends_at, row.changed_at = begins, ends, now


def _facts(row: Freeze) -> dict[str, Any]:
    return {
        "name": row.reason,
        "begins_at": row.begins_at.isoformat(),
        "ends_at": row.ends_at.isoformat(),
        "lifted": row.lifted_at is not None,
    }


def _record(actor: Actor, now: datetime, action: str, row: Freeze, before: dict[str, Any] | None) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="freeze",
        object_id=row.pk,
        environment=row.environment.name if row.environment else "",
        before=before,
        after=_facts(row),
    )
