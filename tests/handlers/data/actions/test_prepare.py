import pytest

from migrations_app.engine.errors import PlanIsStale, ValidationFailed
from migrations_app.handlers.data.actions.prepare import Prepare
from migrations_app.handlers.data.kept import load
from tests.handlers.data.moves import Move, change, everything


def test_it_keeps_what_the_others_go_by(move: Move) -> None:
    ctx = move.context()
    result = Prepare().do(ctx)
    kept = load(ctx)
    assert [each.target for each in kept.selections][-1] == "orders"  # behind the people that they refer to
    assert all(1 <= len(kept.ranges[each.target]) <= 2 for each in kept.selections)
    assert result["tables"]["people"]["source"] == "people"
    assert result["rows"] == sum(each["rows"] for each in result["tables"].values())


def test_again_is_the_same_as_once(move: Move) -> None:
    ctx = move.context()
    assert Prepare().do(ctx) == Prepare().do(ctx)


def test_a_look_keeps_nothing(move: Move) -> None:
    ctx = move.context()
    assert Prepare().preview(ctx)["seconds"] >= 1
    assert list(ctx.artifacts.keys("")) == []


@pytest.mark.parametrize("statement", ["ALTER TABLE orders DROP COLUMN total", "DROP TABLE orders"])
def test_another_mapping_than_the_signed_one_is_not_begun(move: Move, statement: str) -> None:
    ctx = move.context()
    change(move.source, statement)
    with pytest.raises(PlanIsStale, match="nothing was changed"):
        Prepare().do(ctx)


def test_a_table_that_somebody_made_meanwhile(into_nothing: Move) -> None:
    ctx = into_nothing.context()
    change(into_nothing.target, "CREATE TABLE notes (text TEXT)")
    with pytest.raises(PlanIsStale):
        Prepare().do(ctx)


def test_a_table_that_somebody_filled_meanwhile(move: Move) -> None:
    ctx = move.context()
    change(move.target, "INSERT INTO notes VALUES ('mine')")
    with pytest.raises(ValidationFailed, match="holds rows in notes by now"):
        Prepare().do(ctx)


def test_undo_leaves_no_mark(move: Move) -> None:
    before = everything(move.target)
    ctx = move.context()
    Prepare().do(ctx)
    Prepare().undo(ctx)
    assert everything(move.target) == before
