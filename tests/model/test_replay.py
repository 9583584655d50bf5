"""1,000 traces of the model, repeated on real stores: each store holds what the model says, after every step."""

from contextlib import ExitStack

import pytest

from migrations_app.testing.routed_memory import MemoryRoutedStore
from tests.model.replay import EPOCHS_OF_A_TRACE, Replay
from tests.model.state import DUAL_B, FIRST, HANDOFF_BACK
from tests.model.traces import walk
from tests.stores.routed.place import RoutedPlace
from tests.stores.routed.postgres.places import PostgresPlace
from tests.stores.routed.redis.place import RedisPlace
from tests.stores.routed.sqlite.places import PlaceInSQLite
from tests.stores.sessions.place import WORKER, Place
from tests.stores.sessions.postgres.places import at, own_schema
from tests.stores.sessions.sqlite.conftest import sqlite_place
from tests.testing.test_routed_memory import PlaceInMemory

FIRST_SEED = 7_000_000
SHARES = {"memory": 700, "sqlite": 140, "redis": 100, "postgres": 60}


def replay(kind: str, a: RoutedPlace, b: RoutedPlace) -> None:
    begins = FIRST_SEED + sum(list(SHARES.values())[: list(SHARES).index(kind)])
    seeds = range(begins, begins + SHARES[kind])
    with a.open() as one, b.open() as other:
        for store in (one, other):
            store.sessions.initialise(WORKER)
        for seed in seeds:
            one.write(a.record(f"s{seed}", FIRST), None)
        for store in (one, other):
            store.join(WORKER, route="main", fence=1, document="{}", epoch=1)
        for number, seed in enumerate(seeds):
            base = number * EPOCHS_OF_A_TRACE
            Replay(a, {"a": one, "b": other}, f"s{seed}", base).run(walk(seed))


def test_a_pair_in_memory() -> None:
    replay("memory", PlaceInMemory(), PlaceInMemory())


def test_a_pair_in_sqlite(tmp_path) -> None:
    a, b = (PlaceInSQLite(sqlite_place(tmp_path / name)) for name in ("a.db", "b.db"))
    replay("sqlite", a, b)


@pytest.mark.servers
def test_a_pair_in_redis(empty_redis) -> None:
    a, b = (RedisPlace(Place(empty_redis.config(db=number))) for number in (0, 1))
    with ExitStack() as stack:
        for place in (a, b):
            stack.callback(place.client.close)
        replay("redis", a, b)


@pytest.mark.servers
def test_a_pair_in_postgres(postgres_server) -> None:
    with ExitStack() as stack:
        places = []
        for _ in "ab":
            schema = stack.enter_context(own_schema(postgres_server, ""))
            places.append(stack.enter_context(PostgresPlace(at(postgres_server, f"{schema}.sessions"))))
        replay("postgres", *places)


class ClientsEpoch(MemoryRoutedStore):
    """Mints what the caller goes by, also when a newer epoch has been seen."""

    def _mint(self, route, session_id, epoch):
        return super()._mint(route, session_id, epoch)._replace(epoch=epoch)


class DeafToTokens(MemoryRoutedStore):
    """Acknowledges whatever the session's version has become."""

    def acknowledge(self, marks, worker):
        now = {mark.id: mark for mark in self.marks(range(256), 10**6)}
        return super().acknowledge([now[mark.id] for mark in marks if mark.id in now], worker)


@pytest.mark.parametrize("broken", [ClientsEpoch, DeafToTokens])
def test_a_store_that_errs_is_found_out(broken) -> None:
    class Place(PlaceInMemory):
        def open(self, *, read_only: bool = False) -> MemoryRoutedStore:
            return broken(self.memory, read_only=read_only)

    with pytest.raises(AssertionError) as caught:
        replay("memory", Place(), Place())

    assert f"of the trace of seed {FIRST_SEED // 10**6}" in "".join(caught.value.__notes__)


def test_the_traces_go_everywhere() -> None:
    assert sum(SHARES.values()) == 1000
    walks = [walk(FIRST_SEED + number) for number in range(200)]
    labels = {" ".join(map(str, step.label[:2])) for trace in walks for step in trace.steps}
    published = {step.label[3] for trace in walks for step in trace.steps if step.label[1] == "publish"}

    assert {
        "client read",
        "client try write",
        "relay acknowledge",
        "relay stall",
        "stalled worker apply",
        "stalled driver fence",
        "stalled driver refused",
        "collector forget",
        "control abort",
    } <= labels
    assert {DUAL_B, HANDOFF_BACK} <= published
    assert walk(5) == walk(5)
