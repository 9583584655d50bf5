"""The way to a provider of SAML and back.

The provider posts its answer from its own site, so the browser sends no session along. `answer` therefore signs nobody
in: it judges what was posted, keeps it for a minute, and sends the browser to `finish`, which knows the session.
"""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from migrations_app.runtime import saml
from migrations_app.runtime.identity import SignOnFailed
from migrations_app.runtime.saml import Here, Provider
from migrations_app.runtime.saml_answers import LEEWAY, vouched
from migrations_app.services import sign_on_answers, single_sign_on
from migrations_app.services.errors import NotFound, PermissionDenied, TooManyRequests
from migrations_app.services.rate_limits import Rate
from migrations_app.web import begun
from migrations_app.web.rate_limits import spend_by_address
from migrations_app.web.requests import PageRequest
from migrations_app.web.signed_on import arrived, failed, refused, stranger

BEGUN = "saml_begun"

P = ParamSpec("P")


def _of_the_provider(
    rate: Rate | None,
) -> Callable[[Callable[Concatenate[PageRequest, Provider, P], HttpResponse]], Callable[..., HttpResponse]]:
    """Give a view the provider: 404 where there is none, and 503 where it cannot be used.

    Only then is it counted, by address: where SAML is off nobody can use a limit up. No refusal sets a cookie.
    """

    def decorate(view: Callable[Concatenate[PageRequest, Provider, P], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def called(request: PageRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            try:
                provider = single_sign_on.saml_provider()
            except SignOnFailed as error:
                return failed(request, error)
            if provider is None:
                raise Http404
            try:
                if rate is not None:
                    spend_by_address(request, rate)
            except TooManyRequests as many:
                response = refused(request, f"{many.message} {many.fix}", 429)
                response["Retry-After"] = str(many.retry_after)
                return response
            return view(request, provider, *args, **kwargs)

        return called

    return decorate


@_of_the_provider(Rate.SINGLE_SIGN_ON_ADDRESS)
def leave(request: PageRequest, provider: Provider, wanted: str, *, again: bool, now: datetime) -> HttpResponse:
    """Sends the browser there; its session remembers which request it began."""
    address, number = saml.leaving(provider, _here(request), again=again)
    begun.remember(request, BEGUN, number, {"again": again, "next": wanted}, now=now)
    return redirect(address)


@never_cache
@require_safe
@_of_the_provider(None)
def metadata(request: PageRequest, provider: Provider) -> HttpResponse:
    """What is given to the provider, to make Snakeweb known there."""
    return HttpResponse(saml.metadata(provider, _here(request)), content_type="application/samlmetadata+xml")


@never_cache
@csrf_exempt  # it comes from the provider's site; what it carries is signed, and signs nobody in here
@require_POST
@_of_the_provider(Rate.SAML_ANSWERS_ADDRESS)
def answer(request: PageRequest, provider: Provider) -> HttpResponse:
    """Neither reads nor writes a session: one of a stranger would take the place of the browser's own."""
    now = timezone.now()
    try:
        found = vouched(provider, _here(request), posted=request.POST.get("SAMLResponse", ""), now=now)
        handle = sign_on_answers.keep(actor=stranger(request), now=now, vouched=found)
    except SignOnFailed as error:
        return failed(request, error)
    except PermissionDenied as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    onwards = HttpResponse(status=303)
    onwards["Location"] = f"{reverse('saml_finish')}?{urlencode({'code': handle})}"
    return onwards


@never_cache
@require_safe
@_of_the_provider(Rate.SINGLE_SIGN_ON_ADDRESS)
def finish(request: PageRequest, provider: Provider) -> HttpResponse:
    """What was begun can be finished once, whatever comes of it; what another tab began stays."""
    now, handle = timezone.now(), request.GET.get("code", "")
    requests = begun.begun(request, BEGUN, now=now).keys()
    if not requests or not handle:
        return refused(request, begun.NOT_BEGUN, 400)
    try:
        taken = sign_on_answers.take(actor=stranger(request), now=now, handle=handle, requests=requests)
    except (NotFound, PermissionDenied) as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    kept = begun.finish(request, BEGUN, taken.request, now=now)
    if kept is None:
        return refused(request, begun.NOT_BEGUN, 400)
    if kept["again"] and taken.authenticated_at.timestamp() < kept["begun_at"] - LEEWAY.total_seconds():
        return refused(request, "The provider did not ask again who you are.", 403)
    return arrived(request, taken.identity, kept["next"], again=kept["again"], now=now)


def _here(request: PageRequest) -> Here:
    entity_id, consumer = (request.build_absolute_uri(reverse(name)) for name in ("saml_metadata", "saml_answer"))
    return Here(entity_id, consumer)
