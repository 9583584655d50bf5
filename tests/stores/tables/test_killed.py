"""Killed at random points, fifty times in all, and resumed each time by a worker with the next token: identical."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from migrations_app.stores.tables.base import Side
from migrations_app.stores.tables.selection import EVERYTHING
from tests.stores.tables.orders import KEY, SCOPE, Move, Orders, selection_of, some_orders

pytestmark = [pytest.mark.servers, pytest.mark.timeout(600)]

ROWS = 6000
CHUNK = 20
KILLS = {
    "postgres-postgres": 20,
    "sqlite-postgres": 15,
    "postgres-sqlite": 15,
    "mariadb-postgres": 6,
    "postgres-mariadb": 6,
}
MOST_CHUNKS = 12  # of one process before its kill,
LONGEST_SECONDS = 0.02  # which then falls somewhere in the next ones


@pytest.fixture
def copier() -> Iterator["subprocess.Popen[str]"]:
    words = [sys.executable, "-m", "tests.stores.tables.copying_process"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.mark.parametrize("pair", KILLS)
def test_a_copy_that_is_killed_again_and_again_ends_identical(
    pair: str, orders_in: Callable[[str], Orders], copier: "subprocess.Popen[str]"
):
    source, target = (orders_in(kind) for kind in pair.split("-"))
    source.create()
    source.fill(some_orders(ROWS))
    target.create()
    of = random.Random(pair)  # noqa: S311 - test data
    landed = []
    for kill in range(KILLS[pair]):
        begin(copier, source, target, token=kill + 1)
        process = wait_for(copier, "ready")
        for _ in range(of.randrange(MOST_CHUNKS)):
            wait_for(copier, "chunk")
        killer = threading.Timer(of.uniform(0, LONGEST_SECONDS), os.kill, [process, signal.SIGKILL])
        killer.start()
        assert wait_for(copier, "ended") == -signal.SIGKILL
        killer.join()
        landed.append(target.sql("SELECT count(*) FROM orders")[0][0])
    begin(copier, source, target, token=KILLS[pair] + 1)

    assert wait_for(copier, "ended") == 0
    assert landed == sorted(landed)
    assert len(set(landed)) > KILLS[pair] // 2  # most of them were killed at their work
    assert all(count % CHUNK == 0 for count in landed)
    with source.open() as one, target.open() as other:
        move = Move(one, other, selection_of(one, other, (source.name, target.name), KEY))
        assert other.marks(SCOPE)[SCOPE].rows == ROWS
        assert other.count(move.selection, EVERYTHING, side=Side.TARGET) == ROWS
        assert move.identical()


def begin(copier: "subprocess.Popen[str]", source: Orders, target: Orders, *, token: int) -> None:
    described = {
        "source": {"config": dict(source.place.config), "secrets": dict(source.place.secrets)},
        "target": {"config": dict(target.place.config), "secrets": dict(target.place.secrets)},
        "names": [source.name, target.name],
        "key": KEY,
        "token": token,
        "rows": CHUNK,
    }
    assert copier.stdin is not None
    copier.stdin.write(json.dumps(described) + "\n")
    copier.stdin.flush()


def wait_for(copier: "subprocess.Popen[str]", word: str) -> int:
    """The number that is said with the word; what is said before it is passed over."""
    assert copier.stdout is not None
    for line in copier.stdout:
        said, _, number = line.partition(" ")
        if said == word:
            return int(number)
    raise AssertionError("the process that copies has ended")
