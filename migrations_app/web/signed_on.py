"""What becomes of somebody for whom the provider of the single sign-on vouches, whichever protocol it speaks."""

from dataclasses import replace
from datetime import datetime

from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django.http import HttpResponse
from django.shortcuts import redirect, render

from migrations_app.models import Person
from migrations_app.runtime.identity import Identity
from migrations_app.selectors.sessions import Factor
from migrations_app.services import single_sign_on
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.web.requests import PageRequest


def arrived(request: PageRequest, identity: Identity, wanted: str, *, again: bool, now: datetime) -> HttpResponse:
    """Signed in, or refused with what to do. `again`: whether the provider was told to ask once more who it is."""
    if isinstance(request.user, Person):
        return _shown_again(request, identity, wanted, again=again)
    try:
        person_id = single_sign_on.sign_on(actor=stranger(request), now=now, identity=identity)
    except PermissionDenied as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    person = Person.objects.get(pk=person_id)
    record_authentication(request, person, method=Factor.SINGLE_SIGN_ON.value)
    answer: HttpResponse = perform_login(request, person, email_verification="none", redirect_url=wanted)
    return answer  # or the page that asks for a local second factor, where there is one


def stranger(request: PageRequest) -> Actor:
    return replace(ANONYMOUS, address=request.META.get("REMOTE_ADDR") or "", request_id=request.request_id)


def refused(request: PageRequest, why: str, status: int) -> HttpResponse:
    """It has no form, and to a browser that posted from another site a token would be a cookie in place of its own."""
    return render(request, "account/sign_on_refused.html", {"why": why, "csrf_token": ""}, status=status)


def _shown_again(request: PageRequest, identity: Identity, wanted: str, *, again: bool) -> HttpResponse:
    if not again:  # it was begun before somebody signed in here
        return refused(request, "You are signed in already, and the provider did not ask again who you are.", 403)
    if not single_sign_on.same_person(person_id=request.user.pk or 0, identity=identity):
        return refused(request, "Somebody else signed in at the provider than here. Nothing was changed.", 403)
    record_authentication(request, request.user, method=Factor.SINGLE_SIGN_ON.value, reauthenticated=True)
    return redirect(wanted)
