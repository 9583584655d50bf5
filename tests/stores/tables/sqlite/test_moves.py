import sqlite3
from dataclasses import replace

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.stores.tables.base import Mark
from migrations_app.stores.tables.refusals import MarkMoved
from migrations_app.stores.tables.sqlite.moves import Moves
from tests.stores.tables.orders import WORKER


@pytest.fixture
def moves():
    return Moves(sqlite3.connect(":memory:", isolation_level=None))


def test_a_fence_only_rises(moves):
    with pytest.raises(LeaseLost):
        moves.check(WORKER)
    moves.raise_to(WORKER)
    moves.check(WORKER)
    moves.raise_to(replace(WORKER, token=9))

    with pytest.raises(LeaseLost):
        moves.check(WORKER)
    with pytest.raises(LeaseLost):
        moves.raise_to(WORKER)


def test_a_mark_is_written_only_by_who_knows_where_it_stands(moves):
    moves.raise_to(WORKER)
    first = moves.stand("run:7:copy:t:0")
    moves.confirm(first)
    moved = Mark(first.scope, ("a", "1"), 5)
    moves.write(moved)

    assert moves.stand(first.scope) == moved
    with pytest.raises(MarkMoved):
        moves.confirm(first)
    assert dict(moves.marks("run:7:")) == {first.scope: moved}
    assert not moves.marks("run:70")


def test_the_table_goes_with_its_last_row(moves):
    moves.raise_to(WORKER)
    moves.stand("run:7:copy:t:0")
    moves.forget("run:7:copy:t:")
    assert moves.exist()
    moves.forget("run:7:")

    assert not moves.exist()
