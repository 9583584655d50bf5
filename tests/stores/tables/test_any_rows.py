"""Whatever rows there are: from SQLite to PostgreSQL and back they stay what they were."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.stores.tables.orders import COLUMNS, KEY, WORKER, Move, selection_of

pytestmark = pytest.mark.servers

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ROW = st.fixed_dictionaries(
    {
        "shop": TEXT,
        "number": st.integers(-(2**63), 2**63 - 1),
        "amount": st.none() | st.integers(-(10**9), 10**9) | st.decimals(-(10**9), 10**9, places=2).map(float),
        "placed_at": st.none() | st.datetimes().map(lambda when: f"{when.isoformat(' ')}+00"),
        "day": st.none() | st.dates().map(str),
        "paid": st.none() | st.sampled_from([0, 1]),
        "weight": st.none() | st.floats(allow_nan=False),
        "document": st.none() | JSON.map(json.dumps),
        "content": st.none() | st.binary(max_size=12),
        "note": st.none() | TEXT,
    }
)


@pytest.fixture
def there_and_back(orders_in) -> Iterator[tuple[object, Move, Move]]:
    first, middle, last = orders_in("sqlite"), orders_in("postgres"), orders_in("sqlite")
    for orders in (first, middle, last):
        orders.create()
    with first.open() as one, middle.open() as two, last.open() as three:
        there = Move(one, two, selection_of(one, two, (first.name, middle.name), KEY))
        back = Move(two, three, selection_of(two, three, (middle.name, last.name), KEY))
        yield first, there, back


NUMBER = dict.fromkeys(COLUMNS) | {"shop": "", "number": 0, "document": "9223372036854775808"}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROW, max_size=12, unique_by=lambda row: (row["shop"], row["number"])))
@example(rows=[NUMBER])  # a number of JSON that SQLite holds as a float
def test_there_and_back_again(there_and_back, rows):
    first, there, back = there_and_back
    first.sql("DELETE FROM orders")
    first.fill([[row[name] for name in COLUMNS] for row in rows])
    for move in (there, back):
        move.target.raise_worker_fence(WORKER)
        move.target.empty([move.selection.target], WORKER)
        move.target.forget("run:7:copy:orders:", WORKER)
        copied = move.run(rows=5)

        assert (copied.rows, copied.rejected) == (len(rows), 0)
        assert move.identical()
