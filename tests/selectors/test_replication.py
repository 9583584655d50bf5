from datetime import timedelta

import pytest

from migrations_app.models import Route, RoutePanel
from migrations_app.selectors.replication import replication
from tests.runs import AT, environment

pytestmark = pytest.mark.django_db


def route(name: str, phase: str, **panels: dict[str, int]) -> Route:
    row = Route.objects.create(environment=environment(), name=name, phase=phase, authority="a", changed_at=AT)
    for panel, values in panels.items():
        RoutePanel.objects.create(route=row, name=panel, values=values, at=AT)
    return row


def test_the_worst_route_counts_and_one_with_a_single_store_does_not() -> None:
    route("one", "dual_a", relay={"lag_p99_ms": 40, "oldest_ms": 900, "depth": 3}, verifier={"diverging": 2})
    route("two", "journal_a", relay={"lag_p99_ms": 70, "depth": 4, "stuck": 1}, verifier={"regressed": 1})
    route("over", "single_b", relay={"lag_p99_ms": 9000, "depth": 500}, verifier={"diverging": 7})
    waits = route("waits", "handoff")
    Route.objects.filter(pk=waits.pk).update(handoff_deadline=AT)

    seen = replication(now=AT + timedelta(seconds=2))

    assert (seen.routes, seen.waiting_writes) == (3, 1)
    assert (seen.lag_seconds, seen.oldest_seconds) == (0.07, 0.9)
    assert (seen.behind, seen.stuck, seen.mismatches, seen.regressed) == (7, 1, 2, 1)


def test_a_relay_that_is_silent_says_nothing_and_what_was_found_to_differ_stands() -> None:
    route("one", "dual_a", relay={"lag_p99_ms": 40, "depth": 3}, verifier={"diverging": 2})
    seen = replication(now=AT + timedelta(seconds=30))
    assert (seen.lag_seconds, seen.oldest_seconds, seen.behind, seen.mismatches) == (None, None, 0, 2)
