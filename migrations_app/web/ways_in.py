"""Pages of the sign-in package that change how somebody comes in, or show what lets them in.

The package asks again only whoever has a password or a factor here, and nobody for a first password or for another
address. So whoever found a session open could make a way in of their own, and show by it that they are its person.
"""

from collections.abc import Callable, Sequence
from functools import wraps

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver
from django.utils import timezone

from migrations_app.selectors.reviews import recently_present
from migrations_app.web.requests import actor_of

View = Callable[..., HttpResponseBase]
Pattern = URLPattern | URLResolver

PASSWORD = "account_set_password"  # noqa: S105  # the name of an address
ADDRESSES = "account_email"  # a verified one has a password sent to it, and links whoever the provider says has it
WAYS_IN = frozenset(
    {
        PASSWORD,
        ADDRESSES,
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_view_recovery_codes",
        "mfa_generate_recovery_codes",
        "mfa_download_recovery_codes",
    }
)


def guarded(patterns: Sequence[Pattern]) -> list[Pattern]:
    """The same addresses; those of `WAYS_IN` are for whoever showed within the last 300 s that it is them."""
    return [_guarded(pattern) for pattern in patterns]


def _guarded(pattern: Pattern) -> Pattern:
    if isinstance(pattern, URLResolver):
        inner = guarded(pattern.url_patterns)
        return URLResolver(pattern.pattern, inner, pattern.default_kwargs, pattern.app_name, pattern.namespace)
    if pattern.name not in WAYS_IN:
        return pattern
    view = _asking(pattern.callback, pattern.name)
    return URLPattern(pattern.pattern, view, pattern.default_args, pattern.name)


def _asking(view: View, name: str) -> View:
    """Raises ReauthenticationRequired, which the package answers: it keeps what was posted and does it afterwards."""

    @wraps(view)
    def asking(request: HttpRequest, *args: object, **named: object) -> HttpResponseBase:
        # Not `request.actor`, which was made before what is shown in this very request.
        actor, changes = actor_of(request), request.method not in ("GET", "HEAD")
        looks_only = name == ADDRESSES and not changes
        if actor.person_id is None or looks_only or recently_present(actor, timezone.now()):
            return view(request, *args, **named)
        if name == PASSWORD and changes:  # what was posted would be kept in the session as it was typed
            messages.error(request, "Show that it is you, then type the new password again; none was set.")
            return redirect(request.path)
        raise ReauthenticationRequired

    return asking
