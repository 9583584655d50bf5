"""Each request gets an id and an actor; each refusal that a page did not show itself becomes an answer for people."""

import re
import uuid
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit, urlunsplit

from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect

from migrations_app.runtime import tracing
from migrations_app.runtime.log_context import bound
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Maintenance, NotFound, PermissionDenied, Refused, TooManyRequests
from migrations_app.web.requests import PageRequest, actor_of, refused_with

Next = Callable[[HttpRequest], HttpResponseBase]
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,40}")


class RequestIdMiddleware:
    """Takes over a caller's well-formed `X-Request-ID`, else makes one; the answer carries it, and lines of the log
    do. The request is a span, named by its route and never by its address.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get("X-Request-ID", "")
        cast("PageRequest", request).request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request_id = cast("PageRequest", request).request_id
        with bound(request=request_id):
            response = self.get_response(request) if request.path in PROBES else self._followed(request, request_id)
        response["X-Request-ID"] = request_id
        return response

    def _followed(self, request: HttpRequest, request_id: str) -> HttpResponseBase:
        method = request.method or ""
        with tracing.tracer().span(method, {"http.request.method": method, "snakeweb.request.id": request_id}) as span:
            response = self.get_response(request)
            if request.resolver_match:  # an address that there is not would be a name of its own
                route = f"/{request.resolver_match.route}"
                span.rename(f"{method} {route}")
                span.add({"http.route": route})
            span.add({"http.response.status_code": response.status_code})
            if response.status_code >= 500:
                span.fail(str(response.status_code))
            return response


class ActorMiddleware:
    """`request.actor`, and the answer to a `Refused` that no view caught."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        cast("PageRequest", request).actor = cast("Actor", SimpleLazyObject(lambda: actor_of(request)))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, ReauthenticationRequired) and request.method != "POST":
            request.session.pop(STATE_SESSION_KEY, None)  # what was posted there once, and left, is not done by a look
        if not isinstance(error, Refused):
            return None
        refused_with(request, error)
        page = cast("PageRequest", request)
        if isinstance(error, NotFound):
            return refusal_page(page, error, 404)
        if isinstance(error, TooManyRequests):
            return refused_too_often(page, error)
        if request.method != "POST":
            return refusal_page(page, error, 403 if isinstance(error, PermissionDenied) else 409)
        if isinstance(error, Maintenance) and not page.htmx:
            return refusal_page(page, error, 503)  # no way back to the form: the browser's own keeps what was written
        messages.error(request, f"{error.message} {error.fix}".strip())
        back = came_from(request)
        return HttpResponseClientRedirect(back) if page.htmx else redirect(back)


def came_from(request: HttpRequest) -> str:
    """The page of ours that the form was on, or the home page."""
    referer = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(referer, {request.get_host()}, require_https=request.is_secure())
    parts = urlsplit(referer)
    return urlunsplit(("", "", parts.path or "/", parts.query, "")) if ours else "/"


def refused_too_often(request: PageRequest, refused: TooManyRequests) -> HttpResponse:
    response = refusal_page(request, refused, 429)
    response["Retry-After"] = str(refused.retry_after)
    return response


def refusal_page(request: PageRequest, refused: Refused, status: int) -> HttpResponse:
    context = {"refusal": refused, "request_id": request.request_id}
    return render(request, f"{status}.html", context, status=status)
