from datetime import timedelta

import pytest

from migrations_app.selectors.route_traffic import MOST_SHOWN, Traffic, clients_of, shown_of, traffic_of
from tests.hand_overs import lease, route

pytestmark = pytest.mark.django_db
COUNTERS = {"operations": 1_000, "errors": 1, "retries": 4, "fenced": 2, "slowest_us": 9_000, "p99_us": 210}


def live(row, client, now, **values):
    return lease(row, client, renewed_at=now, expires_at=now + timedelta(seconds=10), **values)


def silent(row, client, now, ago):
    return lease(row, client, renewed_at=now - ago, expires_at=now - ago + timedelta(seconds=10))


def test_those_who_hold_the_route_up_come_first(cast, now):
    row = route(epoch=7)
    live(row, "web-1", now)
    live(row, "web-2", now, acked_epoch=6)
    silent(row, "web-3", now, timedelta(minutes=2))
    silent(row, "web-4", now, timedelta(hours=1))

    clients = clients_of(row, now)

    assert [client.client_id for client in clients] == ["web-2", "web-1", "web-3"]
    assert [(client.is_live, client.is_behind) for client in clients] == [(True, True), (True, False), (False, False)]


def test_what_a_client_reports(cast, now):
    row = route()
    live(row, "web-1", now, counters={**COUNTERS, "operations_a_second": 300})

    client = clients_of(row, now)[0]

    assert (client.build, client.operations, client.failed, client.retries) == ("1.4.0", 1_000, 1, 4)
    assert (client.fenced, client.added_p99_us, client.slowest_us, client.per_second) == (2, 210, 9_000, 300)


def test_the_traffic_of_all_who_live(cast, now):
    row = route()
    live(row, "web-1", now, counters={**COUNTERS, "operations_a_second": 300})
    live(row, "web-2", now, counters={**COUNTERS, "p99_us": 90, "slowest_us": 20_000})
    silent(row, "web-3", now, timedelta(minutes=2))

    traffic = traffic_of(clients_of(row, now))

    assert traffic == Traffic(2, 0, 1, 300, 2_000, 2, 8, 210, 20_000)


def test_without_clients_nothing_is_known(cast, now):
    assert traffic_of(clients_of(route(), now)) == Traffic(0, 0, 0, None, 0, 0, 0, 0, 0)


def test_a_crowd_of_silent_clients_hides_no_live_one(cast, now):
    """A deployment leaves as many silent leases behind as it replaced processes."""
    row = route(epoch=7)
    for number in range(MOST_SHOWN + 1):
        silent(row, f"old-{number}", now, timedelta(minutes=2))
    live(row, "web-1", now, counters=COUNTERS)
    live(row, "web-2", now, acked_epoch=6, counters=COUNTERS)

    clients = clients_of(row, now)
    traffic = traffic_of(clients)

    assert (traffic.live, traffic.behind, traffic.silent, traffic.operations) == (2, 1, MOST_SHOWN + 1, 2_000)
    assert len(shown_of(clients)) == MOST_SHOWN
    assert [client.client_id for client in shown_of(clients)[:2]] == ["web-2", "web-1"]
