"""Where one is signed in, and ending that."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from migrations_app.selectors.sessions import list_sessions
from migrations_app.services import sessions
from migrations_app.web import account_questions
from migrations_app.web.confirming import METHODS, sent_to, unconfirmed
from migrations_app.web.requests import PageRequest


@never_cache
@require_http_methods(METHODS)
@login_required
def settings_sessions(request: PageRequest) -> HttpResponse:
    """POST signs out everywhere else."""
    key = request.session.session_key or ""
    if request.method == "POST":
        ended = sessions.revoke_others(actor=request.actor, now=timezone.now(), current_key=key)
        messages.success(request, f"Signed out {ended} other session{'' if ended == 1 else 's'}.")
        return redirect("settings_sessions")
    return render(request, "settings/sessions.html", {"sessions": list_sessions(actor=request.actor, current_key=key)})


@require_http_methods(METHODS)
@login_required
def session_revoke(request: PageRequest, session_id: int) -> HttpResponse:
    """From one's own list and from an admin's; `person` leads back to the latter."""
    if asked := unconfirmed(request, partial(account_questions.revoke_session, request=request, session_id=session_id)):
        return asked
    sessions.revoke(actor=request.actor, now=timezone.now(), session_id=session_id)
    messages.success(request, "Signed out: that browser has to sign in again.")
    return sent_to(request, *account_questions.way_back(request))
