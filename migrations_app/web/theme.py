"""Light or dark, as this browser's person wants it. It is kept in a cookie: a page has to know before it is drawn."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from migrations_app.web.requests import PageRequest

COOKIE = "theme"
THEMES = ("light", "dark")
_KEPT = timedelta(days=400)  # browsers keep no cookie for longer


def chosen(request: HttpRequest) -> dict[str, str]:
    """Context processor: `light`, `dark`, or '' for what the device says."""
    kept = request.COOKIES.get(COOKIE, "")
    return {"theme": kept if kept in THEMES else ""}


@require_POST
@login_required
def theme_choose(request: PageRequest) -> HttpResponse:
    """Anything else than the two is what the device says."""
    wanted = request.POST.get("theme", "")
    answer = HttpResponse(status=204, headers={"HX-Refresh": "true"}) if request.htmx else redirect("settings")
    if wanted in THEMES:
        secure = settings.SESSION_COOKIE_SECURE
        answer.set_cookie(COOKIE, wanted, max_age=_KEPT, secure=secure, httponly=True, samesite="Lax")
    else:
        answer.delete_cookie(COOKIE, samesite="Lax")
    return answer
