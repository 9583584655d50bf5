from datetime import timedelta

import pytest

from migrations_app.selectors.route_traffic import Traffic, clients_of, traffic_of
from tests.hand_overs import lease, route

pytestmark = pytest.mark.django_db
COUNTERS = {"operations": 1_000, "errors": 1, "retries": 4, "fenced": 2, "slowest_us": 9_000, "p99_us": 210}


def live(row, client, now, **values):
    return lease(row, client, renewed_at=now, expires_at=now + timedelta(seconds=10), **values)


def silent(row, client, now, ago):
    return lease(row, client, renewed_at=now - ago, expires_at=now - ago + timedelta(seconds=10))


def test_those_who_need_a_look_come_first(cast, now):
    row = route(epoch=7)
    live(row, "web-1", now)
    live(row, "web-2", now, acked_epoch=6)
    silent(row, "web-3", now, timedelta(minutes=2))
    silent(row, "web-4", now, timedelta(hours=1))

    clients = clients_of(row, now)

    assert [client.client_id for client in clients] == ["web-3", "web-2", "web-1"]
    assert [(client.is_live, client.is_behind) for client in clients] == [(False, False), (True, True), (True, False)]


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
