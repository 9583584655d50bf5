"""The envelope of every answer under /api/: no caching, and problem+json whoever refused."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from migrations_app.api.problems import MEDIA_TYPE, problem_response

_CODES = {
    400: ("bad_request", "Django could not read this request.", "Check host name, headers and body."),
    403: ("forbidden", "This request was refused.", "Send a bearer token, or the header X-CSRFToken with a session."),
    404: ("not_found", "There is nothing at this address.", "See /api/v1/openapi.json for what there is."),
    405: ("method_not_allowed", "This address does not know that method.", "Use one of the methods in `Allow`."),
    413: ("body_too_large", "The request is larger than 2 MiB; it was not read.", "Send a smaller document."),
}


class ApiEnvelope(MiddlewareMixin):
    """Stands beneath the request id and above everything that answers by itself (URL resolver, method table)."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return response
        if response.status_code >= 400 and not response.get("Content-Type", "").startswith(MEDIA_TYPE):
            response = _as_problem(request, response)
        response.setdefault("Cache-Control", "no-store")
        return response


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    status = response.status_code
    phrase = HTTPStatus(status).phrase
    code, detail, fix = _CODES.get(status, (phrase.lower().replace(" ", "_"), f"{phrase}.", ""))
    problem = problem_response(request, status=status, code=code, detail=detail, fix=fix)
    for header, value in response.items():
        if not header.startswith("Content-") or header.startswith("Content-Security-Policy"):
            problem[header] = value
    return problem
