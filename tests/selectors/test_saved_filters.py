import pytest

from migrations_app.models import SavedFilter
from migrations_app.selectors.saved_filters import SavedFilterRow, saved_filters
from migrations_app.services.actor import ANONYMOUS

pytestmark = pytest.mark.django_db


def test_ones_own_by_name_without_what_is_deleted(people, operator, now):
    def row(name, who="operator", **values):
        return SavedFilter.objects.create(person=people[who], name=name, query="q=x", created_at=now, **values)

    second, first = row("b", is_default=True), row("a")
    row("gone", deleted_at=now)
    row("other", who="viewer")

    assert saved_filters(actor=operator) == (
        SavedFilterRow(first.pk, "a", "q=x", False),
        SavedFilterRow(second.pk, "b", "q=x", True),
    )
    assert saved_filters(actor=ANONYMOUS) == ()
