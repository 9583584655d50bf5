"""Waived findings of a migration: who answers for which, until when, and whether that counts now."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from migrations_app.engine.risk.waivers import Waiver, why_ended
from migrations_app.models import Migration, MigrationEditor, RiskWaiver, RoleGrant
from migrations_app.selectors.access import TABLE, Permission


@dataclass(frozen=True, slots=True)
class WaiverRow:
    """`counts`: the finding's weight does not count now. `why_ended` says why not ('' while it counts)."""

    id: int
    rule: str
    title: str
    evidence: str
    weight: int
    reason: str
    given_by: str
    username: str
    given_at: datetime
    until: datetime
    counts: bool
    why_ended: str
    ended_at: datetime | None
    ended_by: str


def waivers_of(
    migration: Migration, *, digest: str, weights: Mapping[str, int], now: datetime
) -> tuple[WaiverRow, ...]:
    """All that were ever given, the newest first. `weights`: by rule, of the findings of the plan with this digest."""
    rows = list(_with_names().filter(migration=migration))
    return judged(rows, barred_givers(rows), digest=digest, weights=weights, now=now)


def open_waivers(*, now: datetime, migrations: Iterable[int] | None = None) -> list[RiskWaiver]:
    """Of these migrations (None: of all) those that neither time nor a person has ended; the newest first."""
    rows = _with_names().filter(ended_at=None, until__gt=now)
    return list(rows if migrations is None else rows.filter(migration__in=migrations))


def judged(
    rows: Iterable[RiskWaiver],
    barred: Mapping[tuple[int, int], str],
    *,
    digest: str,
    weights: Mapping[str, int],
    now: datetime,
) -> tuple[WaiverRow, ...]:
    """Each with whether it counts for the plan of this digest."""
    return tuple(
        _row(row, why_ended(_waiver(row, barred), digest=digest, weight=weights.get(row.rule, 0), now=now))
        for row in rows
    )


def answered_for(migration: Migration, digest: str) -> Mapping[int, str]:
    """Person -> the findings of the plan with this digest that they ever waived: `“A” and “B”`.

    Also where the waiver has ended since: who has answered for a plan's risk does not sign that plan.
    """
    titles: dict[int, dict[str, None]] = defaultdict(dict)
    rows = RiskWaiver.objects.filter(migration=migration, digest=digest).order_by("pk")
    for person_id, title in rows.values_list("given_by_id", "title"):
        titles[person_id][f"“{title}”"] = None
    return {person_id: " and ".join(found) for person_id, found in titles.items()}


def barred_givers(rows: Collection[RiskWaiver]) -> Mapping[tuple[int, int], str]:
    """Migration and person -> why they could not waive anything there today. Three queries however many there are."""
    if not rows:
        return {}
    givers = {row.given_by_id for row in rows}
    wrote = set(
        MigrationEditor.objects.filter(migration__in={row.migration_id for row in rows}, person__in=givers).values_list(
            "migration_id", "person_id"
        )
    )
    roles, _ = TABLE[Permission.WAIVE_RISK]
    grants = RoleGrant.objects.filter(role__in=roles)
    able: set[tuple[int | None, int | None]] = {
        *grants.filter(person__in=givers).values_list("person_id", "environment_id"),
        *grants.filter(group__user__in=givers).values_list("group__user", "environment_id"),
    }
    found = {}
    for row in rows:
        giver, place = row.given_by, row.migration.environment
        here = (row.migration_id, giver.pk)
        may = giver.is_superuser or (giver.pk, None) in able or (giver.pk, place.pk) in able
        if here in wrote or row.migration.created_by_id == giver.pk:
            found[here] = f"{giver} has edited the migration since"
        elif not (may and giver.is_active):
            found[here] = f"{giver} may no longer waive a risk in {place.name}"
    return found


def _with_names() -> QuerySet[RiskWaiver]:
    return RiskWaiver.objects.select_related("given_by", "ended_by", "migration__environment").order_by("-pk")


def _waiver(row: RiskWaiver, barred: Mapping[tuple[int, int], str]) -> Waiver:
    why = barred.get((row.migration_id, row.given_by_id), "")
    return Waiver(row.rule, row.digest, row.weight, row.until, row.ended_at, why)


def _row(row: RiskWaiver, why: str) -> WaiverRow:
    return WaiverRow(
        id=row.pk,
        rule=row.rule,
        title=row.title,
        evidence=row.evidence,
        weight=row.weight,
        reason=row.reason,
        given_by=str(row.given_by),
        username=row.given_by.username,
        given_at=row.given_at,
        until=row.until,
        counts=not why,
        why_ended=why,
        ended_at=row.ended_at,
        ended_by=str(row.ended_by or ""),
    )
