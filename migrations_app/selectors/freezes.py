"""Freezes: the rows of an environment, and those in force."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Q

from migrations_app.engine.windows import FreezeFact
from migrations_app.models import Freeze
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.refusals import NotFound

LARGEST_ID = 2**63 - 1
EVERYWHERE = "every environment"


class FreezeState(StrEnum):
    AHEAD = "ahead"
    IN_FORCE = "in_force"
    OVER = "over"
    LIFTED = "lifted"


@dataclass(frozen=True, slots=True)
class FreezeRow:
    """`environment_id` is None and `environment` empty where it holds for all of them."""

    id: int
    environment_id: int | None
    environment: str
    reason: str
    begins_at: datetime
    ends_at: datetime
    state: FreezeState
    version: int
    created_by: str
    lifted_at: datetime | None
    lifted_by: str

    @property
    def where(self) -> str:
        return self.environment or EVERYWHERE

    @property
    def over_at(self) -> datetime:
        """When it ended or will end."""
        return min(self.ends_at, self.lifted_at) if self.lifted_at else self.ends_at


def list_freezes(
    *, actor: Actor, now: datetime, environment: str = "", past: bool = False, access: Access | None = None
) -> tuple[FreezeRow, ...]:
    """Those of the environments that the actor may see and those of all; without `past` only what is still ahead.

    `access`: the actor's, where it has been read already.
    """
    rows = Freeze.objects.filter(seen(access or access_of(actor)))
    if environment:
        rows = rows.filter(Q(environment__name=environment) | Q(environment=None))
    if not past:
        rows = rows.filter(ends_at__gt=now, lifted_at=None)
    return tuple(_row(row, now) for row in rows.select_related("environment", "created_by", "lifted_by"))


def seen(access: Access) -> Q:
    """Filter for the freezes of the environments that they may see, and for those of all."""
    here = access.environments(Permission.VIEW)
    return Q() if here is None else Q(environment__in=here) | Q(environment=None)


def freeze_row(*, freeze_id: int, now: datetime) -> FreezeRow:
    return _row(Freeze.objects.select_related("environment", "created_by", "lifted_by").get(pk=freeze_id), now)


def visible_freeze(*, actor: Actor, freeze_id: int, now: datetime) -> FreezeRow:
    """Raises NotFound, the same for one of an environment that is hidden."""
    rows = Freeze.objects.select_related("environment", "created_by", "lifted_by")
    found = rows.filter(seen(access_of(actor)), pk=freeze_id).first() if freeze_id <= LARGEST_ID else None
    if found is None:
        absent = NotFound(f"There is no freeze {str(freeze_id)[:20]} that you may see.", "Look at the calendar.")
        raise absent.unless_hidden(Freeze.objects.filter(pk=min(freeze_id, LARGEST_ID)))
    return _row(found, now)


def freezes_in_force(environment_id: int, now: datetime) -> tuple[FreezeFact, ...]:
    here = Q(environment=environment_id) | Q(environment=None)
    rows = Freeze.objects.filter(here, begins_at__lte=now, ends_at__gt=now, lifted_at=None)
    return tuple(
        FreezeFact(row.environment.name if row.environment else EVERYWHERE, row.ends_at, row.reason)
        for row in rows.select_related("environment").order_by("-ends_at")
    )


def _row(row: Freeze, now: datetime) -> FreezeRow:
    return FreezeRow(
        id=row.pk,
        environment_id=row.environment_id,
        environment=row.environment.name if row.environment else "",
        reason=row.reason,
        begins_at=row.begins_at,
        ends_at=row.ends_at,
        state=_state(row, now),
        version=row.version,
        created_by=str(row.created_by),
        lifted_at=row.lifted_at,
        lifted_by=str(row.lifted_by or ""),
    )


def _state(row: Freeze, now: datetime) -> FreezeState:
    if row.lifted_at is not None:
        return FreezeState.LIFTED
    if row.ends_at <= now:
        return FreezeState.OVER
    return FreezeState.IN_FORCE if row.begins_at <= now else FreezeState.AHEAD
