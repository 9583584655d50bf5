"""The list of migrations. Its address is its state: filters, order and slice; empty ones are left out of it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from migrations_app.engine.vocabulary import MigrationStatus, MigrationType
from migrations_app.models.actor import Actor
from migrations_app.selectors.migration_lists import (
    ORDERS,
    Facet,
    MigrationFilters,
    list_migrations,
    migration_facets,
)
from migrations_app.selectors.saved_filters import SavedFilterRow, saved_filters
from migrations_app.web.requests import PageRequest
from migrations_app.web.wording import review_words, words

TEXTS = ("q", "status", "review_state", "environment", "type", "risk")
FLAGS = ("mine", "archived")
LABELS = {"review_state": "Review", "mine": "Mine"}
EVERYTHING = "all"  # an address that says: no filter, not even my default
STARTABLE = (MigrationStatus.DRAFT, MigrationStatus.PLANNED, MigrationStatus.VALIDATING)
TYPES = {str(kind): words(kind) for kind in MigrationType}


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    count: int
    url: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class FacetMenu:
    """`chosen` is the label of the value that is filtered by, `clear` the address without it."""

    name: str
    label: str
    chosen: str
    clear: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address of the list asks for."""

    filters: MigrationFilters
    order: str

    @property
    def query(self) -> str:
        """The canonical query string: saved filters are compared by it."""
        texts = {name: str(value) for name, value in asdict(self.filters).items() if value and name not in FLAGS}
        flags = {name: "1" for name in FLAGS if getattr(self.filters, name)}
        return urlencode(texts | flags | ({"sort": self.order} if self.order else {}))

    def url(self, **changes: str) -> str:
        """The list's address with something else asked for; '' takes a filter away."""
        values: dict[str, str] = dict(parse_qsl(self.query)) | changes
        kept = {name: value for name, value in values.items() if value}
        return f"{reverse('migration_list')}?{urlencode(kept) or EVERYTHING}"


@require_safe
@login_required
def migration_list(request: PageRequest) -> HttpResponse:
    mine = saved_filters(actor=request.actor)
    default = next((row for row in mine if row.is_default), None)
    if default and not request.GET:
        return redirect(f"{reverse('migration_list')}?{default.query or EVERYTHING}")
    asked = asked_for(request.GET)
    context = {"asked": asked, "saved": mine, "current": _current(mine, asked), **_found(request, asked)}
    return render(request, "migrations/list.html#listing" if request.htmx else "migrations/list.html", context)


def asked_for(query: QueryDict) -> Asked:
    texts = {name: query.get(name, "").strip()[:100] for name in TEXTS}
    order = query.get("sort", "")
    filters = MigrationFilters(**texts, mine=query.get("mine") == "1", archived=query.get("archived") == "1")
    return Asked(filters, order if order in ORDERS else "")


def facet_menus(actor: Actor, asked: Asked, now: datetime) -> tuple[FacetMenu, ...]:
    return tuple(_menu(facet, asked) for facet in migration_facets(actor=actor, now=now, filters=asked.filters))


def _found(request: PageRequest, asked: Asked) -> dict[str, object]:
    cursor, now = request.GET.get("cursor", ""), timezone.now()
    listing = list_migrations(actor=request.actor, now=now, filters=asked.filters, order=asked.order, cursor=cursor)
    return {
        "listing": listing,
        "startable": STARTABLE,
        "facets": facet_menus(request.actor, asked, now),
        "older": asked.url(cursor=listing.next_cursor) if listing.next_cursor else "",
        "sorts": {
            "title": asked.url(sort="-title" if asked.order == "title" else "title"),
            "risk": asked.url(sort="risk" if asked.order == "-risk" else "-risk"),
            "changed": asked.url(sort="changed" if asked.order == "-changed" else "-changed"),
        },
        "archive": asked.url(archived="" if asked.filters.archived else "1"),
        "filtered": bool(asked.query and asked.query != urlencode({"sort": asked.order})),
    }


def _menu(facet: Facet, asked: Asked) -> FacetMenu:
    present = str(getattr(asked.filters, facet.name) or "") if facet.name != "mine" else "1" * asked.filters.mine
    choices = tuple(
        Choice(_label(facet.name, v.value), v.count, asked.url(**{facet.name: v.value}), v.value == present)
        for v in facet.values
    )
    label = LABELS.get(facet.name, words(facet.name).capitalize())
    chosen = _label(facet.name, present) if present else ""
    return FacetMenu(facet.name, label, chosen, asked.url(**{facet.name: ""}), choices)


def _label(name: str, value: str) -> str:
    if name == "review_state":
        return review_words(value)
    return "written by me" if name == "mine" else TYPES.get(value, words(value))


def _current(mine: tuple[SavedFilterRow, ...], asked: Asked) -> SavedFilterRow | None:
    return next((row for row in mine if row.query == asked.query), None)
