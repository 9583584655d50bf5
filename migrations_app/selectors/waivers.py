"""Waived findings of a migration: who answers for which, until when, and whether that counts now."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.risk.waivers import Waiver, why_ended
from migrations_app.models import Migration, RiskWaiver
from migrations_app.selectors.access import TABLE, Permission, people_with


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
    rows = list(RiskWaiver.objects.filter(migration=migration).select_related("given_by", "ended_by").order_by("-pk"))
    barred = _barred(migration, rows) if rows else {}
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


def _barred(migration: Migration, rows: list[RiskWaiver]) -> Mapping[int, str]:
    """Person -> why they could not waive anything here today."""
    roles, _ = TABLE[Permission.WAIVE_RISK]
    able = {person.pk for role in roles for person in people_with(role, migration.environment_id)}
    editors = {*migration.editors.values_list("person_id", flat=True), migration.created_by_id}
    found = {}
    for giver in {row.given_by for row in rows}:
        if giver.pk in editors:
            found[giver.pk] = f"{giver} has edited the migration since"
        elif giver.pk not in able and not (giver.is_superuser and giver.is_active):
            found[giver.pk] = f"{giver} may no longer waive a risk in {migration.environment.name}"
    return found


def _waiver(row: RiskWaiver, barred: Mapping[int, str]) -> Waiver:
    return Waiver(row.rule, row.digest, row.weight, row.until, row.ended_at, barred.get(row.given_by_id, ""))


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
