"""Stored secrets: entered, replaced and archived by admins of their environment. No page shows a value."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from migrations_app.models.actor import Actor
from migrations_app.selectors.stored_secrets import StoredSecretRow, managed_secret, managed_secrets
from migrations_app.services import stored_secrets
from migrations_app.services.errors import InvalidInput, StaleEdit
from migrations_app.web.confirming import METHODS, Question, sent_to, unconfirmed
from migrations_app.web.edited_meanwhile import EditedForm, sent_as, status_of, unsaved
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest
from migrations_app.web.toasts import can_be_undone


@require_http_methods(METHODS)
@login_required
def secret_list(request: PageRequest) -> HttpResponse:
    problems = ProblemsByField()
    if request.method == "POST":
        try:
            stored_secrets.create(
                actor=request.actor,
                now=timezone.now(),
                environment_id=identifier(request.POST.get("environment")) or 0,
                name=request.POST.get("name", ""),
                secret=request.POST.get("secret", ""),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        else:
            messages.success(request, "Stored: plans of this environment can name it.")
            return redirect("secret_list")
    secrets, environments = managed_secrets(actor=request.actor)
    context = {
        "secrets": secrets,
        "environments": environments,
        "problems": problems,
        "values": {"environment": identifier(request.POST.get("environment")), "name": _usable_name(request, problems)},
    }
    return render(request, "settings/secrets.html", context, status=422 if problems else 200)


@require_http_methods(METHODS)
@login_required
def secret_replace(request: PageRequest, stored_secret_id: int) -> HttpResponse:
    row = managed_secret(actor=request.actor, stored_secret_id=stored_secret_id)
    problems, meanwhile = ProblemsByField(), None
    if request.method == "POST":
        try:
            stored_secrets.replace(
                actor=request.actor,
                now=timezone.now(),
                stored_secret_id=stored_secret_id,
                version=identifier(request.POST.get("version")) or 0,
                secret=request.POST.get("secret", ""),
            )
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
        except StaleEdit:
            row = managed_secret(actor=request.actor, stored_secret_id=stored_secret_id)
            meanwhile = unsaved(_edited(row), request, asked=True)  # nobody can tell whether the value is the same
        if not problems and not meanwhile:
            messages.success(request, f"Replaced: the next run that names {row.name} uses the new value.")
            return redirect("secret_list")
    context = {"row": row, "problems": problems, "edited": _edited(row), "meanwhile": meanwhile}
    return render(request, "settings/secret.html", context, status=status_of(meanwhile, problems))


@require_http_methods(METHODS)
@login_required
def secret_archive(request: PageRequest, stored_secret_id: int) -> HttpResponse:
    if asked := unconfirmed(request, partial(_ask, actor=request.actor, stored_secret_id=stored_secret_id)):
        return asked
    version = identifier(request.POST.get("version")) or 0
    stored_secrets.archive(actor=request.actor, now=timezone.now(), stored_secret_id=stored_secret_id, version=version)
    undo = reverse("secret_restore", args=[stored_secret_id])
    can_be_undone(request, "Archived: no new plan can name this secret.", undo=undo)
    return sent_to(request, "secret_list")


@require_POST
@login_required
def secret_restore(request: PageRequest, stored_secret_id: int) -> HttpResponse:
    stored_secrets.restore(actor=request.actor, now=timezone.now(), stored_secret_id=stored_secret_id)
    messages.success(request, "The secret is back: plans can name it again.")
    return sent_to(request, "secret_list")


def _edited(row: StoredSecretRow) -> EditedForm:
    """Nobody reads a value back, so there is nothing to compare: only who replaced it, and when."""
    actions = ("secret.replace", "secret.archive", "secret.restore")
    return EditedForm("stored_secret", row.id, actions, row.version, (), sent_as({}), sealed={"secret": "New value"})


def _ask(*, actor: Actor, stored_secret_id: int) -> Question:
    row = managed_secret(actor=actor, stored_secret_id=stored_secret_id)
    return Question(
        title=f"Archive {row.name}?",
        says=f"No new plan of {row.environment} can name it.",
        thing=row.name,
        environment=row.environment,
        button="Archive",
        keep="Keep it",
        back=reverse("secret_list"),
        kept=("Its value, for the way back of runs that used it", "Its name, which no other secret takes"),
        why_not="it is archived already" if row.archived else "",
        fields=(("version", str(row.version)),),
    )


def _usable_name(request: PageRequest, problems: ProblemsByField) -> str:
    """What was no name is not shown again: it may be the secret, typed into the other field."""
    return "" if problems.of("name") else request.POST.get("name", "")
