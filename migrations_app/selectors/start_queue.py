"""Who waits for the same targets: nobody overtakes on them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from migrations_app.engine.plan import Plan
from migrations_app.engine.start_check import CLAIM_CONFLICT, Unmet, check_start
from migrations_app.engine.vocabulary import ClaimMode, RunKind, ScheduledStartState, ScheduleState, ScheduleTiming
from migrations_app.models import PlanRevision, Schedule, ScheduledStart
from migrations_app.selectors.start_check import start_facts

MOST_SHOWN = 20


def ahead_of(schedule: Schedule, *, now: datetime) -> Iterator[Schedule]:
    """Those that asked earlier for a target of this one and wait for targets alone, in their order, each looked at
    when it is asked for.

    One that waits for something else too, like a migration before it or a signature, keeps nobody waiting. So does one
    that waited for something else when it was looked at last, which may be what no database knows: a target that is not
    as it was planned, or somebody who may not start it any more.
    """
    rows = _earlier(schedule).exclude(Exists(_looked_at(in_queue=False).exclude(said="")))
    for earlier, revision in _colliding(schedule, rows):
        digest = earlier.digest
        facts = start_facts(earlier.migration, revision, kind=RunKind.APPLY, now=now, expected_digest=digest)
        if for_targets_alone(check_start(facts)):
            yield earlier


def seen_ahead_of(schedule: Schedule) -> tuple[Schedule, ...]:
    """The same as it was when each was looked at last, at most 20: two queries, however many there are."""
    rows = _earlier(schedule).filter(Exists(_looked_at(in_queue=True)))[:MOST_SHOWN]
    return tuple(earlier for earlier, _ in _colliding(schedule, rows))


def for_targets_alone(unmet: Iterable[Unmet]) -> bool:
    """Whether nothing else keeps it from starting."""
    return {each.code for each in unmet} <= {CLAIM_CONFLICT}


def _looked_at(*, in_queue: bool) -> QuerySet[ScheduledStart]:
    return ScheduledStart.objects.filter(
        schedule=OuterRef("pk"), due_at=OuterRef("due_at"), state=ScheduledStartState.CLAIMED, in_queue=in_queue
    )


def _earlier(schedule: Schedule) -> QuerySet[Schedule]:
    rows = Schedule.objects.filter(
        state=ScheduleState.WAITING, timing=ScheduleTiming.WHEN_READY, kind=RunKind.APPLY, pk__lt=schedule.pk
    )
    return rows.select_related("migration__environment").order_by("pk")


def _colliding(schedule: Schedule, others: Iterable[Schedule]) -> Iterator[tuple[Schedule, PlanRevision]]:
    """Those that claim a target of it too, with their newest plans."""
    listed = [*others]
    if not listed:
        return
    plans = _newest({schedule.migration_id, *(other.migration_id for other in listed)})
    wanted = _claims(plans.get(schedule.migration_id))
    for other in listed:
        revision = plans.get(other.migration_id)
        if revision is not None and _collide(wanted, _claims(revision)):
            yield other, revision


def _newest(migrations: Iterable[int]) -> Mapping[int, PlanRevision]:
    """Migration id -> its newest plan."""
    newer = PlanRevision.objects.filter(migration=OuterRef("migration")).order_by("-number").values("number")[:1]
    rows = PlanRevision.objects.filter(migration__in=migrations).annotate(newest=Subquery(newer))
    return {row.migration_id: row for row in rows.filter(number=F("newest"))}


def _claims(revision: PlanRevision | None) -> Mapping[int, ClaimMode]:
    claims = Plan.from_content(revision.content).claims if revision else ()
    return {claim.target_id: claim.mode for claim in claims}


def _collide(one: Mapping[int, ClaimMode], other: Mapping[int, ClaimMode]) -> bool:
    return any(ClaimMode.EXCLUSIVE in (one[target], other[target]) for target in one.keys() & other.keys())
