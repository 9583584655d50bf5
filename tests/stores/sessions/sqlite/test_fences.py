import sqlite3

import pytest

from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.sqlite.fences import Fences


@pytest.fixture
def fences():
    connection = sqlite3.connect(":memory:")
    yield Fences(connection)
    connection.close()


def test_only_the_newest_token_of_a_scope_passes(fences):
    fences.raise_to(WorkerToken("run:1:0", 2))
    fences.raise_to(WorkerToken("run:1:1", 1))

    fences.check(WorkerToken("run:1:0", 2))
    fences.check(WorkerToken("run:1:0", 3))
    fences.check(WorkerToken("run:1:1", 1))
    for refused in (WorkerToken("run:1:0", 1), WorkerToken("run:2:0", 1)):
        with pytest.raises(LeaseLost):
            fences.check(refused)
    with pytest.raises(LeaseLost, match="token 2"):
        fences.raise_to(WorkerToken("run:1:0", 1))


def test_the_last_forgotten_fence_takes_the_table_along(fences):
    fences.forget("run:1:")
    fences.raise_to(WorkerToken("run:1:0", 1))
    fences.raise_to(WorkerToken("run:10:0", 1))
    fences.mark_created("t", WorkerToken("run:10:3", 9))

    fences.forget("run:1:")
    assert fences.exist()
    assert fences.created_by_run("t", WorkerToken("run:10:0", 1))
    assert not fences.created_by_run("t", WorkerToken("run:1:0", 1))
    assert fences.created_by_snakeweb("t")
    fences.forget("created:t:")
    fences.forget("run:10:")

    assert not fences.exist()
    with pytest.raises(LeaseLost, match="not known"):
        fences.check(WorkerToken("run:10:0", 1))
