"""The command palette: things, actions, pages and explanations by what somebody types, as far as they may.

What can be done and where one can go is the table `COMMANDS` and the frame's own navigation; the next command is one
more row.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from migrations_app.selectors.search_table import KINDS
from migrations_app.selectors.shell import Shell, shell
from migrations_app.services import searching
from migrations_app.web.help import TERMS
from migrations_app.web.requests import PageRequest
from migrations_app.web.shell import navigation, settings_tabs

MOST = 8  # of each group: what a person reads before typing one more letter
MOST_OF_A_KIND = 3


@dataclass(frozen=True, slots=True)
class Entry:
    """`posts` is what is sent to `url` for an entry that does something at once, a button: a name and its value."""

    label: str
    url: str
    icon: str
    detail: str = ""
    posts: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """`page` is the name of its address; `words` find it too, and are not shown."""

    label: str
    page: str
    icon: str
    allowed: Callable[[Shell], bool] = lambda _: True
    words: str = ""
    posts: tuple[str, str] | None = None


COMMANDS = (
    Command("New migration", "migration_new", "plus", lambda reader: reader.can_author, "create plan"),
    Command("Import a migration from YAML", "migration_import", "arrow-up-tray", lambda reader: reader.can_author),
    Command("New target", "target_new", "plus", lambda reader: reader.can_manage_targets, "create store database"),
    Command("New environment", "environment_new", "plus", lambda reader: reader.can_manage_environments, "create"),
    Command("New freeze", "freeze_new", "plus", lambda reader: reader.can_manage_environments, "create stop"),
    Command("New policy", "policy_new", "plus", lambda reader: reader.can_manage_policies, "create signatures"),
    Command("Invite somebody", "invitation_list", "user-plus", lambda reader: reader.can_manage_people, "new person"),
    Command("New API token", "settings_tokens", "key", words="create bearer ci"),
    Command("Export the audit trail", "audit_export", "arrow-down-tray", lambda reader: reader.can_read_audit),
    Command("Dark theme", "theme_choose", "moon", words="night mode colours", posts=("theme", "dark")),
    Command("Light theme", "theme_choose", "sun", words="day mode colours", posts=("theme", "light")),
    Command("Theme of this device", "theme_choose", "computer-desktop", words="colours", posts=("theme", "")),
)


@require_safe
@login_required
def palette(request: PageRequest) -> HttpResponse:
    groups = groups_of(request, request.GET.get("q", "").strip())
    context = {"groups": groups, "count": sum(len(group.entries) for group in groups), "query": request.GET.get("q")}
    return render(request, "partials/palette_hits.html", context)


def groups_of(request: PageRequest, query: str) -> tuple[Group, ...]:
    """Things first when something was typed; nothing typed shows where one can go and what one can begin."""
    hits = searching.quick(actor=request.actor, now=timezone.now(), q=query, limit=MOST, each=MOST_OF_A_KIND)
    found = tuple(
        Entry(hit.title, hit.path, KINDS[hit.kind].icon, _detail(hit.subtitle, hit.environment)) for hit in hits
    )
    return (*((Group("Things", found),) if found else ()), *doable(request, query.split()))


def doable(request: PageRequest, words: Iterable[str]) -> tuple[Group, ...]:
    """What one can do, where one can go and what is explained, by these words; without any, the first two in full."""
    reader, small = shell(actor=request.actor), [word.casefold() for word in words]
    named = (
        ("Actions", _matching(_actions(reader), small)),
        ("Pages", _matching(_pages(request, reader), small)),
        ("Help", _matching(_explained(), small) if small else ()),
    )
    return tuple(Group(name, entries) for name, entries in named if entries)


def _detail(subtitle: str, environment: str) -> str:
    return " · ".join(dict.fromkeys(part for part in (subtitle, environment) if part))


def _matching(entries: Iterator[tuple[Entry, str]], words: list[str]) -> tuple[Entry, ...]:
    found = [entry for entry, text in entries if all(word in text.casefold() for word in words)]
    return tuple(found if not words else found[:MOST])


def _actions(reader: Shell) -> Iterator[tuple[Entry, str]]:
    for command in COMMANDS:
        if command.allowed(reader):
            entry = Entry(command.label, reverse(command.page), command.icon, posts=command.posts)
            yield entry, f"{command.label} {command.words}"


def _pages(request: PageRequest, reader: Shell) -> Iterator[tuple[Entry, str]]:
    for item in navigation(request, reader):
        label = f"Go to {item.label.lower()}"
        yield Entry(label, item.url, item.icon), label
    for item in settings_tabs(request, reader):
        label = f"Settings: {item.label.lower()}"
        yield Entry(label, item.url, "cog-6-tooth"), f"{label} go to"
    yield Entry("What the words mean", reverse("help"), "question-mark-circle"), "What the words mean help glossary"


def _explained() -> Iterator[tuple[Entry, str]]:
    for key, term in TERMS.items():
        url = f"{reverse('help')}#{key.replace('_', '-')}"
        yield Entry(f"About {term.name}", url, "question-mark-circle"), f"About {term.name} help {key}"
