"""NUL characters: PostgreSQL neither keeps nor compares text with one, so no page gets to see it.

The API refuses them by itself, naming the field (`api/body.py`).
"""

from collections.abc import Callable, Iterator
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string

from migrations_app.services.errors import Refused
from migrations_app.web.requests import PageRequest

NUL = "\x00"


class NoNulMiddleware:
    """Answers 400. Stands below the check of the CSRF token, which has read the form by then."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if any(NUL in value for value in request.COOKIES.values()):
            return _refused(request, "A cookie")
        if _is_for_a_page(request) and any(NUL in text for text in (request.path_info, *_texts(request.GET))):
            return _refused(request, "The address")
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: Any
    ) -> HttpResponse | None:
        form = _texts(request.POST) if _is_for_a_page(request) else ()
        return _refused(request, "The form") if any(NUL in text for text in form) else None


def _is_for_a_page(request: HttpRequest) -> bool:
    return not request.path_info.startswith("/api/")


def _texts(given: QueryDict) -> Iterator[str]:
    for name, values in given.lists():
        yield name
        yield from map(str, values)


def _refused(request: HttpRequest, what: str) -> HttpResponse:
    refusal = Refused(
        f"{what} holds a NUL character, which cannot be stored or looked for",
        "Nothing was changed. Go back, leave the character out, and try again.",
    )
    # Without context processors: they ask for the session, whose cookie may be what is wrong.
    context = {"refusal": refusal, "request_id": cast("PageRequest", request).request_id}
    return HttpResponse(render_to_string("400.html", context), status=400)
