from dataclasses import replace

import pytest

from migrations_app.engine.errors import DataCorruption, StepFailed
from migrations_app.engine.handler import ActionContext
from migrations_app.handlers.data.actions.backup import Backup
from migrations_app.handlers.data.actions.empty import Empty
from tests.handlers.data.moves import Move, change, rows_of


def backed_up(move: Move) -> ActionContext:
    plan = move.plan()
    kept = Backup().do(move.context("backup", plan=plan))
    return replace(move.context("empty", plan=plan), results={"backup": kept})


def test_rows_go_and_come_back(over_others: Move) -> None:
    ctx = backed_up(over_others)
    before = rows_of(over_others.target, "people")
    assert set(Empty().preview(ctx)["would_remove"]) == {"orders", "people"}
    result = Empty().do(ctx)
    Empty().verify(ctx, result)
    assert rows_of(over_others.target, "people") == rows_of(over_others.target, "orders") == []

    for _ in range(2):
        Empty().undo(ctx)
    assert rows_of(over_others.target, "people") == before


def test_somebody_who_writes_again_is_found(over_others: Move) -> None:
    ctx = backed_up(over_others)
    Empty().do(ctx)
    change(over_others.target, "INSERT INTO people VALUES (1, 'again', NULL)")
    with pytest.raises(StepFailed, match="people hold rows again"):
        Empty().verify(ctx, {})


def test_what_does_not_come_back_as_it_was_is_no_success(over_others: Move) -> None:
    ctx = backed_up(over_others)
    Empty().do(ctx)
    change(over_others.target, "INSERT INTO people VALUES (77, 'theirs', NULL)")
    with pytest.raises(DataCorruption, match="does not hold what it held before the run"):
        Empty().undo(ctx)
    assert Empty().manual_undo(ctx)
