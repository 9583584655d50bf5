from migrations_app.handlers.data.analysis import analyse
from tests.handlers.data.moves import Move, change


def test_both_sides_are_looked_at_and_every_table_is_described(over_others: Move) -> None:
    change(over_others.target, "DROP TABLE notes", "ALTER TABLE people ADD COLUMN age INTEGER DEFAULT 0")
    found = analyse(over_others.spec)

    data = found.target_state["data"]
    notes, orders, people = sorted(data["tables"], key=lambda each: each["target"])
    assert (notes["missing"], notes["key"], notes["holds_rows"]) == (True, [], False)
    assert (orders["key"], orders["level"], orders["holds_rows"], orders["kept_by_key"]) == (
        ["person", "number"],
        people["level"] + 1,
        True,
        True,
    )
    assert people["unfilled"] == ["age"]
    assert people["held_rows"] >= 1
    assert ["people"] in data["cycles"]
    assert found.sizes["tables"] == 3
    assert sorted(found.fingerprints) == ["source", "target"]


def test_the_digest_is_of_what_is_moved_and_not_of_how_much(move: Move) -> None:
    before = analyse(move.spec).target_state["data"]["digest"]
    change(move.source, "DELETE FROM orders")
    assert analyse(move.spec).target_state["data"]["digest"] == before
    change(move.target, "ALTER TABLE people DROP COLUMN boss")
    assert analyse(move.spec).target_state["data"]["digest"] != before


def test_a_database_that_cannot_be_opened_is_said_and_the_other_is_looked_at(move: Move) -> None:
    change(move.target)
    with open(move.target.config["path"], "wb") as broken:
        broken.write(b"no database at all" * 100)
    found = analyse(move.spec)
    assert found.target_state["error"]["message"]
    assert found.source_state["tables"] == 3
    assert "data" not in found.target_state
