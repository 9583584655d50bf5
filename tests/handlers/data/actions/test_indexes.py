from migrations_app.handlers.data.actions.create import Create
from migrations_app.handlers.data.actions.indexes import Indexes
from tests.handlers.data.moves import Move, everything


def test_what_was_made_gets_its_indexes_once(into_nothing: Move) -> None:
    plan = into_nothing.plan()
    Create().do(into_nothing.context("create", plan=plan))
    ctx = into_nothing.context("indexes", plan=plan)
    for _ in range(2):
        assert Indexes().do(ctx) == {"built": 1}
    assert "orders_note" in [name for name, _ in everything(into_nothing.target)["schema"]]
    assert Indexes().preview(ctx)["tables"] == ["notes", "people", "orders"]
