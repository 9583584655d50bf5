"""The socket `/ws/live/`: it parses, asks for admission, and leaves the rest to the hub."""

import asyncio
import json
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from migrations_app.live.admission import SIGNED_OUT, TOO_OFTEN, Admitted, Turned, admit, may_open, present
from migrations_app.live.hub import Hub, Watcher
from migrations_app.live.orders import MalformedOrder, Subscribe, Unsubscribe, parse
from migrations_app.runtime.socket_clients import sockets

RECHECK_SECONDS = 20.0  # what may not be watched any more is closed within 30 s, also by a busy process
MOST_RUNS = 20  # subscriptions one socket may hold; no page of ours needs more
CLOSE_CODES = {SIGNED_OUT: 4401, "permission_denied": 4403, "not_found": 4403}


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels carries no types
    """Client: `{"op": "subscribe", "run": 7, "after": 41, "most": 500}`, `{"op": "unsubscribe", "run": 7}`.

    Server: `events` (in sequence, with rendered lines and fragments, and the `newest` seq there is), `heartbeat` (the
    newest seq), `refused` (an order that cannot be followed; the socket stays) and `closed` (what was watched may not
    be watched any more). With `most` the first events may begin later than the client stands; without it never.
    """

    channel_layer_alias = ""  # the hub holds the process's only subscription to the channel layer

    def __init__(self, hub: Hub, recheck_seconds: float = RECHECK_SECONDS) -> None:
        super().__init__()
        self._hub = hub
        self._recheck_seconds = recheck_seconds
        self._watching: dict[int, Watcher] = {}
        self._guard: asyncio.Task[None] | None = None
        self._counted = False

    async def connect(self) -> None:
        if not await may_open(self.scope):
            await self.close()  # before it is accepted: the handshake is answered with 403
            return
        await self.accept()
        self._counted = True
        sockets.opened()
        self._guard = asyncio.create_task(self._keep_checking())

    async def disconnect(self, code: int) -> None:
        if self._counted:
            self._counted = False
            sockets.closed()
        if self._guard is not None and self._guard is not asyncio.current_task():
            self._guard.cancel()
        for watcher in self._watching.values():
            self._hub.leave(watcher)
        self._watching.clear()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        try:
            order = parse(text_data)
        except MalformedOrder as error:
            await self._say(kind="refused", code="malformed", text=str(error))
            return
        if isinstance(order, Subscribe):
            await self._subscribe(order)
        else:
            self._unsubscribe(order)

    async def _subscribe(self, order: Subscribe) -> None:
        self._unsubscribe(Unsubscribe(order.run_id))
        if len(self._watching) >= MOST_RUNS:
            await self._say(kind="refused", code="too_many", text=f"One page watches at most {MOST_RUNS} runs.")
            return
        verdict = await admit(self.scope, order.run_id, asked=True)
        if isinstance(verdict, Turned) and verdict.code == TOO_OFTEN:
            await self._say(kind="refused", run=order.run_id, code=verdict.code, text=verdict.text)
            return
        if isinstance(verdict, Turned):
            await self._turn_away(order.run_id, verdict)
            return
        watcher = Watcher(order.run_id, order.after, verdict.view, self._send_text, order.most)
        self._watching[order.run_id] = watcher
        await self._hub.join(watcher, verdict.newest)

    def _unsubscribe(self, order: Unsubscribe) -> None:
        if order.run_id in self._watching:
            self._hub.leave(self._watching.pop(order.run_id))

    async def _keep_checking(self) -> None:
        while True:
            await asyncio.sleep(self._recheck_seconds)
            if not await present(self.scope):
                await self._end(0, Turned(SIGNED_OUT, "You are not signed in any more."))
            for run_id, watcher in tuple(self._watching.items()):
                verdict = await admit(self.scope, run_id)
                if isinstance(verdict, Admitted):
                    watcher.view = verdict.view
                else:
                    await self._turn_away(run_id, verdict)

    async def _turn_away(self, run_id: int, why: Turned) -> None:
        """Stop serving that run; a socket that watches nothing any more is closed."""
        self._unsubscribe(Unsubscribe(run_id))
        if self._watching:
            await self._say(kind="closed", run=run_id, code=why.code, text=why.text)
        else:
            await self._end(run_id, why)

    async def _end(self, run_id: int, why: Turned) -> None:
        await self._say(kind="closed", run=run_id, code=why.code, text=why.text)
        await self.close(CLOSE_CODES.get(why.code, 4400))

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)

    async def _say(self, **message: Any) -> None:
        await self._send_text(json.dumps(message))
