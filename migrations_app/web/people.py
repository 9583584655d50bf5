"""Everybody who has an account, for admins: who holds what, and where they are signed in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors.lockouts import list_lockouts
from migrations_app.selectors.people import list_people, one_person
from migrations_app.selectors.sessions import list_sessions
from migrations_app.services import lockouts, sessions
from migrations_app.web.account_questions import sign_person_out
from migrations_app.web.confirming import METHODS, Question, sent_to, unconfirmed
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def people(request: PageRequest) -> HttpResponse:
    context = {
        "people": list_people(actor=request.actor),
        "lockouts": list_lockouts(actor=request.actor, now=timezone.now()),
    }
    return render(request, "settings/people.html", context)


@require_POST
@login_required
def lockout_lift(request: PageRequest, lockout_id: int) -> HttpResponse:
    lockouts.lift(actor=request.actor, now=timezone.now(), lockout_id=lockout_id)
    messages.success(request, "Lifted: they may try again now.")
    return redirect("people")


@never_cache
@require_safe
@login_required
def person(request: PageRequest, person_id: int) -> HttpResponse:
    context = {
        "person": one_person(actor=request.actor, person_id=person_id),
        "sessions": list_sessions(
            actor=request.actor, person_id=person_id, current_key=request.session.session_key or ""
        ),
    }
    return render(request, "settings/person.html", context)


@require_http_methods(METHODS)
@login_required
def person_sign_out(request: PageRequest, person_id: int) -> HttpResponse:
    def ask() -> Question:
        found = one_person(actor=request.actor, person_id=person_id)
        return sign_person_out(person=found, sessions=len(list_sessions(actor=request.actor, person_id=person_id)))

    if asked := unconfirmed(request, ask):
        return asked
    ended = sessions.revoke_all(actor=request.actor, now=timezone.now(), person_id=person_id)
    messages.success(request, f"Signed out: {ended} session{'' if ended == 1 else 's'}.")
    return sent_to(request, "person", person_id)
