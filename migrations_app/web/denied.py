"""Writes down what was refused over HTTP and by no service: on pages, in the API, in Django admin.

It stands beneath the request id and above everything that answers by itself, so that a missing CSRF token and what
Django admin refuses are seen too.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from django.db import DatabaseError
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone

from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.denials import Door, record_denial_at, record_refusal_at
from migrations_app.web.requests import refusal_of

logger = logging.getLogger(__name__)
_WHY = {
    401: "not_authenticated: nobody is known by what the request carried",
    403: "forbidden: the request was refused",
}


class DenialMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        try:
            _written(request, response)
        except DatabaseError:
            logger.exception("a refusal of %s could not be written to the audit trail", request.path)
        return response


def _written(request: HttpRequest, response: HttpResponseBase) -> None:
    refused, door = refusal_of(request), _door(request)
    if refused is not None:
        record_refusal_at(door, actor=_caller(request), now=timezone.now(), what=request.path, refused=refused)
    elif why := _why(request, response, door):
        record_denial_at(door, actor=_caller(request), now=timezone.now(), what=request.path, why=why)


def _why(request: HttpRequest, response: HttpResponseBase, door: Door) -> str:
    if door is Door.ADMIN and response.status_code == 302:  # Django admin sends away whom it does not let in
        turned_away = response.get("Location", "").startswith(reverse("admin:login")) and _caller(request).person_id
        return "permission_denied: Django admin is for staff" if turned_away else ""
    return _WHY.get(response.status_code, "")


def _door(request: HttpRequest) -> Door:
    if request.path.startswith("/api/"):
        return Door.API
    return Door.ADMIN if request.path.startswith(reverse("admin:index")) else Door.PAGE


def _caller(request: HttpRequest) -> Actor:
    known: Actor | None = getattr(request, "_api_caller", None)
    found: Actor = known or getattr(request, "actor", None) or ANONYMOUS
    address, request_id = request.META.get("REMOTE_ADDR") or "", getattr(request, "request_id", "")
    return found if found.person_id is not None else replace(ANONYMOUS, address=address, request_id=request_id)
