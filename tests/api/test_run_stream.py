"""The stream of a run: everything once, in order, resumed where it broke, and over when the run is."""

import json
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.conf import LazySettings
from django.contrib.sessions.models import Session
from django.test import AsyncClient

from migrations_app.api import run_stream
from migrations_app.engine.events import EventType
from migrations_app.models import ApiToken, Run
from migrations_app.runtime.rates import Rate
from migrations_app.services.actor import Actor
from tests.api.door import browser, program
from tests.cast import NOW
from tests.selectors.journal import event, told

pytestmark = pytest.mark.django_db(transaction=True)
LOG = {"level": "info", "message": "moved"}


@pytest.fixture
def ended(viewer: Actor) -> Run:
    told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_SUCCEEDED, "one", result={}),
        event(EventType.RUN_SUCCEEDED, result={}),
        start=NOW,
    )
    return Run.objects.get()


@pytest.fixture
def under_way(viewer: Actor) -> Run:
    return told(event(EventType.RUN_STARTED), event(EventType.STEP_STARTED, "one"), start=NOW)


@pytest.fixture
def headers(viewer: Actor) -> dict[str, str]:
    return program(viewer).headers


async def opened(run: Run, headers: dict[str, str], **query: int) -> Any:
    return await AsyncClient().get(f"/api/v1/runs/{run.pk}/stream", query, headers=headers)


async def lines(answer: Any) -> AsyncIterator[dict[str, Any]]:
    async for chunk in answer.streaming_content:
        for line in chunk.splitlines():
            yield json.loads(line)


async def test_a_run_that_ended_is_told_to_its_end_in_as_many_looks_as_it_takes(
    ended: Run, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_stream, "MOST_EVENTS", 2)
    answer = await opened(ended, headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/x-ndjson")
    told_of = [line async for line in lines(answer)]
    *events, last = told_of

    assert [line["event"]["seq"] for line in events] == list(range(1, ended.last_seq + 1))
    assert last == {"end": {"state": "succeeded", "after": ended.last_seq}}
    again = [line async for line in lines(await opened(ended, headers, after=ended.last_seq - 1))]
    assert again == told_of[-2:], "whoever lost the connection asks from the last number on"


async def test_a_live_run_beats_until_the_time_is_up_and_is_gone_on_with(
    under_way: Run, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_stream, "HEARTBEAT_EVERY", 0.0)
    monkeypatch.setattr(run_stream, "LOOK_EVERY", 0.01)
    newest = under_way.last_seq
    said = [line async for line in lines(await opened(under_way, headers, after=newest, wait=1))]

    assert {next(iter(line)) for line in said[:-1]} == {"heartbeat"}
    assert said[0]["heartbeat"] == {"state": "running", "after": newest}
    assert said[-1] == {"resume": {"state": "running", "after": newest}}
    moving = [line async for line in lines(await opened(under_way, headers, after=newest, wait=1, progress=1))]
    assert {next(iter(line)) for line in moving[:-1]} == {"progress"}
    assert moving[0]["progress"] | {"id": under_way.pk, "percentage": 0, "waits": ""} == moving[0]["progress"]
    assert moving[0]["progress"]["steps"][0]["state"] == "running"
    assert [line async for line in lines(await opened(under_way, headers, after=newest, wait=0))] == [said[-1]]


async def test_a_process_that_ends_lets_its_streams_go(
    under_way: Run, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ending = threading.Event()
    ending.set()
    monkeypatch.setattr(run_stream, "process_ending", ending)
    said = [line async for line in lines(await opened(under_way, headers, after=under_way.last_seq, wait=600))]

    assert said == [{"resume": {"state": "running", "after": under_way.last_seq}}]


async def test_whose_token_is_revoked_meanwhile_hears_no_more(
    under_way: Run, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_stream, "ASK_AGAIN_EVERY", 0.0)
    monkeypatch.setattr(run_stream, "LOOK_EVERY", 0.01)
    answer = await opened(under_way, headers)
    told_of = lines(answer)
    assert "event" in await anext(told_of)
    await sync_to_async(ApiToken.objects.update)(revoked_at=NOW)
    rest = [line async for line in told_of]

    assert rest[-1]["refused"]["code"] == "not_authenticated"


async def test_whose_session_is_ended_meanwhile_hears_no_more(
    under_way: Run, viewer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_stream, "ASK_AGAIN_EVERY", 0.0)
    monkeypatch.setattr(run_stream, "LOOK_EVERY", 0.01)
    signed_in = (await sync_to_async(browser)(viewer)).client.cookies["sessionid"].value
    client = AsyncClient()
    client.cookies["sessionid"] = signed_in
    answer = await client.get(f"/api/v1/runs/{under_way.pk}/stream")
    told_of = lines(answer)
    assert "event" in await anext(told_of)
    await sync_to_async(Session.objects.all().delete)()
    rest = [line async for line in told_of]

    assert rest[-1]["refused"]["code"] == "not_authenticated"


async def test_our_own_questions_count_against_no_limit(
    under_way: Run, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    """Of an account, or an address with many programs behind it, whose limit is reached while it follows a run."""
    monkeypatch.setattr(run_stream, "ASK_AGAIN_EVERY", 0.0)
    monkeypatch.setattr(run_stream, "LOOK_EVERY", 0.01)
    settings.SNAKEWEB_RATE_LIMITS = {rate.value: "2/hour" for rate in (Rate.API_ADDRESS, Rate.API_ACCOUNT)}
    said = [line async for line in lines(await opened(under_way, headers, after=under_way.last_seq, wait=1))]

    assert said[-1] == {"resume": {"state": "running", "after": under_way.last_seq}}


async def test_a_run_that_one_may_not_see_is_a_problem_and_no_stream(under_way: Run, outsider: Actor) -> None:
    stranger = await sync_to_async(program)(outsider)
    answer = await opened(under_way, stranger.headers)

    assert answer.status_code == 404
    assert json.loads(answer.content)["code"] == "not_found"
