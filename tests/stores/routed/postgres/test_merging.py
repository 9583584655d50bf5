from migrations_app.stores.routed.postgres.merging import HELD, Merge
from migrations_app.stores.sessions.postgres.table import own_columns
from tests.stores.routed.postgres.test_parts import SPARSE, parts_of


def text(statements):
    return [statement.as_string(None) for statement in statements]


def test_a_table_without_a_side_table_is_merged_without_one():
    merge = Merge(parts_of(own_columns("bytea")))

    assert [statement.split()[0] for statement in text(merge.effects)] == [
        "DELETE", "DELETE", "DELETE", "UPDATE", "INSERT", "UPDATE", "INSERT",
    ]  # fmt: skip
    assert len(merge.raisings) == 1
    assert HELD in merge.stage_statement()


def test_rows_beside_are_made_and_unmade():
    merge = Merge(parts_of(SPARSE, "s.side"))

    assert [statement.split()[0] for statement in text(merge.effects)].count("INSERT") == 3
    assert text(merge.raisings)[0].startswith("UPDATE s.side v")


def test_without_a_deadline_nothing_is_raised():
    assert Merge(parts_of(SPARSE)).raisings == []


def test_where_nothing_is_the_unique_key_decides():
    """An upsert would overwrite what another worker has just brought."""
    (insert,) = [
        each for each in text(Merge(parts_of(own_columns("bytea"))).effects) if each.startswith("INSERT INTO s.t ")
    ]

    assert "ON CONFLICT" not in insert
