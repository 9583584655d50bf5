"""A person's own filters, as their page offers them."""

from dataclasses import dataclass

from migrations_app.models import SavedFilter
from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class SavedFilterRow:
    id: int
    name: str
    query: str
    is_default: bool


def saved_filters(*, actor: Actor, page: str = SavedFilter.MIGRATIONS) -> tuple[SavedFilterRow, ...]:
    """By name; nobody else's."""
    if actor.person_id is None:
        return ()
    rows = SavedFilter.objects.filter(person_id=actor.person_id, page=page, deleted_at=None)
    return tuple(SavedFilterRow(row.pk, row.name, row.query, row.is_default) for row in rows)
