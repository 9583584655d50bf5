import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.data.actions.create import Create
from tests.handlers.data.moves import Move, change, everything


def test_it_makes_what_is_missing_and_drops_it_again(into_nothing: Move) -> None:
    ctx = into_nothing.context("create")
    for _ in range(2):
        assert Create().do(ctx) == {"tables": 3}
    Create().verify(ctx, {})
    assert Create().preview(ctx)["would_create"] == ["notes", "people", "orders"]
    for _ in range(2):
        Create().undo(ctx)
    assert not [name for name, _ in everything(into_nothing.target)["schema"] if not name.startswith("snakeweb")]


def test_what_is_not_there_afterwards_is_said(into_nothing: Move) -> None:
    ctx = into_nothing.context("create")
    Create().do(ctx)
    change(into_nothing.target, "DROP TABLE notes")
    with pytest.raises(StepFailed, match="notes cannot be found"):
        Create().verify(ctx, {})
