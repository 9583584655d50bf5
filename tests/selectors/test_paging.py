import pytest

from migrations_app.models import Environment
from migrations_app.selectors.paging import LARGEST_PAGE, MOST_COUNTED, cut

pytestmark = pytest.mark.django_db


@pytest.fixture
def hundred(now):
    return Environment.objects.bulk_create([Environment(name=f"e{n}", position=n, created_at=now) for n in range(100)])


def names(cursor="", limit=40):
    page = cut(Environment.objects.all(), cursor=cursor, limit=limit)
    return [row.name for row in page.rows], page.next_cursor, page.total


def test_slices_follow_each_other_newest_first(hundred):
    first, cursor, total = names()
    second, cursor, _ = names(cursor)
    third, end, _ = names(cursor)

    assert first + second + third == [f"e{n}" for n in reversed(range(100))]
    assert (total, end) == (100, "")


def test_new_rows_do_not_move_what_is_left(hundred, now):
    _, cursor, _ = names()
    Environment.objects.create(name="new", position=1000, created_at=now)

    assert names(cursor)[0][0] == "e59"


@pytest.mark.parametrize("cursor", ["x", "-5", "1.5", "٣", "9" * 40, "1; drop table"])
def test_a_cursor_of_somebody_else_starts_from_the_top(hundred, cursor):
    assert names(cursor)[0][0] == "e99"


def test_a_slice_has_at_least_one_row_and_not_too_many(hundred):
    assert len(names(limit=0)[0]) == 1
    assert len(names(limit=10**9)[0]) == 100 <= LARGEST_PAGE


def test_nobody_counts_on_for_a_number_that_nobody_compares(now):
    rows = (Environment(name=f"e{n}", position=n, created_at=now) for n in range(MOST_COUNTED + 5))
    Environment.objects.bulk_create(rows, batch_size=5000)

    def counted(matching):
        return cut(matching, cursor="", limit=1).counted

    assert counted(Environment.objects.all()) == "10,000+"
    assert counted(Environment.objects.filter(position__lt=1204)) == "1,204"


def test_another_order_stays_right_while_rows_share_its_value(hundred):
    Environment.objects.filter(position__lt=50).update(protected=True)
    seen, cursor = [], ""
    while True:
        page = cut(Environment.objects.all(), cursor=cursor, limit=30, by="-protected")
        seen += [row.pk for row in page.rows]
        cursor = page.next_cursor
        if not cursor:
            break

    assert seen == list(Environment.objects.order_by("-protected", "-pk").values_list("pk", flat=True))


def test_a_cursor_whose_row_is_gone_starts_from_the_top(hundred):
    assert cut(Environment.objects.all(), cursor="999999", limit=1, by="name").rows[0].name == "e0"
