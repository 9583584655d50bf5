"""The gateway: sessions over HTTP, for services in languages that cannot embed the router (PROTOCOL 7).

A plain ASGI application without any framework. A session is `/v1/sessions/{id}`, the id percent-encoded, the value
the raw body: GET, HEAD; PUT creates or replaces (`If-None-Match: *` creates only, `If-Match: "<epoch>.<seq>"` replaces
that version only, `If-Match: *` replaces only); PATCH touches; DELETE ends. `Snakeweb-TTL-Ms` is the sliding length,
`Snakeweb-Expires-At-Ms` a fixed deadline; `ETag` is the version, `"0.0"` while the route is not fenced: then it does
not tell changes apart.

503 with Retry-After says that nothing was read or written; 502 that a store failed, and that a write may have taken
effect: read the session before writing it again.
"""

import hmac
import re
from collections.abc import Mapping

from migrations_app.engine.errors import (
    DependencyUnavailable,
    InsufficientResources,
    MigrationError,
    Timeout,
    ValidationFailed,
)
from migrations_app.routing.async_router import AsyncSessionRouter
from migrations_app.routing.errors import (
    LeaseExpired,
    SessionChanged,
    SessionExists,
    SessionMissing,
    WritesAreWaiting,
)
from migrations_app.routing.gateway_http import Answer, Receive, Refusal, Request, Scope, Send, problem, unquoted
from migrations_app.stores.sessions.records import SessionRecord, Version

SESSIONS = "/v1/sessions/"
BODY_LIMIT = 1024 * 1024
RETRY_AFTER_SECONDS = "1"
METHODS = "GET, HEAD, PUT, PATCH, DELETE"
_VERSION = re.compile(r'"(\d{1,18})\.(\d{1,18})"')
STATUS_OF: tuple[tuple[type[MigrationError], int], ...] = (
    (WritesAreWaiting, 503),
    (LeaseExpired, 503),
    (DependencyUnavailable, 502),
    (Timeout, 502),
    (SessionExists, 412),
    (SessionChanged, 412),
    (SessionMissing, 412),
    (ValidationFailed, 422),
    (InsufficientResources, 507),
    (MigrationError, 500),
)


class Gateway:
    """`token` is what callers present as bearer; everybody who has it may read and write every session."""

    def __init__(self, router: AsyncSessionRouter, token: str, *, body_limit: int = BODY_LIMIT) -> None:
        if not token:
            raise ValueError("a gateway without a token would give every session to everybody")
        self._router = router
        self._token = token.encode()
        self._limit = body_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            request = Request(scope, receive)
            await (await self._answer(request)).send(send, with_body=request.method != "HEAD")
        else:
            raise ValueError(f"the gateway does not speak {scope['type']}")

    async def close(self) -> None:
        self._router.source.close()
        await self._router.close()

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            ends = message["type"] == "lifespan.shutdown"
            if ends:
                await self.close()
            await send({"type": f"{message['type']}.complete"})
            if ends:
                return

    async def _answer(self, request: Request) -> Answer:
        try:
            if request.path == "/healthz":
                return await self._health()
            if not request.path.startswith(SESSIONS) or request.path == SESSIONS:
                raise Refusal(404, "not_found", f"Sessions are at {SESSIONS}<id>.")
            self._admit(request)
            return await self._session(request, unquoted(request.path.removeprefix(SESSIONS)))
        except Refusal as refusal:
            return problem(refusal)
        except MigrationError as error:
            return problem(_refusal(error))

    def _admit(self, request: Request) -> None:
        scheme, _, token = request.header("authorization").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._token):
            raise Refusal(401, "unauthorized", "This needs the gateway's bearer token.", {"WWW-Authenticate": "Bearer"})

    async def _health(self) -> Answer:
        # Known, it costs no thread; before that, somebody must begin to follow the route.
        record = self._router.source.known or await self._router.ready()
        body = f'{{"status": "ok", "epoch": {record.epoch}}}'
        return Answer(200, body.encode(), {"Content-Type": "application/json"})

    async def _session(self, request: Request, session_id: str) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                return _shown(await self._router.get(session_id))
            case "PUT":
                return await self._put(request, session_id)
            case "PATCH":
                return _done(await self._router.touch(session_id, request.milliseconds("Snakeweb-TTL-Ms", 1)))
            case "DELETE":
                return _done(await self._router.delete(session_id))
        raise Refusal(405, "method_not_allowed", f"A session has {METHODS}.", {"Allow": METHODS})

    async def _put(self, request: Request, session_id: str) -> Answer:
        creates, match = request.header("if-none-match"), request.header("if-match")
        if creates not in ("", "*"):
            raise Refusal(400, "invalid_header", "If-None-Match can be * only.")
        if creates and match:
            raise Refusal(400, "invalid_header", "If-None-Match and If-Match exclude each other.")
        stored = await self._router.set(
            session_id,
            await request.body(self._limit),
            ttl_ms=request.milliseconds("Snakeweb-TTL-Ms", 1),
            expires_at_ms=request.milliseconds("Snakeweb-Expires-At-Ms", 0),
            must_create=bool(creates),
            must_exist=bool(match),
            expected=_version(match) if match not in ("", "*") else None,
        )
        return Answer(201 if creates else 204, b"", _described(stored))


def _version(text: str) -> Version:
    found = _VERSION.fullmatch(text)
    if found is None:
        raise Refusal(400, "invalid_header", 'If-Match is * or a version as ETag gives it, "<epoch>.<seq>".')
    return Version(int(found[1]), int(found[2]))


def _shown(record: SessionRecord | None) -> Answer:
    if record is None:
        raise _no_session()
    headers = {"Content-Type": "application/octet-stream", **_described(record)}
    return Answer(200, record.value, headers)


def _described(record: SessionRecord) -> Mapping[str, str]:
    headers = {"ETag": f'"{record.version.epoch}.{record.version.seq}"'}
    if record.ttl_ms is not None:
        headers["Snakeweb-TTL-Ms"] = str(record.ttl_ms)
    if record.expires_at_ms is not None:
        headers["Snakeweb-Expires-At-Ms"] = str(record.expires_at_ms)
    return headers


def _done(there: bool) -> Answer:
    if not there:
        raise _no_session()
    return Answer(204)


def _no_session() -> Refusal:
    return Refusal(404, "session_missing", "There is no live session of that id.")


def _refusal(error: MigrationError) -> Refusal:
    status = next(status for kind, status in STATUS_OF if isinstance(error, kind))
    headers = {"Retry-After": RETRY_AFTER_SECONDS} if status == 503 else {}
    return Refusal(status, error.code, error.message, headers)
