"""Invitations: made and revoked by admins, opened and accepted by whoever brings the link."""

from dataclasses import replace
from functools import partial
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from migrations_app.engine.vocabulary import Role
from migrations_app.selectors.environments import list_environments
from migrations_app.selectors.invitations import list_invitations, offer
from migrations_app.services import invitations
from migrations_app.services.actor import ANONYMOUS, Actor
from migrations_app.services.errors import InvalidInput
from migrations_app.web.account_questions import revoke_invitation
from migrations_app.web.account_words import ROLES
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

OPENED = "invitation"  # in the session of whoever brought the link, so that the address bar forgets it


@never_cache
@require_http_methods(METHODS)
@login_required
def invitation_list(request: PageRequest) -> HttpResponse:
    """The link that was made is on the answer to POST, and nowhere else."""
    made, problems, now = "", ProblemsByField(), timezone.now()
    if request.method == "POST":
        everywhere = request.POST.get("environment") == "all"
        try:
            found = invitations.invite(
                actor=request.actor,
                now=now,
                email=request.POST.get("email", ""),
                role=request.POST.get("role", ""),
                environment_id=None if everywhere else identifier(request.POST.get("environment")) or 0,
            )
            made = request.build_absolute_uri(reverse("invitation", args=[found.clear]))
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
    context = {
        "invitations": list_invitations(actor=request.actor, now=now),
        "environments": list_environments(actor=request.actor),
        "roles": [(role.value, ROLES[role]) for role in Role],
        "made": made,
        "problems": problems,
        "values": request.POST if problems else {},
    }
    return render(request, "settings/invitations.html", context, status=422 if problems else 200)


@require_http_methods(METHODS)
@login_required
def invitation_revoke(request: PageRequest, invitation_id: int) -> HttpResponse:
    now = timezone.now()
    ask = partial(revoke_invitation, actor=request.actor, now=now, invitation_id=invitation_id)
    if asked := unconfirmed(request, ask):
        return asked
    invitations.revoke(actor=request.actor, now=now, invitation_id=invitation_id)
    messages.success(request, "Revoked: the link opens nothing any more.")
    return sent_to(request, "invitation_list")


@never_cache
@require_safe
def invitation(request: PageRequest, clear: str) -> HttpResponse:
    """The link. It uses nothing up, because mail programs look at links too."""
    request.session[OPENED] = invitations.open_link(actor=_stranger(request), now=timezone.now(), clear=clear)
    return redirect("invitation_accept")


@never_cache
@require_http_methods(METHODS)
def invitation_accept(request: PageRequest) -> HttpResponse:
    now, invitation_id = timezone.now(), request.session.get(OPENED, 0)
    offered, problems = offer(invitation_id=invitation_id, now=now), ProblemsByField()
    if request.method == "POST" and not request.user.is_authenticated:
        password, again = request.POST.get("password", ""), request.POST.get("again", "")
        try:
            if password != again:
                raise InvalidInput([invitations.TYPED_DIFFERENTLY])
            invitations.accept(
                actor=_stranger(request),
                now=now,
                invitation_id=invitation_id,
                username=request.POST.get("username", ""),
                full_name=request.POST.get("full_name", ""),
                password=password,
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            del request.session[OPENED]
            return _to_the_door(request, second_factor=bool(offered and offered.second_factor))
    context = {"offer": offered, "problems": problems, "values": request.POST}
    status = 422 if problems else 200 if offered else 404
    return render(request, "account/invitation.html", context, status=status)


def _to_the_door(request: PageRequest, *, second_factor: bool) -> HttpResponse:
    messages.success(request, "Your account is there. Sign in with the password that you have just chosen.")
    onwards = reverse("mfa_index") if second_factor else reverse("home")
    return redirect(f"{reverse('account_login')}?{urlencode({'next': onwards})}")


def _stranger(request: PageRequest) -> Actor:
    """Whoever brings a link acts as nobody, even where somebody is signed in."""
    return replace(ANONYMOUS, address=request.META.get("REMOTE_ADDR") or "", request_id=request.request_id)
