"""The command palette: pages, actions and things by what somebody types, as far as they may see and do them."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from migrations_app.selectors.search import search
from migrations_app.selectors.shell import Shell, shell
from migrations_app.web.requests import PageRequest
from migrations_app.web.shell import navigation, settings_tabs

ICONS = {
    "migration": "document-text",
    "run": "play",
    "target": "circle-stack",
    "environment": "square-3-stack-3d",
}
MOST = 8  # of each group: what a person reads before typing one more letter


@dataclass(frozen=True, slots=True)
class Entry:
    label: str
    url: str
    icon: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    entries: tuple[Entry, ...]


@require_safe
@login_required
def palette(request: PageRequest) -> HttpResponse:
    groups = groups_of(request, request.GET.get("q", "").strip())
    context = {"groups": groups, "count": sum(len(group.entries) for group in groups), "query": request.GET.get("q")}
    return render(request, "partials/palette_hits.html", context)


def groups_of(request: PageRequest, query: str) -> tuple[Group, ...]:
    """Things first when something was typed; nothing typed shows where one can go and what one can begin."""
    reader = shell(actor=request.actor)
    words = query.casefold().split()
    hits = search(actor=request.actor, q=query, limit=MOST) if words else ()
    found = tuple(
        Entry(hit.title, reverse(hit.kind, args=[hit.id]), ICONS[hit.kind], _detail(hit.subtitle, hit.environment))
        for hit in hits
    )
    actions = _matching(_actions(reader), words)
    pages = _matching(_pages(request, reader), words)
    named = (("Things", found), ("Actions", actions), ("Pages", pages))
    return tuple(Group(name, entries) for name, entries in named if entries)


def _detail(subtitle: str, environment: str) -> str:
    return " · ".join(dict.fromkeys(part for part in (subtitle, environment) if part))


def _matching(entries: Iterator[Entry], words: list[str]) -> tuple[Entry, ...]:
    found = [entry for entry in entries if all(word in entry.label.casefold() for word in words)]
    return tuple(found if not words else found[:MOST])


def _actions(reader: Shell) -> Iterator[Entry]:
    if reader.can_author:
        yield Entry("New migration", reverse("migration_new"), "plus")
        yield Entry("Import a migration from YAML", reverse("migration_import"), "arrow-up-tray")
    if reader.can_manage_targets:
        yield Entry("New target", reverse("target_new"), "plus")
    if reader.can_manage_environments:
        yield Entry("New environment", reverse("environment_new"), "plus")
    if reader.can_read_audit:
        yield Entry("Export the audit trail", reverse("audit_export"), "arrow-down-tray")


def _pages(request: PageRequest, reader: Shell) -> Iterator[Entry]:
    for item in navigation(request, reader):
        yield Entry(f"Go to {item.label.lower()}", item.url, item.icon)
    for item in settings_tabs(request, reader):
        yield Entry(f"Settings: {item.label.lower()}", item.url, "cog-6-tooth")
