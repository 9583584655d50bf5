"""Every refusal of the API as `application/problem+json` (RFC 9457): the one place that maps errors to answers.

Members beside the standard ones: `code` (stable, for programs), `fix` (what to do next), `problems` (each wrong
field with its message and fix), `request_id` (also in the audit trail and in the server's log), and `details`.
"""

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from ninja.responses import NinjaJSONEncoder

from migrations_app.api.fields import problem_of
from migrations_app.engine.errors import MigrationError
from migrations_app.services.errors import NotFound, Problem, Refused, TooManyRequests

logger = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
STATUS_OF: Mapping[str, int] = {
    "invalid_input": 422,
    "validation_failed": 422,
    "not_found": 404,
    "permission_denied": 403,
    "step_up_required": 403,
    "sign_in_required": 403,
    "conflict": 409,
    "stale_edit": 412,
    "target_unavailable": 424,
    "dependency_unavailable": 424,
    "too_many_requests": 429,
    "maintenance": 503,
}


class Unreadable(Exception):
    """The request's body or a header cannot be read as what it says it is."""

    def __init__(self, code: str, message: str, fix: str, *, status: int = 400, field: str = "body") -> None:
        super().__init__(message)
        self.code, self.message, self.fix, self.status, self.field = code, message, fix, status, field


def problem_response(
    request: HttpRequest,
    *,
    status: int,
    code: str,
    detail: str,
    fix: str = "",
    problems: Iterable[Mapping[str, str]] = (),
    details: Mapping[str, Any] | None = None,
    **members: Any,
) -> HttpResponse:
    body: dict[str, Any] = {
        "type": f"urn:snakeweb:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "fix": fix,
        "problems": [dict(p) for p in problems],
        "details": dict(details or {}),
        "instance": request.path,
        "request_id": getattr(request, "request_id", ""),
        **members,
    }
    return HttpResponse(json.dumps(body, cls=NinjaJSONEncoder), status=status, content_type=MEDIA_TYPE)


def _refused(request: HttpRequest, error: Refused) -> HttpResponse:
    request._refused = error  # type: ignore[attr-defined]  # for whoever writes that down (`web/denied.py`)
    details = dict(error.details)
    problems = details.pop("problems", ())
    code = str(details.pop("reason", error.code)) if error.code == "conflict" else error.code
    members = {"url": details.pop("url")} if "url" in details else {}
    response = problem_response(
        request,
        status=STATUS_OF.get(error.code, 400),
        code=code,
        detail=error.message,
        fix=error.fix,
        problems=problems,
        details=details,
        **members,
    )
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after)
    return response


def _engine(request: HttpRequest, error: MigrationError) -> HttpResponse:
    details = dict(error.details)
    problems = details.pop("problems", ())
    return problem_response(
        request,
        status=STATUS_OF.get(error.code, 409),
        code=error.code,
        detail=error.message,
        fix=" ".join(error.recovery_actions),
        problems=problems,
        details=details,
        error=error.as_dict(),
    )


def _schema(request: HttpRequest, error: ValidationError) -> HttpResponse:
    problems = [problem_of(item) for item in error.errors]
    names = ", ".join(dict.fromkeys(p.field for p in problems))
    return problem_response(
        request,
        status=422,
        code="invalid_input",
        detail=problems[0].message if len(problems) == 1 else f"Please look at: {names}.",
        fix=problems[0].fix if len(problems) == 1 else "Correct the fields that are named; nothing was changed.",
        problems=[as_member(p) for p in problems],
    )


def as_member(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "message": problem.message, "fix": problem.fix, "code": problem.code}


def _unreadable(request: HttpRequest, error: Unreadable) -> HttpResponse:
    member = as_member(Problem(error.field, error.message, error.fix, error.code))
    return problem_response(
        request, status=error.status, code=error.code, detail=error.message, fix=error.fix, problems=[member]
    )


def _too_big(request: HttpRequest, error: Exception) -> HttpResponse:
    return _unreadable(
        request,
        Unreadable(
            "body_too_large",
            "The request is larger than 2 MiB; it was not read.",
            "Send a smaller document; a title has at most 200 characters.",
            status=413,
        ),
    )


def _signed_out(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    response = problem_response(
        request,
        status=401,
        code="not_authenticated",
        detail=error.message,
        fix="Send `Authorization: Bearer <token>` (make a token on the settings page), or sign in with the browser.",
    )
    response["WWW-Authenticate"] = 'Bearer realm="snakeweb"'
    return response


def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, Unreadable):  # what `body.Parser` raised; ninja wraps it
        return _unreadable(request, error.__cause__)
    code = "csrf_failed" if "CSRF" in error.message else HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    fix = "Send the header X-CSRFToken with the value of the cookie csrftoken." if code == "csrf_failed" else ""
    return problem_response(request, status=error.status_code, code=code, detail=error.message, fix=fix)


def _missing(request: HttpRequest, error: Exception) -> HttpResponse:
    return _refused(request, NotFound("There is nothing at this address.", "See /api/v1/openapi.json."))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("request %s failed", getattr(request, "request_id", ""), exc_info=error)
    return problem_response(
        request,
        status=500,
        code="internal_error",
        detail="Snakeweb could not answer this because of a fault of its own.",
        fix="Look up what was changed before trying again, and give the request_id to whoever runs Snakeweb.",
    )


_HANDLERS: Mapping[type[Exception], Callable[[HttpRequest, Any], HttpResponse]] = {
    Refused: _refused,
    MigrationError: _engine,
    ValidationError: _schema,
    Unreadable: _unreadable,
    RequestDataTooBig: _too_big,
    AuthenticationError: _signed_out,
    HttpError: _http,
    Http404: _missing,
    Exception: _unexpected,
}


def install(api: NinjaAPI) -> None:
    """Give `api` a handler for everything that can be raised beneath it."""
    for error, handler in _HANDLERS.items():
        api.add_exception_handler(error, handler)
