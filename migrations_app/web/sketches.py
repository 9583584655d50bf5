"""A migration while it is typed, new or edited: begun, kept as one types, started over, and saved."""

import secrets
from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from migrations_app.selectors.authoring import template_choices
from migrations_app.selectors.migrations import migration_page
from migrations_app.selectors.sketches import my_sketch, written_before
from migrations_app.services import sketches
from migrations_app.services.errors import InvalidInput, NotFound, Refused, StaleEdit
from migrations_app.services.sketches import Seen
from migrations_app.web.authoring import edited_page, form_page, planned_or_form, stored
from migrations_app.web.declared import text_of
from migrations_app.web.draft_form import draft_in, offered_for, shown_form, values_in, values_of
from migrations_app.web.numbers import identifier
from migrations_app.web.problems import ProblemsByField, problems_of
from migrations_app.web.requests import PageRequest
from migrations_app.web.sketch_state import STATUS, Said, SketchState, refused
from migrations_app.web.toasts import can_be_undone


@require_POST
@login_required
def sketch_begin(request: PageRequest) -> HttpResponse:
    values, begun_from, clone_of = _beginning(request)
    values |= {name: request.POST[name] for name in values_in(request.POST) if request.POST[name]}
    try:
        begun = sketches.begin(
            actor=request.actor, now=timezone.now(), values=values, begun_from=begun_from, clone_of=clone_of
        )
    except InvalidInput as refusal:
        messages.error(request, f"{refusal.message} {refusal.fix}")
        return redirect("migration_new")
    return redirect("sketch", begun)


@never_cache
@require_safe
@login_required
def migration_edit(request: PageRequest, migration_id: int) -> HttpResponse:
    """Where one is with it. What begins here is private, empty of news, and gone in an hour unless somebody types."""
    now = timezone.now()
    page = migration_page(actor=request.actor, migration_id=migration_id, now=now)
    values = values_of(stored(page))
    begun = sketches.begin_edit(actor=request.actor, now=now, migration_id=migration_id, values=values)
    return redirect("sketch", begun)


@never_cache  # else the back button may show what was there before anything was typed
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def sketch(request: PageRequest, sketch_id: int) -> HttpResponse:
    if request.method == "POST":
        return _saved(request, sketch_id)
    page = my_sketch(actor=request.actor, sketch_id=sketch_id)
    if page.became is not None:
        messages.info(request, "What you were writing is this migration now.")
        return redirect("migration", page.became)
    before = written_before(actor=request.actor, sketch_id=sketch_id)
    shown = shown_form(request.actor, offered_for(request.actor, page.values), page.values, before=before)
    state = SketchState(
        sketch_id,
        Said.KEPT if page.touched else Said.NEW,
        page.version,
        secrets.token_hex(8),
        kept_at=page.row.changed_at if page.touched else None,
        begun_from=page.row.begun_from,
        of_version=page.of_version,
    )
    return form_page(request, shown, edited_page(request, page.edits) if page.edits else None, state)


@require_POST
def sketch_keep(request: PageRequest, sketch_id: int) -> HttpResponse:
    """What a page sends while somebody types. Without scripts: a button, and the form again."""
    if not request.user.is_authenticated:
        return _signed_out(request, sketch_id)
    values = values_in(request.POST)
    if "own" in request.POST and not request.htmx:  # htmx sends the pressed button with whatever it sends next
        return redirect("sketch", sketches.begin(actor=request.actor, now=timezone.now(), values=values, typed=True))
    state = _kept(request, sketch_id, values)
    if request.htmx:
        return _told(request, state, values)
    if state.refusal is not None:
        messages.error(request, f"{state.refusal.message} {state.refusal.fix}")
    return redirect("sketch", sketch_id)


@require_POST
@login_required
def sketch_discard(request: PageRequest, sketch_id: int) -> HttpResponse:
    page = my_sketch(actor=request.actor, sketch_id=sketch_id)
    sketches.discard(actor=request.actor, now=timezone.now(), sketch_id=sketch_id)
    can_be_undone(request, "The draft is discarded.", undo=reverse("sketch_restore", args=[sketch_id]))
    return redirect("migration_new") if page.edits is None else redirect("migration", page.edits)


