"""`/healthz`, `/readyz` and `/metrics`: for load balancers and Prometheus, without a session.

`/healthz` says that this process answers. `/readyz` says that it can serve: its database is there and migrated, and
tells how the channel layer is (pages work without it, more slowly) and whether anybody attends to the schedules.
`/metrics` is for loopback callers and tokens.
"""

from ipaddress import ip_address

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from ninja.errors import AuthenticationError

from migrations_app.api.callers import identify, now
from migrations_app.api.metrics import exposition
from migrations_app.api.problems import problem_response
from migrations_app.api.readiness import checks


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 names what is missing; `degraded` names what is missing and keeps nobody from being served."""
    found = checks(now())
    ready = all(check.ok or not check.required for check in found)
    body = {
        "status": "ready" if ready else "not ready",
        "degraded": [check.name for check in found if not check.ok and not check.required],
        "checks": [{"name": c.name, "ok": c.ok, "required": c.required, "message": c.message} for c in found],
    }
    return JsonResponse(body, status=200 if ready else 503, headers={"Cache-Control": "no-store"})


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    if not _is_loopback(request):
        try:
            identify(request)
        except AuthenticationError:
            return problem_response(
                request,
                status=401,
                code="not_authenticated",
                detail="Metrics are for callers on this machine and for bearer tokens.",
                fix="Send `Authorization: Bearer <token>`.",
            )
    text, content_type = exposition(now())
    return HttpResponse(text, content_type=content_type, headers={"Cache-Control": "no-store"})


def _is_loopback(request: HttpRequest) -> bool:
    """Not through a proxy: then everybody would be."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR") or "").is_loopback
    except ValueError:
        return False
