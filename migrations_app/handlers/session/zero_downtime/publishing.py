"""Publishing a route bucket by bucket: the next record as a compare-and-set, then its mirror in both stores.

The control row is the truth; the mirrors only make it heard at once, and without the control plane.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition
from migrations_app.engine.handler import ActionContext
from migrations_app.engine.ports import BUCKETS, BucketRange, RouteRecord
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session import route
from migrations_app.handlers.session.zero_downtime.pair import Pair
from migrations_app.routing.phases import FENCED_PHASES, PHASES, may_follow
from migrations_app.routing.record import to_document


def buckets_in(record: RouteRecord, *phases: RoutePhase) -> list[int]:
    """The buckets that are in one of these phases, in order."""
    return [bucket for part in record.ranges if part.phase in phases for bucket in range(part.first, part.last + 1)]


def with_phase(
    record: RouteRecord, buckets: Iterable[int], phase: RoutePhase, epoch: int, deadline: datetime | None = None
) -> RouteRecord:
    """The record of `epoch` in which these buckets are in `phase`, and all others as they were.

    Raises IllegalTransition for a phase that may not follow the one a bucket is in.
    """
    changed = set(buckets)
    each = [part for part in record.ranges for _ in range(part.first, part.last + 1)]
    for bucket in changed:
        if not may_follow(each[bucket].phase, phase, fenced=phase in FENCED_PHASES or record.fenced):
            raise IllegalTransition(
                f"Bucket {bucket} of the route “{record.name}” is at {each[bucket].phase}; {phase} does not follow it.",
                details={"route": record.name, "bucket": bucket, "phase": str(each[bucket].phase)},
            )
    wanted = [
        (str(phase), epoch, PHASES[phase].authority)
        if bucket in changed
        else (str(each[bucket].phase), each[bucket].epoch, each[bucket].authority)
        for bucket in range(BUCKETS)
    ]
    ranges = tuple(_ranges(wanted))
    whole = len(ranges) == 1
    return replace(
        record,
        epoch=epoch,
        phase=phase if whole else record.phase,
        authority=PHASES[phase].authority if whole else record.authority,
        buckets=() if whole else ranges,
        fenced=phase in FENCED_PHASES if whole else record.fenced,
        handoff_deadline=deadline,
    )


def _ranges(each: Sequence[tuple[str, int, str]]) -> Iterable[BucketRange]:
    for (phase, epoch, authority), same in groupby(enumerate(each), key=lambda numbered: numbered[1]):
        numbers = [number for number, _ in same]
        yield BucketRange(numbers[0], numbers[-1], RoutePhase(phase), epoch, authority)


def document_of(record: RouteRecord) -> str:
    return json.dumps(to_document(record), separators=(",", ":"))


def publish(ctx: ActionContext, pair: Pair | None, wanted: RouteRecord, *, expected_epoch: int) -> RouteRecord:
    """Publish, then mirror. Raises IllegalTransition when the route moved, LeaseLost when this driver was replaced."""
    published = ctx.routes.publish(wanted, expected_epoch=expected_epoch)
    if pair is not None:
        mirror(ctx, pair, published)
    return published


def mirror(ctx: ActionContext, pair: Pair, record: RouteRecord) -> None:
    """Let the stores say so too, the serving ones first. A store that does not answer hears it later: the record is
    published, and whoever is refused there asks the control plane.
    """
    document = document_of(record)
    for side in dict.fromkeys([*(part.authority for part in record.ranges), route.SIDE_A, route.SIDE_B]):
        try:
            pair.side(side).mirror(document, record.epoch, pair.worker)
        except DependencyUnavailable as error:
            ctx.log.warning(f"Side {side} does not mirror epoch {record.epoch} yet: {error.message}")


def advance(ctx: ActionContext, pair: Pair | None, phase: RoutePhase) -> RouteRecord:
    """Bring every bucket to `phase`; one that is there already stays. A repeat after a crash finds it done."""
    record = route.current(ctx)
    if all(part.phase is phase for part in record.ranges):
        if pair is not None:
            mirror(ctx, pair, record)
        return record
    buckets = [bucket for bucket in range(BUCKETS) if record.at(bucket).phase is not phase]
    epoch = ctx.routes.reserved(record.name) + 1
    return publish(ctx, pair, with_phase(record, buckets, phase, epoch), expected_epoch=record.epoch)
