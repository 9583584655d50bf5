"""Breaking the glass: presence is proven first, and what is overridden is read back together with the digest."""

from urllib.parse import urlencode

from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.engine.break_glass import LEAST_REASON, MOST_REASON
from migrations_app.engine.errors import Problem
from migrations_app.selectors.migrations import MigrationPage, migration_page
from migrations_app.selectors.reviews import recently_present, second_factor_recently
from migrations_app.services import break_glass
from migrations_app.services.errors import Conflict, InvalidInput, StepUpRequired
from migrations_app.web.drift import drift_shown
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest
from migrations_app.web.signing import READ_BACK


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_break_glass(request: PageRequest, migration_id: int) -> HttpResponse:
    """Raises ReauthenticationRequired, which allauth answers: it keeps what was posted and resumes it afterwards."""
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    proof = _proof(request, page)
    if proof is not None and request.method != "POST":
        return proof
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            return redirect("run", _start(request, migration_id))
        except (InvalidInput, StepUpRequired) as refused:
            problems = ProblemsByField(problems_of(refused))
        except Conflict as refused:
            return drift_shown(request, migration_id, refused)
    context = {
        "page": page,
        "problems": problems,
        "posted": request.POST,
        "why_not": page.refusals.get("break_glass", ""),
        "no_second_factor": page.row.protected and not is_mfa_enabled(request.user),
        "read_back": READ_BACK,
        "least": LEAST_REASON,
        "most": MOST_REASON,
    }
    return render(request, "migrations/break_glass.html", context, status=422 if problems else 200)


@require_POST
@login_required
def migration_break_glass_close(request: PageRequest, migration_id: int, item_id: int) -> HttpResponse:
    """Raises ReauthenticationRequired, as above."""
    try:
        break_glass.close(
            actor=request.actor,
            now=timezone.now(),
            migration_id=migration_id,
            break_glass_id=item_id,
            comment=request.POST.get("comment", ""),
        )
    except StepUpRequired:
        raise ReauthenticationRequired from None
    messages.success(request, "Closed, with your comment.")
    return redirect("migration", migration_id)


def _proof(request: PageRequest, page: MigrationPage) -> HttpResponse | None:
    """Where to prove presence first; None when that has been done, or would help nothing."""
    now = timezone.now()
    if "break_glass" not in page.allowed:
        return None
    if page.row.protected:
        if second_factor_recently(request.actor, now) or not is_mfa_enabled(request.user):
            return None
        return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode({'next': request.get_full_path()})}")
    if not recently_present(request.actor, now):
        raise ReauthenticationRequired
    return None


def _start(request: PageRequest, migration_id: int) -> int:
    digest = request.POST.get("digest", "")
    if request.POST.get("read_back", "").strip().lower() != digest[:READ_BACK]:
        raise InvalidInput(
            [Problem("read_back", "This is not how the digest begins.", f"Type its first {READ_BACK} characters.")]
        )
    return break_glass.start(
        actor=request.actor,
        now=timezone.now(),
        migration_id=migration_id,
        digest=digest,
        reason=request.POST.get("reason", ""),
    )
