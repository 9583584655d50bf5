"""The way to the provider of the single sign-on, and back from one of OpenID Connect (`saml.py` is the other way)."""

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
from migrations_app.services.rate_limits import Rate
from migrations_app.web import begun, saml
from migrations_app.web.rate_limits import spend_by_address
from migrations_app.web.requests import PageRequest, onwards
from migrations_app.web.signed_on import arrived, failed, refused

BEGUN = "single_sign_on_begun"


@never_cache
@require_safe
def begin(request: PageRequest) -> HttpResponse:
    """For somebody who is signed in: to show once more that it is them."""
    provider, now = single_sign_on.provider(), timezone.now()
    wanted, again = onwards(request, request.GET.get("next", ""), reverse("home")), request.user.is_authenticated
    if provider is None:
        return saml.leave(request, wanted, again=again, now=now)
    spend_by_address(request, Rate.SINGLE_SIGN_ON_ADDRESS)
    new = Begun.new(now=now, again=again)
    try:
        address = oidc.leaving(provider, new, redirect_uri=_here(request))
    except SignOnFailed as error:
        return failed(request, error)
    begun.remember(request, BEGUN, new.state, {**asdict(new), "next": wanted}, now=now)
    return redirect(address)


@never_cache
@require_safe
def finish(request: PageRequest) -> HttpResponse:
    """What was begun can be finished once, whatever comes of it; what another tab began stays."""
    provider = single_sign_on.provider()
    if provider is None:
        raise Http404
    spend_by_address(request, Rate.SINGLE_SIGN_ON_ADDRESS)
    now, here = timezone.now(), _here(request)
    kept = begun.finish(request, BEGUN, request.GET.get("state", ""), now=now)
    if kept is None:
        return refused(request, begun.NOT_BEGUN, 400)
    ours = Begun(**{name: value for name, value in kept.items() if name != "next"})
    try:
        code = oidc.code_of(request.GET)
        identity = oidc.identify(provider, ours, code=code, redirect_uri=here, now=now)
    except SignOnFailed as error:
        return failed(request, error)
    return arrived(request, identity, kept["next"], again=ours.again, now=now)


def _here(request: PageRequest) -> str:
    return request.build_absolute_uri(reverse("single_sign_on_finish"))
