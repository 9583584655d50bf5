from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, SavedFilter
from migrations_app.selectors.saved_filters import saved_filters as listed
from migrations_app.services import saved_filters
from migrations_app.services.errors import InvalidInput, NotFound
from tests.parallel import at_once, exceptions

pytestmark = pytest.mark.django_db


def save(actor, now, name="Mine", query="mine=1"):
    return saved_filters.save(actor=actor, now=now, name=name, query=query)


def names(actor):
    return [row.name for row in listed(actor=actor)]


def test_a_filter_is_saved_under_a_name_and_saved_again_under_it(operator, viewer, now):
    first = save(operator, now, " Mine ")
    again = save(operator, now, "Mine", "mine=1&sort=title")

    assert first == again
    assert [(row.name, row.query) for row in listed(actor=operator)] == [("Mine", "mine=1&sort=title")]
    assert names(viewer) == []
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("name", "query"), [("", "mine=1"), ("x" * 61, "mine=1"), ("ok", "q=" + "x" * 500), ("a\nb", "")]
)
def test_what_cannot_be_a_filter_is_refused(operator, now, name, query):
    with pytest.raises(InvalidInput):
        save(operator, now, name, query)
    assert names(operator) == []


def test_there_is_an_end_to_them(operator, now):
    for number in range(saved_filters.MOST):
        save(operator, now, f"filter {number}")
    with pytest.raises(InvalidInput, match="30 saved filters"):
        save(operator, now, "one more")
    save(operator, now, "filter 0", "q=x")


def test_renaming_never_takes_a_name_that_is_taken(operator, now):
    one, other = save(operator, now, "one"), save(operator, now, "other")
    with pytest.raises(InvalidInput, match="already"):
        saved_filters.rename(actor=operator, now=now, saved_filter_id=one, name="other")
    saved_filters.rename(actor=operator, now=now, saved_filter_id=other, name="another")
    assert names(operator) == ["another", "one"]


def test_at_most_one_is_the_default(operator, now):
    one, other = save(operator, now, "one"), save(operator, now, "other")
    for chosen in (one, other):
        saved_filters.choose_default(actor=operator, now=now, saved_filter_id=chosen, chosen=True)
        assert [row.id for row in listed(actor=operator) if row.is_default] == [chosen]
    saved_filters.choose_default(actor=operator, now=now, saved_filter_id=other, chosen=False)
    assert not any(row.is_default for row in listed(actor=operator))


def test_deleting_is_taken_back_unless_the_name_has_another_owner(operator, now):
    one = save(operator, now, "one")
    saved_filters.choose_default(actor=operator, now=now, saved_filter_id=one, chosen=True)
    saved_filters.delete(actor=operator, now=now, saved_filter_id=one)
    assert names(operator) == []

    saved_filters.restore(actor=operator, now=now, saved_filter_id=one)
    assert [(row.name, row.is_default) for row in listed(actor=operator)] == [("one", False)]
    saved_filters.restore(actor=operator, now=now, saved_filter_id=one)  # twice is once

    saved_filters.delete(actor=operator, now=now, saved_filter_id=one)
    save(operator, now, "one", "q=x")
    with pytest.raises(InvalidInput, match="another filter"):
        saved_filters.restore(actor=operator, now=now, saved_filter_id=one)


def test_what_was_deleted_long_ago_is_gone(operator, now):
    one = save(operator, now, "one")
    saved_filters.delete(actor=operator, now=now, saved_filter_id=one)
    save(operator, now + timedelta(days=2), "two")
    assert not SavedFilter.objects.filter(pk=one).exists()


def test_others_and_strangers_reach_none_of_them(operator, viewer, now):
    one = save(operator, now, "one")
    for change in (saved_filters.delete, saved_filters.restore):
        with pytest.raises(NotFound):
            change(actor=viewer, now=now, saved_filter_id=one)
    with pytest.raises(NotFound):
        saved_filters.rename(actor=viewer, now=now, saved_filter_id=one, name="x")
    assert names(operator) == ["one"]


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
def test_two_windows_that_save_at_once_make_one_filter(operator, now):
    outcomes = at_once(*(lambda: save(operator, now, "same") for _ in range(4)))

    assert exceptions(outcomes) == []
    assert names(operator) == ["same"]
