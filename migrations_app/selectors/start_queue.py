"""Who waits for the same targets: nobody overtakes on them."""

from collections.abc import Mapping
from datetime import datetime

from migrations_app.engine.plan import Plan
from migrations_app.engine.start_check import check_start
from migrations_app.engine.vocabulary import ClaimMode, RunKind, ScheduleState, ScheduleTiming
from migrations_app.models import PlanRevision, Schedule
from migrations_app.selectors.start_check import start_facts


def ahead_of(schedule: Schedule, *, now: datetime) -> tuple[Schedule, ...]:
    """Those that asked earlier for a target of this one and wait for targets alone, in their order.

    One that waits for something else too, like a migration before it or a signature, keeps nobody waiting.
    """
    wanted = _claims(_newest(schedule))
    earlier = Schedule.objects.filter(
        state=ScheduleState.WAITING, timing=ScheduleTiming.WHEN_READY, kind=RunKind.APPLY, pk__lt=schedule.pk
    ).select_related("migration__environment")
    return tuple(one for one in earlier.order_by("pk") if _goes_first(one, wanted, now))


def _goes_first(schedule: Schedule, wanted: Mapping[int, ClaimMode], now: datetime) -> bool:
    revision = _newest(schedule)
    if revision is None or not _collide(wanted, _claims(revision)):
        return False
    facts = start_facts(schedule.migration, revision, kind=RunKind.APPLY, now=now, expected_digest=schedule.digest)
    return {unmet.code for unmet in check_start(facts)} <= {"claim_conflict"}


def _claims(revision: PlanRevision | None) -> Mapping[int, ClaimMode]:
    claims = Plan.from_content(revision.content).claims if revision else ()
    return {claim.target_id: claim.mode for claim in claims}


def _collide(one: Mapping[int, ClaimMode], other: Mapping[int, ClaimMode]) -> bool:
    return any(ClaimMode.EXCLUSIVE in (one[target], other[target]) for target in one.keys() & other.keys())


def _newest(schedule: Schedule) -> PlanRevision | None:
    return PlanRevision.objects.filter(migration=schedule.migration_id).order_by("-number").first()
