import pytest

from migrations_app.engine.errors import InsufficientResources
from migrations_app.handlers.data import backups
from migrations_app.handlers.data.parameters import TARGET
from migrations_app.handlers.data.sides import reading, writing
from tests.handlers.data.moves import Move, change, rows_of


def test_rows_come_back_whole_whatever_is_mapped(over_others: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "PART_ROWS", 4)
    ctx = over_others.context("backup")
    before = rows_of(over_others.target, "people")
    with writing(ctx, TARGET) as target:
        selection = backups.whole(target.catalogue(["people"]).tables["people"])
        assert selection is not None
        digest = backups.digest_of(target, selection)
        parts = list(backups.export(ctx, target, selection, number=0, after=None))
        target.empty(["people"], ctx.worker)
        for _ in range(2):  # again is the same as once
            assert backups.restore(ctx, target, selection, ctx.worker) == 9
        assert backups.digest_of(target, selection) == digest

    assert [part.rows for part in parts] == [4, 4, 1]
    assert all(part.size and part.sha256 for part in parts)
    assert rows_of(over_others.target, "people") == before


def test_an_export_goes_on_behind_its_last_part(over_others: Move, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backups, "PART_ROWS", 4)
    ctx = over_others.context("backup")
    with reading(ctx.targets[TARGET]) as target:
        selection = backups.whole(target.catalogue(["people"]).tables["people"])
        assert selection is not None
        first = next(backups.export(ctx, target, selection, number=0, after=None))
        rest = list(backups.export(ctx, target, selection, number=1, after=first.upto))
    assert [part.number for part in rest] == [1, 2]
    assert len(list(ctx.artifacts.keys(backups.prefix(1, "people")))) == 3


def test_without_a_key_or_of_computed_columns_nothing_is_kept(move: Move) -> None:
    change(move.target, "CREATE TABLE sums (a INTEGER PRIMARY KEY, twice INTEGER GENERATED ALWAYS AS (2 * a))")
    with move.target.open(read_only=True) as target:
        tables = target.catalogue().tables
    assert backups.whole(tables["notes"]) is None
    sums = backups.whole(tables["sums"])
    assert sums is not None
    assert [column.target for column in sums.columns] == ["a"]


def test_names_of_tables_do_not_lead_out_of_the_folder() -> None:
    assert ".." not in backups.prefix(7, "../../etc")
    assert backups.prefix(7, "a") != backups.prefix(7, "b")


def test_a_backup_has_a_limit(move: Move) -> None:
    ctx = move.context()
    backups.refuse_too_large(ctx, 1024**3)
    with pytest.raises(InsufficientResources, match="nothing was removed"):
        backups.refuse_too_large(ctx, 1024**3 + 1)
