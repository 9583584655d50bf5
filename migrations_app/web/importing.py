"""A YAML document becomes a migration, where it says or elsewhere."""

from dataclasses import replace

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from migrations_app.selectors.authoring import authoring_form
from migrations_app.services import documents, sketches
from migrations_app.services.documents import Elsewhere
from migrations_app.services.errors import InvalidInput
from migrations_app.services.yaml_text import MOST_BYTES
from migrations_app.web.draft_form import offered_for, values_of
from migrations_app.web.problems import ProblemsByField
from migrations_app.web.requests import PageRequest

ROLE = "targets."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def migration_import(request: PageRequest) -> HttpResponse:
    problems, text = ProblemsByField(), ""
    if request.method == "POST":
        upload = request.FILES.get("file")
        text = upload.read(MOST_BYTES + 1).decode(errors="replace") if upload else request.POST.get("text", "")
        try:
            return _imported(request, text)
        except InvalidInput as refused:
            problems = ProblemsByField(refused.problems)
    environment = request.POST.get("environment", "")
    context = {
        "text": text,
        "problems": problems,
        "environment": environment,
        "environments": authoring_form(actor=request.actor).environments,
        "roles": documents.mapping_offer(actor=request.actor, text=text, environment=environment) if problems else (),
        "chosen": _elsewhere(request).targets,
    }
    return render(request, "migrations/import.html", context, status=422 if problems else 200)


def _imported(request: PageRequest, text: str) -> HttpResponse:
    """A migration at once, or the form with what the document says."""
    actor, now, elsewhere = request.actor, timezone.now(), _elsewhere(request)
    if "open" not in request.POST:
        made = documents.import_yaml(actor=actor, now=now, text=text, elsewhere=elsewhere)
        messages.success(request, "Imported as a draft; plan it next.")
        return redirect("migration", made)
    draft = documents.read_yaml(actor=actor, now=now, text=text, elsewhere=elsewhere)
    form = offered_for(actor, values_of(draft), of_type=draft.type)
    draft = replace(draft, handler=form.handler.handler if form.handler else "")
    begun = sketches.begin(
        actor=actor, now=now, values=values_of(draft), begun_from="a YAML document", document=draft, typed=True
    )
    return redirect("sketch", begun)


def _elsewhere(request: PageRequest) -> Elsewhere:
    """What the page sends beside the document; a role that is left as it is sends nothing."""
    sent = {name: request.POST.get(name, "") for name in request.POST if name.startswith(ROLE)}
    targets = {name.removeprefix(ROLE): target for name, target in sent.items() if target}
    return Elsewhere(request.POST.get("environment", ""), targets)
