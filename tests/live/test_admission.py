"""What one socket, one account and one address may do, through real sockets of a real daphne."""

from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from migrations_app.live.consumer import MOST_RUNS
from migrations_app.models import AuditEntry, Person
from migrations_app.testing.servers import RedisServer
from tests.live.test_socket import Socket, socket
from tests.runs import a_run
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]
ACCOUNT = 4  # connections, and orders, that one account has in an hour here


@pytest.fixture(scope="module")
def process(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer, django_db_setup: None
) -> Iterator[Web]:
    limits = {"sockets_address": "6/hour", "sockets_account": f"{ACCOUNT}/hour"}
    limits["orders_account"] = f"{MOST_RUNS + 2}/hour"
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SNAKEWEB_RATE_LIMITS", " ".join(f"{name}={rate}" for name, rate in limits.items()))
        with web_process(tmp_path_factory.mktemp("web"), redis_server.url) as web:
            yield web


def watch(watcher: Socket, run: int) -> None:
    watcher.say(op="subscribe", run=run, after=0)
    while watcher.hear("events")["run"] != run:
        continue


def test_sockets_have_limits_of_size_number_and_rate(process: Web, people: dict[str, Person]) -> None:
    runs = [a_run(f"run {n}").pk for n in range(MOST_RUNS + 1)]
    with socket(process, people["viewer"]) as watcher:
        watcher.connection.send("x" * (2 * 2**20))
        with pytest.raises(ConnectionClosed):
            watcher.hear()

    with socket(process, people["viewer"]) as watcher:
        for run in runs[:MOST_RUNS]:
            watch(watcher, run)
        watcher.say(op="subscribe", run=runs[-1], after=0)
        assert watcher.hear("refused")["code"] == "too_many"
        for _ in range(2):  # one more beside it, and the same anew: both are orders that count
            watch(watcher, runs[0])
        watcher.say(op="subscribe", run=runs[0], after=0)
        refused = watcher.hear("refused")
        assert refused["code"] == "too_many_requests"
        assert "orders on live connections" in refused["text"]

    statuses = []
    for who in ("viewer", "viewer", "viewer", "operator", "operator"):
        try:
            with socket(process, people[who]):
                statuses.append(101)
        except InvalidStatus as turned_away:
            statuses.append(turned_away.response.status_code)
    assert statuses == [101, 101, 403, 101, 403]  # of the account, then of the address
    denied = AuditEntry.objects.filter(outcome="denied").values_list("action", "object_type")
    assert len(denied) >= 3
