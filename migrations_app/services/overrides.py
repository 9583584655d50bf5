"""What a start by break-glass keeps, in the transaction that makes the run; see `services/break_glass.py`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.start_check import Unmet
from migrations_app.engine.vocabulary import Role
from migrations_app.models import BreakGlass, Migration, OverriddenCondition, Person, Run, followers
from migrations_app.services import notifications
from migrations_app.services.errors import Conflict
from migrations_app.services.permissions import people_with

MOST_MESSAGE = 500
_TOLD = (Role.APPROVER, Role.ADMIN, Role.AUDITOR, Role.OPERATOR)


@dataclass(frozen=True, slots=True)
class Override:
    """Why somebody starts although conditions are unmet."""

    reason: str


def require_allowed(migration: Migration) -> None:
    """Raises Conflict where break-glass is switched off: asked before the targets are looked at, and at the start."""
    if not migration.environment.break_glass_allowed:
        raise Conflict(
            f"Break-glass is switched off in {migration.environment.name}; nothing was started.",
            "Get what is missing, or ask an admin of the environment.",
            reason="break_glass_off",
        )


def keep(run: Run, override: Override, overridden: Sequence[Unmet], *, now: datetime) -> None:
    """Reason and list, the open review item, and word to everybody concerned."""
    kept = BreakGlass.objects.create(
        migration=run.migration, run=run, person=run.started_by, reason=override.reason, at=now
    )
    OverriddenCondition.objects.bulk_create(
        [OverriddenCondition(break_glass=kept, code=u.code, message=u.message[:MOST_MESSAGE]) for u in overridden]
    )
    _tell(kept, run.migration, len(overridden), now)


def _tell(kept: BreakGlass, migration: Migration, count: int, now: datetime) -> None:
    """Approvers are asked to look at it and close it; the others are told. Nobody is told twice."""
    where, who = migration.environment, kept.person
    text = f"{who} broke the glass: “{migration.title}” was started in {where.name} against {count} unmet condition"
    text += f"{'s' if count != 1 else ''}."
    approvers = {person.pk: person for person in people_with(Role.APPROVER, where.pk) if person != who}
    concerned: dict[int, Person] = {migration.created_by_id: migration.created_by}
    concerned |= {person.pk: person for person in followers(migration)}
    for role in _TOLD:
        concerned |= {person.pk: person for person in people_with(role, where.pk)}
    notifications.tell(
        approvers.values(),
        now=now,
        kind=notifications.BREAK_GLASS_REVIEW,
        text=f"{text} Look at it and close it.",
        migration=migration,
        mail=True,
    )
    notifications.tell(
        [person for key, person in concerned.items() if key not in approvers],
        now=now,
        kind=notifications.BREAK_GLASS,
        text=text,
        migration=migration,
        mail=True,
    )
