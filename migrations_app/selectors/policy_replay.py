"""What a version of a policy would have asked for: past plan revisions, looked at again with it in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.policy import WITH_A_COMMENT, Asked, Policy, ask, wanted
from migrations_app.engine.vocabulary import RiskLevel
from migrations_app.models import PlanRevision
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.policies import VersionRow, version_row, visible_version
from migrations_app.selectors.policy_rules import in_force, policy_of, traits_of
from migrations_app.selectors.risk import RiskView, risks_of

ROWS = 50
MOST_SCANNED = 500  # revisions that one page looks at


@dataclass(frozen=True, slots=True)
class ReplayRow:
    """A past plan that the policy is about, before or with this version. `asks` are sentences, '' for nothing;
    `needed` are counts of signatures. `blocked`: no policy would have been about it."""

    migration_id: int
    title: str
    environment: str
    revision: int
    planned_at: datetime
    risk_level: RiskLevel
    asks_now: str
    needed_now: int
    asks_then: str
    needed_then: int
    blocked_then: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """`scanned` past revisions were looked at for this page; `next_cursor` is '' when there are no older ones."""

    policy_id: int
    policy: str
    version: VersionRow
    rows: tuple[ReplayRow, ...]
    scanned: int
    next_cursor: str

    @property
    def changed(self) -> int:
        return sum(row.asks_now != row.asks_then or row.blocked_then for row in self.rows)


def replay(*, actor: Actor, policy_id: int, number: int, now: datetime, cursor: str = "") -> Replay:
    """Newest plans first, those that the reader may see. Raises NotFound."""
    access = access_of(actor)
    version = visible_version(access, policy_id, number)
    before = in_force()
    after = _with(version.retires, policy_of(version), before)
    found = PlanRevision.objects.filter(access.within(Permission.VIEW, "migration__environment")).order_by("-pk")
    if cursor.isascii() and cursor.isdigit() and len(cursor) < 19:
        found = found.filter(pk__lt=int(cursor))
    scanned = 0
    rows: list[ReplayRow] = []
    last = 0
    light = found.select_related("migration__environment").defer("content", "findings", "source_state", "target_state")
    listed = list(light[:MOST_SCANNED])
    risks = risks_of(listed, now=now)
    for revision in listed:
        scanned, last = scanned + 1, revision.pk
        row = _row(revision, policy_id, risks.get(revision.pk), before, after)
        if row is not None:
            rows.append(row)
        if len(rows) == ROWS:
            break
    more = bool(last) and found.filter(pk__lt=last).exists()
    return Replay(
        policy_id, version.policy.name, version_row(version, access), tuple(rows), scanned, str(last) if more else ""
    )


def _with(retires: bool, version: Policy, policies: Sequence[Policy]) -> tuple[Policy, ...]:
    others = tuple(policy for policy in policies if policy.policy_id != version.policy_id)
    return others if retires else (*others, version)


def _row(
    revision: PlanRevision, policy_id: int, waived: RiskView | None, now: Sequence[Policy], then: Sequence[Policy]
) -> ReplayRow | None:
    """None where the policy is about this plan neither way."""
    risk = waived.level if waived else RiskLevel(revision.risk_level)
    traits = traits_of(revision.migration, revision, risk)
    before, after = (ask(each, traits, approval_required=revision.approval_required) for each in (now, then))
    if not any(policy.policy_id == policy_id for policy in (*before.policies, *after.policies)):
        return None
    return ReplayRow(
        migration_id=revision.migration_id,
        title=revision.migration.title,
        environment=revision.migration.environment.name,
        revision=revision.number,
        planned_at=revision.created_at,
        risk_level=risk,
        asks_now=_said(before),
        needed_now=len(before.slots),
        asks_then=_said(after),
        needed_then=len(after.slots),
        blocked_then=after.blocked,
    )


def _said(asked: Asked) -> str:
    if asked.blocked:
        return "blocked: no policy is about it"
    return f"{wanted(asked.slots)}{WITH_A_COMMENT if asked.comment_for else ''}" if asked.slots else ""
