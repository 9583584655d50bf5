"""The way to a provider of SAML and back.

The provider posts its answer from its own site, so the browser sends no session along. `answer` therefore signs nobody
in: it judges what was posted, keeps it for a minute, and sends the browser to `finish`, which knows the session.
"""

from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
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
from migrations_app.services.errors import PermissionDenied
from migrations_app.web.requests import PageRequest
from migrations_app.web.signed_on import arrived, refused, stranger

BEGUN = "saml"
BEGUN_FOR = timedelta(minutes=15)  # a request that is older is answered by nobody who still sits there


def leaving(request: PageRequest, wanted: str, *, again: bool, now: datetime) -> str:
    """Where the browser goes; its session remembers which request it began. Raises Http404, SignOnFailed."""
    address, number = saml.leaving(_provider(), _here(request), again=again)
    request.session[BEGUN] = {"request": number, "begun_at": now.timestamp(), "again": again, "next": wanted}
    return address


@never_cache
@require_safe
def metadata(request: PageRequest) -> HttpResponse:
    """What is given to the provider, to make Snakeweb known there."""
    try:
        content = saml.metadata(_provider(), _here(request))
    except SignOnFailed as failed:
        return refused(request, str(failed), 503)
    return HttpResponse(content, content_type="application/samlmetadata+xml")


@never_cache
@csrf_exempt  # it comes from the provider's site; what it carries is signed, and signs nobody in here
@require_POST
def answer(request: PageRequest) -> HttpResponse:
    """Neither reads nor writes a session: one of a stranger would take the place of the browser's own."""
    now = timezone.now()
    try:
        found = vouched(_provider(), _here(request), posted=request.POST.get("SAMLResponse", ""), now=now)
        handle = sign_on_answers.keep(actor=stranger(request), now=now, vouched=found)
    except SignOnFailed as failed:
        return refused(request, str(failed), 403)
    except PermissionDenied as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    onwards = HttpResponse(status=303)
    onwards["Location"] = f"{reverse('saml_finish')}?{urlencode({'code': handle})}"
    return onwards


@never_cache
@require_safe
def finish(request: PageRequest) -> HttpResponse:
    """What was begun can be finished once, whatever comes of it."""
    _provider()
    kept, now, handle = request.session.pop(BEGUN, None), timezone.now(), request.GET.get("code", "")
    if kept is None or not handle or kept["begun_at"] < (now - BEGUN_FOR).timestamp():
        return refused(request, "This sign-in was not begun in this browser, or was finished already.", 400)
    try:
        actor = stranger(request)
        identity, at = sign_on_answers.take(actor=actor, now=now, handle=handle, request=kept["request"])
    except PermissionDenied as denied:
        return refused(request, f"{denied.message} {denied.fix}", 403)
    if kept["again"] and at.timestamp() < kept["begun_at"] - LEEWAY.total_seconds():
        return refused(request, "The provider did not ask again who you are.", 403)
    return arrived(request, identity, kept["next"], again=kept["again"], now=now)


def _provider() -> Provider:
    """Raises Http404 where there is none."""
    found = single_sign_on.saml_provider()
    if found is None:
        raise Http404
    return found


def _here(request: PageRequest) -> Here:
    entity_id, consumer = (request.build_absolute_uri(reverse(name)) for name in ("saml_metadata", "saml_answer"))
    return Here(entity_id, consumer)
