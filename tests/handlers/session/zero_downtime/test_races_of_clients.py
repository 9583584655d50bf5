"""Races of clients with a hand-over (PROTOCOL 5.9), forced at named points.

R10 on Redis has no schedule: a script is one step, so nothing is under way when the fence is raised. R12's SIGSTOP and
R13's boot of a whole process are scenarios of `tests/faults`; here a client that has not heard of anything plays them.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from migrations_app.engine.errors import StepFailed
from migrations_app.engine.ports import RouteClient
from migrations_app.engine.vocabulary import RoutePhase
from migrations_app.handlers.session.zero_downtime.actions.complete import Complete
from migrations_app.handlers.session.zero_downtime.actions.retire import Retire
from migrations_app.routing.errors import WritesAreWaiting
from migrations_app.stores.routed.base import ALL_BUCKETS, Fenced, Guard, bucket_of
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import ROUTE
from tests.handlers.session.zero_downtime.interleaving import stalled
from tests.handlers.session.zero_downtime.test_races_of_hand_overs import POINTS, handing_over
from tests.handlers.session.zero_downtime.world import EVERY_STORE, OnServers, ids_in
from tests.routing.routed_world import HeldSource

P = RoutePhase


def unaware(world: OnServers, **values: Any) -> tuple[HeldSource, Any]:
    """A client that hears of no new record until it asks, and knows the present one."""
    source = HeldSource(world.routes, ROUTE)
    return source, world.router(source, **values)


@pytest.mark.parametrize("back", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("point", [*POINTS, "done"])
def test_r08_clients_one_epoch_apart_write_one_session_at_each_point_of_a_hand_over(
    real: OnServers, tmp_path: Path, point: str, *, back: bool
) -> None:
    """Phases 2/3 and 3/4, and the same on the way back: what was acknowledged last is what everybody reads."""
    if back:
        handing_over(real)()
    older, last = real.record, b"before"
    real.write("one", last)
    with stalled(real, f"hand_off.{point}", handing_over(real, back=back), tmp_path) as driver:
        for by in (older, real.record):
            if by.phase in (P.HANDOFF, P.HANDOFF_BACK):
                continue  # a client of that phase does not try to write
            value = b"epoch %d" % by.epoch
            try:
                real.write("one", value, by=by)
            except Fenced:
                continue
            last = value
        driver.go_on()

    assert real.read("one") == last
    real.expect_one_authority()


@pytest.mark.parametrize(
    ("before", "after"), [(P.PLAIN_A, P.JOURNAL_A), (P.JOURNAL_A, P.DUAL_A), (P.DUAL_B, P.SINGLE_B)]
)
@pytest.mark.parametrize("newer_first", [True, False])
def test_r08_clients_one_epoch_apart_in_the_other_pairs_of_phases(
    real: OnServers, before: RoutePhase, after: RoutePhase, *, newer_first: bool
) -> None:
    """0/1, 1/2 and 4/5: both are accepted where the session is served, and the journal has heard of both."""
    if before is P.DUAL_B:
        handing_over(real)()
    else:
        for phase in (P.JOURNAL_A, P.PLAIN_A)[: 1 + (before is P.PLAIN_A)]:
            real.publish(phase)
    older = real.record
    newer = real.publish(after)
    for by in (newer, older) if newer_first else (older, newer):
        real.write("one", b"epoch %d" % by.epoch, by=by)

    last = older if newer_first else newer
    assert real.read("one") == b"epoch %d" % last.epoch
    if after is not P.SINGLE_B:
        assert real.a.marked(["one"]) == {"one"}


@EVERY_STORE
def test_r09_a_write_that_passed_the_clients_check_meets_the_fence(real: OnServers, tmp_path: Path) -> None:
    real.write("one", b"1")
    store, guard = real.way("one")
    with stalled(real, "hand_off.fenced", handing_over(real), tmp_path) as driver:
        with pytest.raises(Fenced) as refused:
            store.write(SessionRecord("one", b"late"), guard)
        driver.go_on()

    assert refused.value.fence == real.record.epoch - 1
    assert '"phase":"handoff"' in refused.value.document
    assert real.read("one") == b"1"


@contextmanager
def under_way(world: OnServers) -> Iterator[Callable[[], None]]:
    """A transaction of code without the router that has written “open”; it is committed when that is called."""
    config, secrets = world.places["a"].config, world.places["a"].secrets
    table = str(config.get("table", "snakeweb_sessions"))
    if config["store"] == "sqlite":
        with closing(sqlite3.connect(config["path"], isolation_level=None, timeout=10)) as lite:
            lite.execute("BEGIN IMMEDIATE")
            lite.execute(f'INSERT INTO "{table}" (key, value) VALUES (?, ?)', ["open", b"open"])  # noqa: S608
            yield lambda: lite.execute("COMMIT") and None
        return
    names = {"host": config["host"], "port": config["port"], "dbname": config["database"], "user": config["username"]}
    with psycopg.connect(**names, password=secrets.get("password")) as connection:
        connection.execute(f"INSERT INTO {table} (key, value) VALUES (%s, %s)", ["open", b"open"])  # noqa: S608
        yield connection.commit


@pytest.mark.parametrize("real", ["sqlite", pytest.param("postgres", marks=pytest.mark.servers)], indirect=True)
def test_r10_a_transaction_that_began_before_the_fence_is_waited_for_and_carried(
    real: OnServers, tmp_path: Path
) -> None:
    with stalled(real, "hand_off.published", handing_over(real), tmp_path) as driver, under_way(real) as commit:
        driver.let_go()
        driver.join(0.2)
        assert driver.is_alive(), "it raised the fence under a transaction that is open"
        commit()
        outcome = driver.go_on()

    assert outcome.drained >= 1
    assert real.read("open") == b"open"
    assert real.held("b", "open") == b"open"


@EVERY_STORE
def test_r11_a_reader_of_an_older_epoch_is_never_answered_stale(real: OnServers) -> None:
    """Read your writes across two processes: one writes after the hand-over, the other has not heard of it."""
    real.write("one", b"1")
    _, reader = unaware(real)
    with reader, real.router() as writer:
        assert reader.get("one").value == b"1"
        handing_over(real)()
        writer.set("one", b"2")

        assert reader.get("one").value == b"2"
        assert reader.counters()["fenced"] >= 1


def test_r12_a_client_that_slept_through_it_all_writes_where_the_session_is_served(real: OnServers) -> None:
    """The control plane does not answer it: it learns the way from the store that refuses it."""
    source, client = unaware(real)
    with client:
        client.set("one", b"1")
        source.answers = False
        handing_over(real)()

        client.set("one", b"2")

    assert (real.held("b", "one"), real.held("a", "one")) == (b"2", b"1")
    assert source.known.epoch == real.record.epoch


def test_r13_a_process_that_boots_while_writes_wait_reads_and_waits_with_the_others(
    real: OnServers, tmp_path: Path
) -> None:
    real.write("one", b"1")
    with stalled(real, "hand_off.fenced", handing_over(real), tmp_path) as driver:
        with real.router(retry_budget_seconds=0.01) as hasty:
            assert hasty.get("one").value == b"1"
            with pytest.raises(WritesAreWaiting):
                hasty.set("one", b"2")
        driver.go_on()
        with real.router() as client:
            client.set("one", b"2")

    assert real.held("b", "one") == b"2"


@pytest.mark.parametrize("first", [0, 1], ids=["the new key's bucket goes first", "the old key's bucket goes first"])
def test_r26_a_key_that_is_cycled_across_the_flip(real: OnServers, first: int) -> None:
    """Created before, deleted after; the two keys lie in buckets that go at different times."""
    new, old = ids_in(0)[0], ids_in(1)[0]
    _, client = unaware(real)
    with client:
        client.set(old, b"data")
        client.set(new, b"data", must_create=True)
        pair = real.pair()
        real.hand_off(real.context(pair.worker), pair).hand_over([first])
        assert client.delete(old)

        assert (client.get(old), client.get(new).value) == (None, b"data")
    handing_over_rest = [bucket for bucket in ALL_BUCKETS if bucket != first]
    pair = real.pair()
    real.hand_off(real.context(pair.worker), pair).hand_over(handing_over_rest)
    assert (real.read(old), real.read(new)) == (None, b"data")
    assert real.held("b", old) is None


def test_r27_changes_of_one_session_by_two_clients_across_the_flip_are_all_kept(real: OnServers) -> None:
    """Each reads, changes and writes back; the hand-over and the other's change come in between."""
    with real.router() as one, unaware(real)[1] as other:
        one.set("one", b"0")
        happened: list[str] = []

        def change(record: SessionRecord) -> bytes:
            if not happened:
                happened.append("hand-over")
                handing_over(real)()
                other.update("one", lambda found: b"%d" % (int(found.value) + 1))
            return b"%d" % (int(record.value) + 1)

        one.update("one", change)

    assert real.read("one") == b"2"


