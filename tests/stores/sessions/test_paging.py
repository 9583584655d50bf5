import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.sessions.paging import (
    FIRST_PAGE,
    PAGE_BYTES,
    PageBudget,
    read_cursor,
    separator,
    take,
    write_cursor,
)
from migrations_app.stores.sessions.records import SessionRecord


def records(count, size):
    return [SessionRecord(str(n), b"x" * size) for n in range(count)]


def test_the_first_page_is_small_and_small_values_fill_the_next():
    budget = PageBudget()
    assert budget.rows(5000) == FIRST_PAGE
    assert budget.rows(7) == 7
    budget.saw(records(10, 300))
    assert budget.rows(5000) == 5000


def test_large_values_make_small_pages_and_are_forgotten_slowly():
    budget = PageBudget()
    budget.saw(records(2, PAGE_BYTES))
    assert budget.rows(1000) == 1
    budget.saw([])
    assert budget.rows(1000) == 1
    for _ in range(100):
        budget.saw(records(2, 10))
    assert budget.rows(1000) == 1000


@pytest.mark.parametrize(
    ("names", "size", "limit", "expected"),
    [
        ("", 3, 3, ([], None)),
        ("ab", 3, 3, (["a", "b"], None)),
        ("abcd", 3, 3, (["a", "b", "c"], 3)),
        ("aAbBc", 5, 2, (["a", "b"], 4)),
        ("aAbBc", 4, 2, (["a", "b"], 4)),
        ("AAA", 2, 1, ([], 2)),
    ],
)
def test_a_page_ends_at_its_limit_or_where_the_names_end(names, size, limit, expected):
    assert take(list(names), size, limit, str.islower) == expected


def test_cursors_come_back():
    assert read_cursor(write_cursor(at="12", part=1)) == {"at": "12", "part": 1}


@pytest.mark.parametrize("cursor", ["", "x", "[1]", "null", "{"])
def test_other_texts_are_no_cursors(cursor):
    with pytest.raises(ValidationFailed):
        read_cursor(cursor)


@pytest.mark.parametrize(
    ("before", "after", "between"), [("", "abc", "a"), ("ab", "abcd", "abc"), ("abd", "abé", "abé"), ("a", "b", "b")]
)
def test_a_cursor_s_beginning_sorts_behind_the_page_and_tells_as_little_as_it_can(before, after, between):
    assert separator(before, after) == between
