from datetime import timedelta

import pytest

from migrations_app.engine.ports import BucketRange
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.models import Route
from migrations_app.runtime.clock import SystemClock, database_now
from migrations_app.runtime.overdue import end_overdue
from tests.runs import AT, environment

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def handing(seconds: float, *, fenced: bool = True) -> Route:
    """A route with one bucket in a hand-off whose deadline is so far away; epochs to 9 were set aside."""
    return Route.objects.create(
        environment=environment(),
        name="sessions",
        epoch=7,
        reserved_epoch=9,
        phase=RoutePhase.DUAL_A,
        authority="a",
        buckets=[[0, 0, "handoff", 7, "a"], [1, 255, "dual_a", 5, "a"]],
        fenced=fenced,
        handoff_deadline=database_now() + timedelta(seconds=seconds),
        changed_at=AT,
    )


def test_a_hand_over_past_its_deadline_ends_above_every_epoch_set_aside() -> None:
    route = handing(-0.1)
    assert end_overdue(SystemClock()) == 1
    route.refresh_from_db()
    assert (route.epoch, route.handoff_deadline) == (10, None)
    assert route.record.at(0) == BucketRange(0, 0, RoutePhase.DUAL_A, 10, "a")
    assert route.record.at(1).epoch == 5
    assert end_overdue(SystemClock()) == 0


@pytest.mark.parametrize(("seconds", "fenced"), [(60, True), (-1, False)])
def test_one_in_time_and_one_without_fences_are_left_alone(seconds: float, fenced: bool) -> None:
    route = handing(seconds, fenced=fenced)
    assert end_overdue(SystemClock()) == 0
    route.refresh_from_db()
    assert route.epoch == 7
