"""Review policies: the list, one with its versions, proposing, confirming, and what it would have asked for."""

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors.policies import PolicyPage, list_policies, policy_choices, policy_page
from migrations_app.selectors.policy_replay import replay
from migrations_app.services import policies
from migrations_app.services.errors import Conflict, InvalidInput, StaleEdit, StepUpRequired
from migrations_app.web.edited_meanwhile import EditedForm, Meanwhile, seen_in, status_of, unsaved
from migrations_app.web.numbers import identifier
from migrations_app.web.policy_form import PolicyForm, as_sent, choices, compared, of_version, sent
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest


@require_safe
@login_required
def policy_list(request: PageRequest) -> HttpResponse:
    return render(request, "policies/list.html", {"policies": list_policies(actor=request.actor)})


@require_safe
@login_required
def policy(request: PageRequest, policy_id: int) -> HttpResponse:
    page = policy_page(actor=request.actor, policy_id=policy_id, now=timezone.now())
    return render(request, "policies/policy.html", {"page": page})


@require_safe
@login_required
def policy_replay(request: PageRequest, policy_id: int, number: int) -> HttpResponse:
    cursor = request.GET.get("cursor", "")
    found = replay(actor=request.actor, policy_id=policy_id, number=number, now=timezone.now(), cursor=cursor)
    return render(request, "policies/replay.html", {"replay": found})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def policy_new(request: PageRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, PolicyForm(), ProblemsByField())
    form = sent(request.POST)
    try:
        made = policies.propose(
            actor=request.actor,
            now=timezone.now(),
            name=form.name,
            conditions=form.conditions,
            requirements=form.requirements,
            comment_required=form.comment_required,
            reason=form.reason,
        )
    except InvalidInput as refused:
        return _form(request, form, ProblemsByField(refused.problems))
    messages.success(request, "Proposed. It asks for nothing until another admin confirms it.")
    return redirect("policy", made)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def policy_edit(request: PageRequest, policy_id: int) -> HttpResponse:
    page = policy_page(actor=request.actor, policy_id=policy_id, now=timezone.now())
    in_force = of_version(page.row.name, page.row.active or page.versions[0])
    if request.method != "POST":
        return _form(request, in_force, ProblemsByField(), _edited(request, page, in_force))
    form = sent(request.POST)
    try:
        policies.propose_change(
            actor=request.actor,
            now=timezone.now(),
            policy_id=policy_id,
            conditions=form.conditions,
            requirements=form.requirements,
            comment_required=form.comment_required,
            reason=form.reason,
            seen=seen_in(request.POST),
        )
    except (InvalidInput, Conflict) as refused:
        problems = ProblemsByField(problems_of(refused))
        return _form(request, form, problems, _edited(request, page, in_force))
    except StaleEdit:
        page = policy_page(actor=request.actor, policy_id=policy_id, now=timezone.now())
        newest = of_version(page.row.name, page.row.proposal or page.row.active or page.versions[0])
        edited = _edited(request, page, newest)
        if meanwhile := unsaved(edited, request):
            return _form(request, sent(meanwhile.values), ProblemsByField(), edited, meanwhile)
    messages.success(request, "Proposed. The version in force stays until another admin confirms this one.")
    return redirect("policy", policy_id)


@require_POST
@login_required
def policy_retire(request: PageRequest, policy_id: int) -> HttpResponse:
    policies.propose_retirement(
        actor=request.actor, now=timezone.now(), policy_id=policy_id, reason=request.POST.get("reason", "")
    )
    messages.success(request, "Proposed. The policy stays in force until another admin confirms its end.")
    return redirect("policy", policy_id)


@require_POST
@login_required
def policy_confirm(request: PageRequest, policy_id: int) -> HttpResponse:
    """Raises ReauthenticationRequired, which allauth answers: it keeps what was posted and resumes it afterwards."""
    number = identifier(request.POST.get("number")) or 0
    try:
        changed = policies.confirm(actor=request.actor, now=timezone.now(), policy_id=policy_id, number=number)
    except StepUpRequired:
        raise ReauthenticationRequired from None
    messages.success(
        request, f"Confirmed. {changed} open review{'' if changed == 1 else 's'} asked for something else."
    )
    return redirect("policy", policy_id)


@require_POST
@login_required
def policy_withdraw(request: PageRequest, policy_id: int) -> HttpResponse:
    policies.withdraw(
        actor=request.actor, now=timezone.now(), policy_id=policy_id, number=identifier(request.POST.get("number")) or 0
    )
    messages.success(request, "Withdrawn. It never comes into force.")
    return redirect("policy", policy_id)


def _edited(request: PageRequest, page: PolicyPage, form: PolicyForm) -> EditedForm:
    """`form` is what it says now: the proposal that waits, else what is in force."""
    row, waiting = page.row, page.row.proposal
    return EditedForm(
        "policy",
        row.id,
        ("policy.propose", "policy.confirm", "policy.withdraw"),
        row.version,
        compared(choices(policy_choices(actor=request.actor))),
        as_sent(form),
        {"In force": f"version {row.active.number}" if row.active else "no version"},
        blocked=f"Version {waiting.number}, which {waiting.proposed_by} proposed, waits: it has to be confirmed or "
        "withdrawn before there can be another proposal."
        if waiting
        else "",
    )


def _form(
    request: PageRequest,
    form: PolicyForm,
    problems: ProblemsByField,
    edited: EditedForm | None = None,
    meanwhile: Meanwhile | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "problems": problems,
        "choices": choices(policy_choices(actor=request.actor)),
        "policy_id": edited.key if edited else None,
        "edited": edited,
        "meanwhile": meanwhile,
    }
    return render(request, "policies/form.html", context, status=status_of(meanwhile, problems))
