"""The way to the provider of the single sign-on, and back from one of OpenID Connect (`saml.py` is the other way)."""

import hmac
from dataclasses import asdict

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from migrations_app.runtime import oidc
from migrations_app.runtime.identity import SignOnFailed
from migrations_app.runtime.oidc import Begun
from migrations_app.services import single_sign_on
from migrations_app.web import saml
from migrations_app.web.requests import PageRequest, onwards
from migrations_app.web.signed_on import arrived, refused

BEGUN = "single_sign_on"


@never_cache
@require_safe
def begin(request: PageRequest) -> HttpResponse:
    """For somebody who is signed in: to show once more that it is them."""
    provider, now = single_sign_on.provider(), timezone.now()
    wanted, again = onwards(request, request.GET.get("next", ""), reverse("home")), request.user.is_authenticated
    try:
        if provider is None:
            return redirect(saml.leaving(request, wanted, again=again, now=now))
        begun = Begun.new(now=now, again=again)
        address = oidc.leaving(provider, begun, redirect_uri=_here(request))
    except SignOnFailed as failed:
        return refused(request, str(failed), 503)
    request.session[BEGUN] = {**asdict(begun), "next": wanted}
    return redirect(address)


@never_cache
@require_safe
def finish(request: PageRequest) -> HttpResponse:
    """What was begun can be finished once, whatever comes of it."""
    provider, kept = single_sign_on.provider(), request.session.pop(BEGUN, None)
    if provider is None:
        raise Http404
    wanted = kept.pop("next") if kept else ""
    if kept is None or not hmac.compare_digest(kept["state"].encode(), request.GET.get("state", "").encode()):
        return refused(request, "This sign-in was not begun in this browser, or was finished already.", 400)
    if "code" not in request.GET:
        return refused(request, "The provider did not sign you in.", 403)
    now, begun = timezone.now(), Begun(**kept)
    try:
        code, here = request.GET["code"], _here(request)
        identity = oidc.identify(provider, begun, code=code, redirect_uri=here, now=now)
    except SignOnFailed as failed:
        return refused(request, str(failed), 403)
    return arrived(request, identity, wanted, again=begun.again, now=now)


def _here(request: PageRequest) -> str:
    return request.build_absolute_uri(reverse("single_sign_on_finish"))
