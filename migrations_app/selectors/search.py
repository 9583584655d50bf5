"""One box that finds migrations, runs, targets and environments."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q

from migrations_app.models import Environment, Migration, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.targets import address_of

LONGEST = 200
MOST_FOUND = 20
_DIGEST = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class SearchHit:
    """`kind` is migration, run, target or environment; `id` is its id."""

    kind: str
    id: int
    title: str
    subtitle: str
    environment: str


def search(*, actor: Actor, q: str, limit: int = MOST_FOUND) -> tuple[SearchHit, ...]:
    """By words of the title, a name, a number (migration or run id) or the beginning of a plan's digest."""
    words = q[:LONGEST].replace("\x00", "").split()[:6]
    if not words:
        return ()
    access = access_of(actor)
    found = _found(access, words, limit)
    return tuple(islice(found, limit))


def _found(access: Access, words: list[str], limit: int) -> Iterator[SearchHit]:
    number = int(words[0].lstrip("#")) if re.fullmatch(r"#?[0-9]{1,15}", words[0]) and len(words) == 1 else None
    yield from _migrations(access, words, number, limit)
    if number is not None:
        yield from _runs(access, number)
    yield from _targets(access, words, limit)
    yield from _environments(access, words, limit)


def _migrations(access: Access, words: list[str], number: int | None, limit: int) -> Iterator[SearchHit]:
    named = Q()
    for word in words:
        named &= Q(title__icontains=word) | Q(description__icontains=word)
    if number is not None:
        named |= Q(pk=number)
    if _DIGEST.fullmatch(words[0].lower()):
        named |= Q(revisions__digest__startswith=words[0].lower())
    rows = Migration.objects.filter(access.within(Permission.VIEW)).filter(named).select_related("environment")
    for row in rows.distinct().order_by("-pk")[:limit]:
        subtitle = f"migration {row.pk}, {row.get_status_display()}"
        yield SearchHit("migration", row.pk, row.title, subtitle, row.environment.name)


def _runs(access: Access, number: int) -> Iterator[SearchHit]:
    rows = Run.objects.filter(access.within(Permission.VIEW), pk=number)
    for row in rows.select_related("migration__environment"):
        subtitle = f"{row.get_kind_display()} of “{row.migration.title}”, {row.get_state_display()}"
        yield SearchHit("run", row.pk, f"Run {row.pk}", subtitle, row.migration.environment.name)


def _targets(access: Access, words: list[str], limit: int) -> Iterator[SearchHit]:
    rows = Target.objects.filter(access.within(Permission.VIEW), archived_at=None).select_related("environment")
    for word in words:
        rows = rows.filter(name__icontains=word)
    for row in rows.order_by("name")[:limit]:
        yield SearchHit("target", row.pk, row.name, address_of(row.config), row.environment.name)


def _environments(access: Access, words: list[str], limit: int) -> Iterator[SearchHit]:
    rows = Environment.objects.filter(access.within(Permission.VIEW, "pk"))
    for word in words:
        rows = rows.filter(name__icontains=word)
    for row in rows.order_by("position")[:limit]:
        yield SearchHit("environment", row.pk, row.name, row.description, row.name)