@require_POST
@login_required
def sketch_restore(request: PageRequest, sketch_id: int) -> HttpResponse:
    sketches.restore(actor=request.actor, now=timezone.now(), sketch_id=sketch_id)
    return redirect("sketch", sketch_id)


def _beginning(request: PageRequest) -> tuple[dict[str, str], str, int | None]:
    """The texts to begin with, in words what they come from, and the migration that is cloned."""
    wanted = request.POST.get("template", "")
    found = next((choice for choice in template_choices() if choice.key == wanted), None)
    if found is not None:
        template = found.template
        values = {
            "handler": found.handler,
            "title": template.suggested_title,
            "description": template.description,
            **{f"parameters.{name}": text_of(value) for name, value in template.parameters.items()},
            **{f"options.{name}": text_of(value) for name, value in template.options.items()},
        }
        return values, f"the template “{template.title}”", None
    original = identifier(request.POST.get("clone"))
    if original is not None:
        page = migration_page(actor=request.actor, migration_id=original, now=timezone.now())
        title = f"{page.row.title[:190]} (copy)"
        return values_of(stored(page)) | {"title": title}, f"a copy of “{page.row.title[:150]}”", original
    return {}, "", None


def _saved(request: PageRequest, sketch_id: int) -> HttpResponse:
    values, edits = values_in(request.POST), identifier(request.POST.get("edits"))
    form = offered_for(request.actor, values)
    save = sketches.create if edits is None else partial(sketches.finish_edit, migration_id=edits)
    before = written_before(actor=request.actor, sketch_id=sketch_id)
    draft, seen = draft_in(form, values, before), _seen(request)
    try:
        made = save(actor=request.actor, now=timezone.now(), sketch_id=sketch_id, seen=seen, draft=draft)
    except (InvalidInput, StaleEdit, NotFound) as refusal:
        shown = shown_form(request.actor, form, values, ProblemsByField(problems_of(refusal)), before=before)
        state = _kept(request, sketch_id, values)  # for those without scripts too
        return form_page(request, shown, edited_page(request, edits) if edits else None, state)
    if made.voided_signatures:
        messages.warning(request, f"Your edit voided {made.voided_signatures} signature(s); their owners were told.")
    return planned_or_form(request, made.migration_id)


def _kept(request: PageRequest, sketch_id: int, values: dict[str, str]) -> SketchState:
    seen, before = _seen(request), request.POST.get("said", "")
    try:
        kept = sketches.keep(actor=request.actor, now=timezone.now(), sketch_id=sketch_id, seen=seen, values=values)
    except Refused as refusal:
        return refused(sketch_id, refusal, seen=seen, before=before)
    said = Said.KEPT if kept.became is None else Said.BECAME
    return SketchState(sketch_id, said, kept.version, seen.writer, before, kept.at, became=kept.became)


def _seen(request: PageRequest) -> Seen:
    return Seen(identifier(request.POST.get("version")) or 0, request.POST.get("writer", ""))


def _told(request: PageRequest, state: SketchState, values: dict[str, str]) -> HttpResponse:
    """The line about the draft; once it is kept, also the document, and the fields that another choice changes."""
    context: dict[str, object] = {"sketch": state, "live": True}
    if state.said is Said.KEPT:
        before = written_before(actor=request.actor, sketch_id=state.id)
        shown = shown_form(request.actor, offered_for(request.actor, values), values, before=before)
        context |= {"form": shown, "problems": shown.problems, "fields": request.htmx.target == "fields"}
    answer = render(request, "migrations/kept.html", context, status=STATUS.get(state.said, 200))
    if "form" not in context:
        answer["HX-Reswap"] = "none"
    return answer


def _signed_out(request: PageRequest, sketch_id: int) -> HttpResponse:
    back = reverse("sketch", args=[sketch_id])
    if not request.htmx:
        return redirect_to_login(back)
    return _told(request, SketchState(sketch_id, Said.SIGNED_OUT, before=request.POST.get("said", ""), back=back), {})