def wipe_fence(world: OnServers, kind: str, session_id: str) -> None:
    """The bucket's fence is gone from side a, as if it had been evicted or deleted."""
    bucket = bucket_of(session_id)
    config = world.places["a"].config
    if kind == "redis":
        world.a.sessions._client.delete(f"snakeweb:gate:{config['prefix']}:{bucket}")
        return
    table = str(config.get("table", "snakeweb_sessions"))
    statement = f'DELETE FROM "{table}__buckets" WHERE bucket = {bucket}'  # noqa: S608
    if kind == "sqlite":
        with closing(sqlite3.connect(config["path"], isolation_level=None)) as connection:
            connection.execute(statement)
        return
    names = {"host": config["host"], "port": config["port"], "dbname": config["database"], "user": config["username"]}
    with psycopg.connect(**names, password=world.places["a"].secrets.get("password")) as connection:
        connection.execute(statement)


@EVERY_STORE
def test_r34_without_its_fence_a_bucket_accepts_nobody(real: OnServers) -> None:
    """Whoever evicts or deletes the fence's key stops writes; nobody may slip through."""
    real.write("one", b"1")
    handing_over(real)()
    before = real.routes.published[0]
    wipe_fence(real, str(real.places["a"].config["store"]), "one")

    with pytest.raises(Fenced):
        real.write("one", b"late", by=before)
    assert real.read("one") == b"1"


def test_r35_nothing_is_taken_away_before_the_last_client_has_heard(real: OnServers) -> None:
    """A client of DUAL_B that is alive holds the retirement up; one whose lease has run out is refused afterwards."""
    real.write("one", b"1")
    handing_over(real)()
    last = real.record

    class Passing(Notebook):
        def alive(self) -> None:
            real.clock.advance(10)

    def retire() -> Any:
        pair = real.pair()
        return Retire().do(real.context(pair.worker, progress=Passing()))

    pair = real.pair()
    Complete().do(real.context(pair.worker))
    real.live.followers = lambda: [RouteClient("late", "boot", last.epoch, 0, is_live=True)]
    with pytest.raises(StepFailed, match="late"):
        retire()
    real.write("one", b"2", by=last)
    real.live.followers = lambda: [RouteClient("late", "boot", last.epoch, 0, is_live=False)]
    retire()

    kept = real.held("a", "one")
    for store in (real.a, real.b):
        with pytest.raises(Fenced):
            store.write(SessionRecord("one", b"late"), Guard(last.epoch, journaled=True))
    assert (real.held("a", "one"), real.held("b", "one")) == (kept, b"2")
