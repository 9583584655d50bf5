import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from migrations_app.engine.ports import WorkerToken
from migrations_app.routing.desks import Desks
from migrations_app.stores.routed.opening import open_routed
from migrations_app.stores.sessions import open_store
from tests.routing.children import in_a_child
from tests.routing.routed_world import RoutedWorld


@pytest.fixture
def world():
    return RoutedWorld()


def desks_of(world, begun=None):
    begun = [] if begun is None else begun
    return Desks(lambda side: world.open_store({"side": side}, {}), lambda: begun.append(1))


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_a_thread_opens_a_side_once_and_at_its_first_use(world):
    begun = []
    desks = desks_of(world, begun)
    assert not world.opened
    assert desks.mine() is desks.mine()
    assert desks.mine().store("a") is desks.mine().store("a")
    in_a_thread(lambda: desks.mine().store("a"))

    assert world.opened == {"a": 2}
    assert len(begun) == 2


def test_the_stores_of_a_thread_end_with_it_and_its_counts_stay(world):
    desks = desks_of(world)

    def work():
        desks.mine().store("b")
        desks.mine().tally.add(1)

    in_a_thread(work)

    assert world.closed == {"b": 1}
    assert sum(tally.operations for tally in desks.tallies()) == 1


def test_close_ends_the_stores_of_all_threads(world):
    desks = desks_of(world)
    opened, leave = threading.Event(), threading.Event()

    def work():
        desks.mine().store("a")
        opened.set()
        leave.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(60)
    desks.mine().store("a")
    desks.close()

    assert world.closed == {"a": 2}
    leave.set()
    thread.join()
    assert world.closed == {"a": 2}
    desks.mine().store("a")
    assert world.opened == {"a": 3}


def test_a_connection_that_only_its_own_thread_may_close_ends_with_that_thread(tmp_path):
    """SQLite's; that it is closed at all is seen by the garbage collector, whose warnings are errors here."""
    (tmp_path / "s.db").touch()
    desks = Desks(lambda side: open_store({"store": "sqlite", "path": str(tmp_path / "s.db")}, {}), list)
    opened, leave = threading.Event(), threading.Event()

    def work():
        desks.mine().store("a").probe()
        opened.set()
        leave.wait(60)

    thread = threading.Thread(target=work)
    thread.start()
    assert opened.wait(60)
    desks.close()
    leave.set()
    thread.join()


def test_a_child_opens_its_own_and_leaves_its_parents_alone(world):
    desks = desks_of(world)
    mine = desks.mine().store("a")

    def check():
        own = desks.mine().store("a")
        desks.close()
        return own is not mine and world.opened == {"a": 2} and world.closed == {"a": 1}

    assert in_a_child(check)
    assert desks.mine().store("a") is mine
    assert not world.closed


@pytest.mark.servers
def test_a_child_leaves_the_connections_of_its_parents_other_threads_alone(postgres_server):
    """A fork ends those threads in the child: their desks end there before anything registered for it runs."""
    config = postgres_server.config(table="desks")
    with open_routed(config, postgres_server.secrets) as store:
        store.sessions.initialise(WorkerToken("run:1", 1))
    desks = Desks(lambda side: open_routed(config, postgres_server.secrets), list)

    def read():
        return desks.mine().store("a").read("id", None)

    with ThreadPoolExecutor(1) as another_thread:
        assert another_thread.submit(read).result(30) is None
        assert in_a_child(lambda: read() is None)
        assert another_thread.submit(read).result(30) is None
    desks.close()


def test_a_child_waits_for_no_lock_of_a_thread_that_it_does_not_have(world):
    desks = desks_of(world)
    held, leave = threading.Event(), threading.Event()

    def hold():
        with desks._lock:
            held.set()
            leave.wait(120)

    holder = threading.Thread(target=hold)
    with ThreadPoolExecutor(1) as another_thread:
        another_thread.submit(lambda: desks.mine().store("a")).result(30)
        holder.start()
        assert held.wait(60)
        passed = in_a_child(lambda: desks.mine().store("a"))
        leave.set()
        holder.join()

    assert passed
    assert world.closed == {"a": 1}


def test_stores_end_also_when_nobody_holds_the_desks_any_more(world):
    desks = desks_of(world)
    desks.mine().store("a")
    del desks

    assert world.closed == {"a": 1}
