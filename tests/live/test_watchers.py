"""Hundreds who watch one run cost about as much as one."""

import asyncio
import json
import time
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection as AsyncConnection
from websockets.asyncio.client import connect as connect_async
from websockets.exceptions import InvalidMessage

from migrations_app.models import Person, Run
from migrations_app.testing.servers import RedisServer
from tests.doorbell import rings_over
from tests.live.test_socket import happen, session_of
from tests.parallel import wait_for
from tests.runs import a_run
from tests.web_process import Web, web_process

pytestmark = [pytest.mark.servers, pytest.mark.django_db(transaction=True)]

WATCHERS = 200
PATIENCE = 60.0


def test_two_hundred_watchers_share_one_reader(
    tmp_path: Path, redis_server: RedisServer, people: dict[str, Person]
) -> None:
    with (
        web_process(tmp_path, redis_server.url, "tests.live.watched_asgi:as_in_production") as web,
        rings_over(redis_server),
    ):
        all_see_what_one_reader_read(web, people)


def all_see_what_one_reader_read(web: Web, people: dict[str, Person]) -> None:
    run = a_run()
    sessions = [session_of(people["viewer"])] * (WATCHERS // 2) + [session_of(people["operator"])] * (WATCHERS // 2)
    seen = asyncio.run(_watch_together(web, run, sessions))
    run.refresh_from_db()
    assert seen == [list(range(run.last_seq - 2, run.last_seq + 1))] * WATCHERS

    def reads_of_all() -> str:
        """Once the page's parts were rendered too, which follow the lines."""
        reads = web.log.split("EVERYBODY IS HERE")[-1]
        return reads if all(f"RENDERED run {run.pk} for {role}" in reads for role in ("viewer", "operator")) else ""

    reads = wait_for(reads_of_all)
    assert reads.count(f"READ run {run.pk} ") <= 3
    assert reads.count(f"RENDERED run {run.pk} for viewer") == 1
    assert reads.count(f"RENDERED run {run.pk} for operator") == 1


async def _connect(web: Web, session: str, few_at_once: asyncio.Semaphore) -> AsyncConnection:
    """As a browser does it: again, when a busy server has closed the door before it answered."""
    where, cookie = f"ws://127.0.0.1:{web.port}/ws/live/", {"Cookie": f"sessionid={session}"}
    ends = time.monotonic() + 6 * PATIENCE
    async with few_at_once:
        while True:
            try:
                return await connect_async(where, origin=web.url, additional_headers=cookie, proxy=None)  # type: ignore[arg-type]
            except InvalidMessage:
                assert time.monotonic() < ends, "the server does not let us in"


async def _watch_together(web: Web, run: Run, sessions: list[str]) -> list[list[int]]:
    """Everybody subscribes; then three events happen at once. What each was sent of them."""
    few_at_once = asyncio.Semaphore(4)
    sockets = await asyncio.gather(*(_connect(web, session, few_at_once) for session in sessions))
    order = json.dumps({"op": "subscribe", "run": run.pk, "after": run.last_seq})
    for each in sockets:
        await each.send(order)
    for each in sockets:
        assert json.loads(await asyncio.wait_for(each.recv(), PATIENCE))["kind"] == "heartbeat"
    assert web.process is not None
    with web.process.log.open("a") as log:
        log.write("EVERYBODY IS HERE\n")
    await asyncio.to_thread(happen, run, 3)
    heard = []
    for each in sockets:
        message = json.loads(await asyncio.wait_for(each.recv(), PATIENCE))
        while message["kind"] != "events":
            message = json.loads(await asyncio.wait_for(each.recv(), PATIENCE))
        heard.append([event["seq"] for event in message["events"]])
    await asyncio.gather(*(each.close() for each in sockets))
    return heard
