from dataclasses import replace

import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.handlers.data.kept import load
from migrations_app.handlers.data.looking import apart, holds_rows, require_no_orphans
from tests.handlers.data.moves import Move, change


def test_whether_a_table_holds_rows(move: Move) -> None:
    ctx = move.context("copy_01")
    selections = load(ctx).selections
    with move.target.open(read_only=True) as target:
        assert not any(holds_rows(target, each) for each in selections)
    change(move.target, "INSERT INTO people VALUES (1, 'a', NULL)", "INSERT INTO notes VALUES (NULL)")
    with move.target.open(read_only=True) as target:
        assert [each.target for each in selections if holds_rows(target, each)] == ["notes", "people"]


def test_rows_that_refer_to_what_was_put_aside_are_told_as_such(move: Move) -> None:
    change(move.target, "PRAGMA foreign_keys = OFF", "INSERT INTO orders VALUES (7, 1, NULL, 1)")
    with move.target.open(read_only=True) as target, pytest.raises(StepFailed, match=r"\(1 row\).* put aside"):
        require_no_orphans(target, ["people", "orders"])


def test_keys_that_are_numbers_have_one_order_everywhere(move: Move) -> None:
    selections = load(move.context("copy_01")).selections
    by_name = [replace(each, key=("name",)) if each.target == "people" else each for each in selections]
    with move.source.open(read_only=True) as source, move.target.open(read_only=True) as target:
        assert apart(source, target, selections) == frozenset()
        assert apart(source, target, by_name) <= {"people"}
