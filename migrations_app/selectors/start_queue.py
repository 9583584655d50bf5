"""Who waits for the same targets: nobody overtakes on them."""

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
    wanted = _claims(schedule)
    earlier = Schedule.objects.filter(
        state=ScheduleState.WAITING, timing=ScheduleTiming.WHEN_READY, kind=RunKind.APPLY, pk__lt=schedule.pk
    ).select_related("migration__environment")
    return tuple(one for one in earlier.order_by("pk") if _collide(wanted, _claims(one)) and _waits_alone(one, now))


def _claims(schedule: Schedule) -> dict[int, ClaimMode]:
    revision = _newest(schedule)
    claims = Plan.from_content(revision.content).claims if revision else ()
    return {claim.target_id: claim.mode for claim in claims}


def _collide(one: dict[int, ClaimMode], other: dict[int, ClaimMode]) -> bool:
    return any(ClaimMode.EXCLUSIVE in (one[target], other[target]) for target in one.keys() & other.keys())


def _waits_alone(schedule: Schedule, now: datetime) -> bool:
    revision = _newest(schedule)
    if revision is None:
        return False
    facts = start_facts(schedule.migration, revision, kind=RunKind.APPLY, now=now, expected_digest=schedule.digest)
    return {unmet.code for unmet in check_start(facts)} <= {"claim_conflict"}


def _newest(schedule: Schedule) -> PlanRevision | None:
    return PlanRevision.objects.filter(migration=schedule.migration_id).order_by("-number").first()
