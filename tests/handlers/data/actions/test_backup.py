import pytest

from migrations_app.engine.errors import StepFailed, ValidationFailed
from migrations_app.engine.interruptions import SliceOver
from migrations_app.handlers.data import backups
from migrations_app.handlers.data.actions.backup import Backup
from tests.handlers.data.moves import Move, change
from tests.handlers.session.contexts import Notebook


def test_every_row_of_the_tables_that_give_way_is_kept(over_others: Move) -> None:
    ctx = over_others.context("backup")
    result = Backup().do(ctx)
    Backup().verify(ctx, result)
    assert (result["rows"], {name: each["rows"] for name, each in result["tables"].items()}) == (
        27,
        {"orders": 18, "people": 9},
    )
    assert result["keep_until"] > ctx.clock.now().isoformat()


def test_it_goes_on_behind_the_parts_that_are_there(over_others: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "PART_ROWS", 5)
    plan = over_others.plan()
    whole = Backup().do(over_others.context("backup", plan=plan))
    for stop in range(1, 7):
        progress = Notebook({stop: SliceOver()})
        with pytest.raises(SliceOver):
            Backup().do(over_others.context("backup", plan=plan, progress=progress))
        assert Backup().do(over_others.context("backup", plan=plan, checkpoint=progress.last)) == whole


def test_a_part_that_is_damaged_is_found_before_a_row_is_touched(over_others: Move) -> None:
    ctx = over_others.context("backup")
    result = Backup().do(ctx)
    key = next(iter(result["sha256"]))
    with ctx.artifacts.create(key) as stream:
        stream.write(b"damaged")
    with pytest.raises(ValidationFailed, match="no row was touched"):
        Backup().verify(ctx, result)


def test_somebody_who_writes_meanwhile_is_found(over_others: Move) -> None:
    ctx = over_others.context("backup")
    result = Backup().do(ctx)
    more = {"people": {**result["tables"]["people"], "rows": 10}, "orders": result["tables"]["orders"]}
    with pytest.raises(StepFailed, match="somebody writes"):
        Backup().verify(ctx, {**result, "tables": more})


def test_switched_off_it_says_so(over_others: Move) -> None:
    over_others.options = {"backup_enabled": False}
    ctx = over_others.context("backup")
    assert "skipped" in Backup().do(ctx)
    assert "skipped" in Backup().preview(ctx)
    Backup().verify(ctx, Backup().do(ctx))


def test_a_table_that_is_gone(over_others: Move) -> None:
    ctx = over_others.context("backup")
    change(over_others.target, "DROP TABLE orders")
    with pytest.raises(ValidationFailed, match="nothing was removed"):
        Backup().do(ctx)
