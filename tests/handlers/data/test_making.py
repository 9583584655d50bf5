from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.making import finish_tables, make_tables
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import writing
from tests.handlers.data.moves import Move


def test_again_is_the_same_as_once(into_nothing: Move) -> None:
    ctx = into_nothing.context("create")
    selections = load(ctx).selections
    with writing(ctx, TARGET) as target:
        for _ in range(2):
            make_tables(ctx, target, selections, ["orders", "people"])
            assert sorted(target.catalogue().tables) == ["orders", "people"]
        for _ in range(2):
            assert finish_tables(ctx, target, selections, ["orders", "people"]) == 1
            assert "orders_note" in target.catalogue().tables["orders"].indexes
