"""`Idempotency-Key` on every POST, PATCH and DELETE (a PUT is the same twice by itself): a repeat gets the first
answer, with `Idempotency-Replayed: true`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac
from ninja import NinjaAPI

from migrations_app.api.callers import identify, now
from migrations_app.services import idempotency
from migrations_app.services.errors import Conflict
from migrations_app.services.idempotency import KeptAnswer

Run = Callable[..., Any]
WITH_KEYS = ("POST", "PATCH", "DELETE")


def idempotent(api: NinjaAPI) -> Callable[[Run], Run]:
    """A decorator for all operations of `api`; only those methods with a key are touched."""

    def decorate(run: Run) -> Run:
        @wraps(run)
        def call(request: HttpRequest, **path: Any) -> Any:
            key = request.headers.get("Idempotency-Key")
            if request.method not in WITH_KEYS or key is None:
                return run(request, **path)
            try:
                actor = identify(request)
                earlier = idempotency.claim(actor=actor, now=now(), key=key, request_digest=_digest(request))
                if earlier is not None:
                    return _replayed(earlier)
            except Exception as error:  # noqa: BLE001  the API's own table turns it into an answer
                return api.on_exception(request, error)
            response: HttpResponseBase = run(request, **path)
            if isinstance(response, HttpResponse) and response.status_code < 300:
                secret = response.get("Cache-Control") == "no-store"
                idempotency.keep(
                    actor=actor, key=key, answer=KeptAnswer(response.status_code, b"" if secret else response.content)
                )
            else:
                idempotency.release(actor=actor, key=key)
            return response

        return call

    return decorate


def _digest(request: HttpRequest) -> str:
    """Keyed, because bodies may hold credentials."""
    more = () if request.method == "POST" else (f"{request.method} {request.headers.get('If-Match', '')}".encode(),)
    content = b"\n".join((*more, request.get_full_path().encode(), request.body))
    return salted_hmac("snakeweb.idempotency", content, algorithm="sha256").hexdigest()


def _replayed(earlier: KeptAnswer) -> HttpResponse:
    if not earlier.body and earlier.status != 204:
        raise Conflict(
            "The first request with this key was carried out, and its answer is shown only once.",
            "Look up what it made; revoke it and use a new key if its answer was lost.",
            reason="answer_shown_once",
        )
    response = HttpResponse(earlier.body, status=earlier.status, content_type="application/json; charset=utf-8")
    response["Idempotency-Replayed"] = "true"
    return response
