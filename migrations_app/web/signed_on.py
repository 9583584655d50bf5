"""What becomes of somebody for whom the provider of the single sign-on vouches, whichever protocol it speaks."""

from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY, resume_request
from allauth.account.utils import perform_login
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from migrations_app.models import Person
from migrations_app.runtime.identity import Identity, ProviderUnavailable, SignOnFailed
from migrations_app.selectors.sessions import Factor
from migrations_app.services import single_sign_on
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import PermissionDenied
from migrations_app.web.requests import PageRequest, actor_of

SOMEBODY_ELSE = (
    "Somebody else came back from the provider, so nothing was done. Begin again and sign in there as yourself; or "
    "sign out here first, to go on as them."
)


def arrived(request: PageRequest, identity: Identity, wanted: str, *, again: bool, now: datetime) -> HttpResponse:
    """Signed in, or refused with what to do. `again`: whether the provider was told to ask once more who it is.

    Whoever is signed in already shows it once more; or, without `again`, began in another tab before, and only goes on.
    """
    here = request.user.pk if isinstance(request.user, Person) else None
    if here is not None and not single_sign_on.same_person(person_id=here, identity=identity):
        request.session.pop(STATE_SESSION_KEY, None)
        return refused(request, SOMEBODY_ELSE, 403)
    try:
        person_id = single_sign_on.sign_on(actor=stranger(request), now=now, identity=identity)
    except PermissionDenied as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    if here is not None:
        return _shown_again(request, identity, wanted) if again else redirect(wanted)
    person = Person.objects.get(pk=person_id)
    _record(request, person, identity)
    answer: HttpResponse = perform_login(request, person, email_verification="none", redirect_url=wanted)
    return answer  # or the page that asks for a local second factor, where there is one


def stranger(request: PageRequest) -> Actor:
    return replace(ANONYMOUS, address=request.META.get("REMOTE_ADDR") or "", request_id=request.request_id)


def refused(request: PageRequest, why: str, status: int) -> HttpResponse:
    """It has no form, and to a browser that posted from another site a token would be a cookie in place of its own."""
    return render(request, "account/sign_on_refused.html", {"why": why, "csrf_token": ""}, status=status)


def failed(request: PageRequest, why: SignOnFailed) -> HttpResponse:
    """403 where the provider's answer is refused, 503 where the fault is the provider's or ours."""
    if not isinstance(why, ProviderUnavailable):
        return refused(request, str(why), 403)
    response = refused(request, f"{why} Try again in a minute; if it stays so, ask an admin of this Snakeweb.", 503)
    response["Retry-After"] = "60"
    return response


def _shown_again(request: PageRequest, identity: Identity, wanted: str) -> HttpResponse:
    """What was posted before is done now, or else never: it does not wait for another time."""
    _record(request, request.user, identity, reauthenticated=True)
    request.actor = actor_of(request)
    request.GET = QueryDict(urlencode({REDIRECT_FIELD_NAME: wanted}))  # where allauth looks for it
    return resume_request(request) or redirect(wanted)


def _record(request: PageRequest, person: Person | AnonymousUser, identity: Identity, **more: bool) -> None:
    """In this session alone: what was shown at one browser says nothing of whoever sits at another."""
    attested = identity.second_factor
    record_authentication(request, person, method=Factor.SINGLE_SIGN_ON.value, second_factor=attested, **more)
