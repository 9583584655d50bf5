"""The answers when there is no view, or none could answer."""

import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from migrations_app.models.migration import TITLE_LENGTH

RETRY_SECONDS = 10


def _page(request: HttpRequest, status: int) -> HttpResponse:
    context = {"request_id": getattr(request, "request_id", "")}
    return render(request, f"{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        context = {"limit": settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "title_length": TITLE_LENGTH}
        return render(request, "413.html", context, status=413)
    return _page(request, 400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Without context processors: whatever broke may be the database. When it is that, the page says so."""
    context = {"request_id": getattr(request, "request_id", "")}
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return HttpResponse(render_to_string("503.html", context), status=503, headers=headers)
    return HttpResponse(render_to_string("500.html", context), status=500)
