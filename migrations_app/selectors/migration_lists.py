"""The list of migrations: its filters, its order, and how many each further filter would leave."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Value, When

from migrations_app.engine.lifecycle import ARCHIVABLE
from migrations_app.engine.policy import Policy
from migrations_app.engine.vocabulary import MigrationStatus, MigrationType, ReviewState, RiskLevel
from migrations_app.models import Environment, Migration
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.migration_rows import MigrationRow, rows_of, with_newest_plan
from migrations_app.selectors.paging import PAGE, Listing, cut
from migrations_app.selectors.risk import RiskView, newest_risks

ORDERS: Mapping[str, str] = {
    "": "-pk",
    "title": "title",
    "-title": "-title",
    "changed": "changed_at",
    "-changed": "-changed_at",
    "risk": "score_now",
    "-risk": "-score_now",
}

_PUT_AWAY = Q(archived_at__isnull=False, status__in=ARCHIVABLE)

# What the facets of the list look at.
_FIELDS: Mapping[str, str] = {
    "status": "status",
    "review_state": "review_state",
    "environment": "environment__name",
    "type": "type",
    "risk": "level_now",
    "mine": "written_by_me",
}


@dataclass(frozen=True, slots=True)
class MigrationFilters:
    """Empty means any. `environment` is a name; `q` is looked for in title and description. `mine`: written by me.

    `archived`: those alone that were put away; without it they are left out, unless they are at work again.
    """

    q: str = ""
    environment: str = ""
    status: str = ""
    type: str = ""
    review_state: str = ""
    risk: str = ""
    mine: bool = False
    archived: bool = False


ANY_MIGRATION = MigrationFilters()


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """`values` are those that the other filters leave, in the order in which they make sense."""

    name: str
    values: tuple[FacetValue, ...]


def list_migrations(
    *,
    actor: Actor,
    now: datetime,
    filters: MigrationFilters = ANY_MIGRATION,
    cursor: str = "",
    limit: int = PAGE,
    order: str = "",
    access: Access | None = None,
    policies: Iterable[Policy] | None = None,
) -> Listing[MigrationRow]:
    """Newest first, or by one of `ORDERS`; of the environments that the actor may see.

    `access` of the actor and `policies` in force: where they have been read already.
    """
    risks, by = newest_risks(now=now), ORDERS.get(order, "-pk")
    matching = _matching(actor, access or access_of(actor), filters, risks)
    page = cut(matching, cursor=cursor, limit=limit, by=by, shown=lambda rows: with_newest_plan(_weighed(rows, risks)))
    return Listing(rows_of(page.rows, now=now, policies=policies, risks=risks), page.next_cursor, page.total)


def migration_facets(*, actor: Actor, now: datetime, filters: MigrationFilters) -> tuple[Facet, ...]:
    """What a facet is filtered by itself does not narrow it. As many queries, however many facets there are: one
    counts each combination of values that occurs, and those are few."""
    asked = MigrationFilters(q=filters.q, archived=filters.archived)
    rows = _matching(actor, access_of(actor), asked, newest_risks(now=now))
    rows = rows.annotate(written_by_me=Q(created_by=actor.person_id)).order_by()
    counted = list(rows.values_list(*_FIELDS.values()).annotate(Count("pk")))
    wanted = {name: ("1" if filters.mine else "") if name == "mine" else getattr(filters, name) for name in _FIELDS}
    environments = Environment.objects.order_by("position").values_list("name", flat=True)
    orders: Mapping[str, Iterable[str]] = {
        "status": MigrationStatus,
        "review_state": ReviewState,
        "environment": environments,
        "type": MigrationType,
        "risk": RiskLevel,
        "mine": ("1",),
    }
    return tuple(_facet(name, counted, wanted, orders[name]) for name in _FIELDS)


def _facet(name: str, counted: Sequence[Sequence[Any]], wanted: Mapping[str, str], order: Iterable[str]) -> Facet:
    counts: Counter[str] = Counter()
    for *values, number in counted:
        here = {key: "1" if value is True else value or "" for key, value in zip(_FIELDS, values, strict=True)}
        if all(value == here[key] for key, value in wanted.items() if value and key != name):
            counts[here[name]] += number
    always = {"1"} if name == "mine" else set()
    return Facet(name, tuple(FacetValue(str(v), counts[v]) for v in order if counts[v] or v in always))


def _weighed(rows: QuerySet[Migration], risks: Mapping[int, RiskView]) -> QuerySet[Migration]:
    """With the risk of this moment: `risks` are those of which something is waived."""
    levels, scores = (defaultdict[str | int, list[int]](list) for _ in range(2))
    for migration_id, risk in risks.items():
        levels[str(risk.level)].append(migration_id)
        scores[risk.score].append(migration_id)
    return rows.annotate(
        level_now=_else("risk_level", levels, CharField()), score_now=_else("risk_score", scores, IntegerField())
    )


def _else(
    field: str, waived: Mapping[str | int, list[int]], kind: "CharField[str, str] | IntegerField[int, int]"
) -> Case:
    """What that column says, unless something is waived: ids by what holds for them instead."""
    planned = ~Q(risk_level="")
    return Case(
        *(When(planned, pk__in=ids, then=Value(value)) for value, ids in waived.items()),
        default=F(field),
        output_field=kind,
    )


def _matching(
    actor: Actor, access: Access, filters: MigrationFilters, risks: Mapping[int, RiskView]
) -> QuerySet[Migration]:
    rows = _weighed(Migration.objects.filter(access.within(Permission.VIEW)), risks)
    rows = rows.filter(_PUT_AWAY) if filters.archived else rows.exclude(_PUT_AWAY)
    if filters.environment:
        rows = rows.filter(environment__name=filters.environment)
    if filters.status:
        rows = rows.filter(status=filters.status)
    if filters.type:
        rows = rows.filter(type=filters.type)
    if filters.review_state:
        rows = rows.filter(review_state=filters.review_state)
    if filters.mine:
        rows = rows.filter(created_by=actor.person_id)
    if filters.risk:
        rows = rows.filter(Q(level_now=filters.risk))
    for word in filters.q.replace("\x00", "").split()[:8]:
        rows = rows.filter(Q(title__icontains=word) | Q(description__icontains=word))
    return rows
