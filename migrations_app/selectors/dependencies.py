"""What a migration runs after, and what runs after it."""

from collections.abc import Iterable

from django.db.models import Q

from migrations_app.engine.start_check import Predecessor
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, MigrationDependency


def predecessors_of(migration: Migration) -> tuple[Predecessor, ...]:
    """In order of their numbers, with where each stands now. Whoever sees the migration may not know of another
    environment, so what is there has its number alone."""
    rows = MigrationDependency.objects.filter(migration=migration).order_by("predecessor")
    found = rows.values_list("predecessor", "predecessor__title", "predecessor__status", "predecessor__environment")
    return tuple(
        Predecessor(number, title if place == migration.environment_id else "", MigrationStatus(status))
        for number, title, status, place in found
    )


def connected(migrations: Iterable[int]) -> dict[int, set[int]]:
    """Of everything that hangs together with these, in whichever direction: what each runs after."""
    seen, frontier = set[int](), set(migrations)
    after = dict[int, set[int]]()
    while frontier:
        seen |= frontier
        near = Q(migration__in=frontier) | Q(predecessor__in=frontier)
        pairs = list(MigrationDependency.objects.filter(near).values_list("migration", "predecessor"))
        for migration, predecessor in pairs:
            after.setdefault(migration, set()).add(predecessor)
        frontier = {number for pair in pairs for number in pair} - seen
    return {number: after.get(number, set()) for number in seen}
