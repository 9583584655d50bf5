"""The way to the provider of the single sign-on and back (OpenID Connect, where it is set up)."""

import hmac
from dataclasses import asdict, replace

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from migrations_app.models import Person
from migrations_app.runtime import oidc
from migrations_app.runtime.oidc import Begun, SignOnFailed
from migrations_app.selectors.sessions import Factor
from migrations_app.services import single_sign_on
from migrations_app.services.actor import ANONYMOUS
from migrations_app.services.errors import PermissionDenied
from migrations_app.web.requests import PageRequest, onwards

BEGUN = "single_sign_on"


@never_cache
@require_safe
def begin(request: PageRequest) -> HttpResponse:
    """For somebody who is signed in: to show once more that it is them."""
    provider = single_sign_on.provider()
    if provider is None:
        raise Http404
    begun = Begun.new(now=timezone.now(), again=request.user.is_authenticated)
    try:
        address = oidc.leaving(provider, begun, redirect_uri=_here(request))
    except SignOnFailed as failed:
        return _refused(request, str(failed), 503)
    request.session[BEGUN] = {**asdict(begun), "next": onwards(request, request.GET.get("next", ""), reverse("home"))}
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
        return _refused(request, "This sign-in was not begun in this browser, or was finished already.", 400)
    if "code" not in request.GET:
        return _refused(request, "The provider did not sign you in.", 403)
    now = timezone.now()
    actor = replace(ANONYMOUS, address=request.META.get("REMOTE_ADDR") or "", request_id=request.request_id)
    try:
        code, here = request.GET["code"], _here(request)
        identity = oidc.identify(provider, Begun(**kept), code=code, redirect_uri=here, now=now)
        if isinstance(request.user, Person):
            return _shown_again(request, identity, wanted)
        person_id = single_sign_on.sign_on(actor=actor, now=now, identity=identity)
    except SignOnFailed as failed:
        return _refused(request, str(failed), 403)
    except PermissionDenied as denied:
        return _refused(request, f"{denied.message} {denied.fix}", 403)
    person = Person.objects.get(pk=person_id)
    record_authentication(request, person, method=Factor.SINGLE_SIGN_ON.value)
    answer: HttpResponse = perform_login(request, person, email_verification="none", redirect_url=wanted)
    return answer  # or the page that asks for a local second factor, where there is one


def _shown_again(request: PageRequest, identity: oidc.Identity, wanted: str) -> HttpResponse:
    if not single_sign_on.same_person(person_id=request.user.pk or 0, identity=identity):
        return _refused(request, "Somebody else signed in at the provider than here. Nothing was changed.", 403)
    record_authentication(request, request.user, method=Factor.SINGLE_SIGN_ON.value, reauthenticated=True)
    return redirect(wanted)


def _here(request: PageRequest) -> str:
    return request.build_absolute_uri(reverse("single_sign_on_finish"))


def _refused(request: PageRequest, why: str, status: int) -> HttpResponse:
    return render(request, "account/sign_on_refused.html", {"why": why}, status=status)
