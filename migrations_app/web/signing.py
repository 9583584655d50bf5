"""Signing, declining and commenting. The signer proves presence first and reads the digest back."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.engine.errors import Problem
from migrations_app.engine.vocabulary import Decision
from migrations_app.selectors.migrations import migration_page
from migrations_app.services import reviews
from migrations_app.services.errors import Conflict, InvalidInput, StepUpRequired
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

READ_BACK = 4  # characters of the digest that a signer types
DONE = {
    Decision.APPROVE: "Signed. Your signature covers digest {digest}.",
    Decision.REJECT: "Declined. The author has been told, with your comment.",
    Decision.COMMENT: "Your comment is on the timeline.",
}


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_sign(request: PageRequest, migration_id: int) -> HttpResponse:
    """Raises ReauthenticationRequired, which allauth answers: it keeps what was posted and resumes it afterwards."""
    page = migration_page(actor=request.actor, migration_id=migration_id, now=timezone.now())
    if page.review.can_sign and page.review.needs_step_up:
        raise ReauthenticationRequired
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            return _decide(request, migration_id)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StepUpRequired:
            raise ReauthenticationRequired from None
        except Conflict as refused:
            return _shown_what_changed(request, migration_id, refused)
    context = {"page": page, "problems": problems, "posted": request.POST, "read_back": READ_BACK}
    return render(request, "migrations/sign.html", context, status=422 if problems else 200)


@require_POST
@login_required
def migration_comment(request: PageRequest, migration_id: int) -> HttpResponse:
    return _decide(request, migration_id, Decision.COMMENT)


def _shown_what_changed(request: PageRequest, migration_id: int, refused: Conflict) -> HttpResponse:
    """Somebody who decided on an older plan sees the difference before they decide again."""
    if "seen" not in refused.details:
        raise refused
    messages.error(request, f"{refused.message} {refused.fix}")
    return redirect("migration_diff", migration_id, refused.details["seen"], refused.details["revision"])


def _decide(request: PageRequest, migration_id: int, decision: str = "") -> HttpResponse:
    decision = decision or request.POST.get("decision", "")
    digest = request.POST.get("digest", "")
    if decision not in set(Decision):
        raise InvalidInput([Problem("decision", "Choose whether you sign or decline.", "Pick one of the two.")])
    if decision == Decision.APPROVE and request.POST.get("read_back", "").strip().lower() != digest[:READ_BACK]:
        raise InvalidInput(
            [Problem("read_back", "This is not how the digest begins.", f"Type its first {READ_BACK} characters.")]
        )
    reviews.decide(
        actor=request.actor,
        now=timezone.now(),
        migration_id=migration_id,
        digest=digest,
        decision=decision,
        comment=request.POST.get("comment", ""),
    )
    messages.success(request, DONE[Decision(decision)].format(digest=f"{digest[:4]}…{digest[-4:]}"))
    return redirect("migration", migration_id)
