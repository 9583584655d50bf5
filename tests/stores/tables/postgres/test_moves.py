from dataclasses import replace

import pytest

from migrations_app.engine.errors import DependencyUnavailable, LeaseLost
from migrations_app.stores.tables.base import Mark
from migrations_app.stores.tables.postgres.moves import Moves
from migrations_app.stores.tables.refusals import MarkMoved
from tests.stores.tables.orders import WORKER, Orders

pytestmark = pytest.mark.servers


@pytest.fixture
def connection(postgres):
    with Orders(postgres).connected() as connection:
        connection.autocommit = True
        yield connection


@pytest.fixture
def moves(connection):
    return Moves(connection, "public")


def test_a_fence_only_rises(moves):
    with pytest.raises(LeaseLost):
        moves.check(WORKER)  # there is no table yet
    moves.raise_to(WORKER)
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
    moves.lock(first)
    moved = Mark(first.scope, ("a", "1"), 5)
    moves.write(moved)

    assert first == Mark("run:7:copy:t:0", None, 0)
    assert moves.stand(first.scope) == moved
    with pytest.raises(MarkMoved):
        moves.lock(first)
    moves.lock(moved)
    assert dict(moves.marks("run:7:")) == {first.scope: moved}
    assert not moves.marks("run:70")


def test_a_hanging_predecessor_is_ended(connection, postgres, moves):
    with postgres.open() as database:
        database.raise_worker_fence(WORKER)
        with pytest.raises(DependencyUnavailable), database._errors(), database._fenced(WORKER):
            moves.raise_to(replace(WORKER, token=WORKER.token + 1))

        with pytest.raises(LeaseLost):
            database.raise_worker_fence(WORKER)


def test_the_table_goes_with_its_last_row(moves, connection):
    moves.raise_to(WORKER)
    moves.stand("run:7:copy:t:0")
    moves.forget("run:7:copy:t:")
    moves.drop_when_empty()
    assert moves.exist()
    moves.forget("run:7:")
    moves.drop_when_empty()

    assert not moves.exist()
    assert not moves.marks("run:7:")
