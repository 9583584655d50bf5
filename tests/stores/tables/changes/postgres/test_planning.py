import pytest

from migrations_app.stores.tables.changes.base import Watched
from migrations_app.stores.tables.changes.postgres.planning import problems

pytestmark = pytest.mark.servers


def test_parts_on_another_server_are_named(place):
    place.run(
        "CREATE FOREIGN DATA WRAPPER far",
        "CREATE SERVER far FOREIGN DATA WRAPPER far",
        "CREATE TABLE shop.days (day date, note text) PARTITION BY RANGE (day)",
        "CREATE FOREIGN TABLE shop.far_days PARTITION OF shop.days "
        "FOR VALUES FROM ('2024-01-01') TO ('2024-02-01') SERVER far",
    )
    with place.connection() as connection:
        (problem,) = problems(connection, "here", [Watched("shop.days", ("day",))])

    place.run("DROP FOREIGN DATA WRAPPER far CASCADE")
    assert problem.code == "foreign_part"
    assert "far_days" in problem.message


def test_nothing_is_in_the_way_of_an_owner(place):
    with place.connection() as connection:
        assert problems(connection, "here", place.watched) == []
