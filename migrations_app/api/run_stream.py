"""The events of a run as they come, one JSON object a line, for programs that wait for its end."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from time import monotonic
from typing import Annotated, Any

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from ninja import Query, Router, Schema
from ninja.errors import AuthenticationError
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from migrations_app.api.callers import ASYNC_CALLERS, ApiRequest, now, require_still
from migrations_app.engine.vocabulary import RunState
from migrations_app.runtime.ending import process_ending
from migrations_app.selectors import runs as reads
from migrations_app.selectors.run_log import EventRow
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Refused

router = Router(tags=["runs"])

NDJSON = "application/x-ndjson"
LOOK_EVERY = 1.0  # seconds
HEARTBEAT_EVERY = 10.0  # seconds without an event; below what proxies wait for the next byte
ASK_AGAIN_EVERY = 30.0  # seconds; as sockets do: a token or session that was ended meanwhile hears no more
USUAL_WAIT, LONGEST_WAIT = 60, 600  # seconds
MOST_EVENTS = 500  # a look
ANSWER = {"responses": {200: {"description": "One object a line", "content": {NDJSON: {"schema": {"type": "object"}}}}}}


class From(Schema):
    """Events above `after`; after `wait` seconds the answer ends, and one asks again from where it stopped.
    `progress`: also how far the run is, each second."""

    after: Annotated[int, Field(ge=0)] = 0
    wait: Annotated[int, Field(ge=0, le=LONGEST_WAIT)] = USUAL_WAIT
    progress: bool = False


@router.get("/{int:run_id}/stream", auth=ASYNC_CALLERS, openapi_extra=ANSWER, summary="Follow the events")
async def stream_run(request: ApiRequest, run_id: int, since: Query[From]) -> StreamingHttpResponse:
    """One JSON object a line: `{"event": {...}}`, `{"heartbeat": {...}}` where nothing came for ten seconds, and where
    it is asked for `{"progress": {...}}`, the run as in the list, with its steps and `eta_seconds`.

    The last one is `{"end": {"state": ..., "after": ...}}` when the run has ended or is stuck, `{"resume": {...}}` when
    the time is up, `{"refused": {...}}` when the caller may see it no longer. After a lost connection ask from the last
    `seq` on.
    """
    await sync_to_async(reads.last_seq)(actor=request.auth, run_id=run_id)  # a refusal is a problem, not a line
    headers = {"X-Accel-Buffering": "no"}
    if isinstance(request, ASGIRequest):
        lines = follow(request, run_id, since.after, since.wait, progress=since.progress)
        return StreamingHttpResponse(lines, content_type=NDJSON, headers=headers)
    at_once = [line async for line in follow(request, run_id, since.after, 0)]  # a server without ASGI cannot wait
    return StreamingHttpResponse(at_once, content_type=NDJSON, headers=headers)


async def follow(
    request: ApiRequest, run_id: int, after: int, wait: int, *, progress: bool = False
) -> AsyncIterator[bytes]:
    began = spoke = asked = monotonic()
    look, ask, measure = sync_to_async(_look), sync_to_async(require_still), sync_to_async(_progress)
    try:
        while True:
            events, state = await look(request.auth, run_id, after)
            for line in _lines(events):
                yield line
            if events:
                after, spoke = events[-1].seq, monotonic()
                continue
            if state.is_final:
                yield _line("end", state=state, after=after)
                return
            if monotonic() - began >= wait or process_ending.is_set():  # another process goes on
                yield _line("resume", state=state, after=after)
                return
            if progress:
                yield _line("progress", **await measure(request.auth, run_id))
            elif monotonic() - spoke >= HEARTBEAT_EVERY:
                spoke = monotonic()
                yield _line("heartbeat", state=state, after=after)
            if monotonic() - asked >= ASK_AGAIN_EVERY:
                asked = monotonic()
                await ask(request)
            await asyncio.sleep(min(LOOK_EVERY, max(0.0, wait - (monotonic() - began))))
    except Refused as refused:
        yield _line("refused", code=refused.code, detail=refused.message, after=after)
    except AuthenticationError as refused:
        yield _line("refused", code="not_authenticated", detail=refused.message, after=after)


def _look(actor: Actor, run_id: int, after: int) -> tuple[tuple[EventRow, ...], RunState]:
    """The state is read first: what a run says last is there by the time that it has ended."""
    state = reads.run_state(actor=actor, run_id=run_id)
    return reads.events_after(actor=actor, run_id=run_id, after=after, limit=MOST_EVENTS), state


def _progress(actor: Actor, run_id: int) -> dict[str, Any]:
    found = reads.run_page(actor=actor, run_id=run_id, now=now())
    return asdict(found.row) | {"steps": [asdict(step) for step in found.steps], "eta_seconds": found.eta_seconds}


def _lines(events: tuple[EventRow, ...]) -> Iterator[bytes]:
    for event in events:
        yield _line("event", **asdict(event))


def _line(what: str, **said: Any) -> bytes:
    return json.dumps({what: said}, cls=NinjaJSONEncoder).encode() + b"\n"
