"""Attempts to sign in, and files of any length, are counted before their view is called.

The ways to a provider of single sign-on and back are counted by their views, as only they know whether there is one.
"""

from collections.abc import Callable
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from migrations_app.services import lockouts, rate_limits
from migrations_app.services.errors import TooManyRequests
from migrations_app.services.rate_limits import Rate
from migrations_app.web.middleware import refused_too_often
from migrations_app.web.requests import PageRequest, actor_of
from migrations_app.web.signed_on import stranger

# Where a password or a factor can be tried, by the name of the URL, and the field that says whose it is.
ENTRANCES = {
    "account_login": "login",
    "account_reauthenticate": "",
    "account_reset_password": "email",
    "account_confirm_login_code": "",
    "mfa_authenticate": "",
    "mfa_reauthenticate": "",
    "mfa_reauthenticate_webauthn": "",
}
EXPORTS = frozenset(
    {"audit_export", "audit_export_file", "run_log", "run_rejected", "run_report_file", "run_report_fetch"}
)


class RateLimitMiddleware:
    """Stands below whoever finds out who asks; answers 429 with `Retry-After`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: Any
    ) -> HttpResponse | None:
        page = cast("PageRequest", request)
        match = request.resolver_match
        try:
            if match and match.url_name in ENTRANCES and request.method == "POST":
                field = ENTRANCES[match.url_name]
                _entrance(page, request.POST.get(field, "") if field else "")
            elif match and match.url_name in EXPORTS and page.actor.person_id is not None:
                who = rate_limits.account(page.actor)
                rate_limits.spend(actor=page.actor, now=timezone.now(), rate=Rate.EXPORTS_ACCOUNT, who=who)
        except TooManyRequests as refused:
            return refused_too_often(page, refused)
        return None


def spend_by_address(request: PageRequest, rate: Rate) -> None:
    """For what anybody may ask for. Reads no session. Raises TooManyRequests."""
    actor = stranger(request)
    rate_limits.spend(actor=actor, now=timezone.now(), rate=rate, who=rate_limits.address(actor.address))


def _entrance(request: PageRequest, typed: str) -> None:
    """By the address, and by the name that was typed or whose session it is. Raises TooManyRequests.

    Not by a name from where its person signs in: otherwise whoever knows it could keep them out for good.
    """
    # Made for this alone: `request.actor` is made once, and has to know of what is shown in this very request.
    found = actor_of(request)
    somebody = found.person_id is not None
    actor, now = found if somebody else stranger(request), timezone.now()
    address = request.META.get("REMOTE_ADDR") or ""
    rate_limits.spend(actor=actor, now=now, rate=Rate.SIGN_IN_ADDRESS, who=rate_limits.address(address))
    if somebody or (typed and not lockouts.signs_in_from_here(login=typed, address=address, now=now)):
        who = rate_limits.account(actor) if somebody else rate_limits.name(typed)
        rate_limits.spend(actor=actor, now=now, rate=Rate.SIGN_IN_NAME, who=who)
