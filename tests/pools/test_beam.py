"""The driver of a worker pool, against a node that answers as Snakepit 0.13 does."""

import shutil

import pytest

from migrations_app.beam.node import Atom
from migrations_app.engine.errors import DependencyUnavailable, ValidationFailed
from migrations_app.pools import fingerprint, open_pool
from migrations_app.pools.base import Health, Outcome, PoolIsReadOnly, PoolMissing
from migrations_app.testing.beam import BeamNode
from tests.servers import skip_without_erlang
from tests.stores.sessions.place import wait_until

KILL = "{ok, Pid} = 'Elixir.Snakepit.Pool.Registry':get_worker_pid(Id), exit(Pid, kill), ok"
# A request is in the worker's hands when somebody else recycles it; what the caller is told.
STOPPED_AT_WORK = """
Asker = self(), Options = [{pool, Server}, {pool_name, Pool}],
spawn(fun() -> Asker ! {said, 'Elixir.Snakepit.Pool':execute(<<"work">>, #{ms => 9000}, Options)} end),
Wait = fun Wait() ->
    case 'Elixir.Snakepit.Pool':get_stats(Server, Pool) of #{busy := 1} -> ok; _ -> Wait() end
  end,
Wait(),
ok = 'Elixir.Snakepit.Worker.LifecycleManager':recycle_worker(Server, Id),
receive {said, {error, #{message := Message}}} -> Message after 5000 -> late end
"""
CALL = "'Elixir.Snakepit.Pool':execute(<<\"work\">>, #{ms => 1}, [{pool, Server}, {pool_name, Pool}])"


@pytest.fixture
def driver(pool):
    with pool.open() as driver:
        yield driver


def test_a_view_says_what_the_pool_says(pool, driver):
    view = driver.view()
    assert [worker.id for worker in view.workers] == pool.names()
    assert (view.size, view.serving, view.ghosts) == (8, 8, ())
    statistics = view.statistics
    assert (statistics.workers, statistics.available, statistics.busy, statistics.queued) == (8, 8, 0, 0)


def test_requests_are_seen_with_the_worker_that_has_them(pool, driver):
    for _ in range(10):
        pool.execute(3000)
    wait_until(lambda: driver.view().statistics.queued == 2)
    view = driver.view()
    assert [worker.requests for worker in view.workers] == [1] * 8
    assert (view.statistics.busy, view.statistics.requests) == (8, 10)


def test_a_worker_that_starts_is_there_and_does_not_serve(start_pool):
    pool = start_pool()
    pool.set("starting", Atom("hang"))
    with pool.open() as driver:
        assert driver.recycle(pool.names()[0]) is Outcome.ACCEPTED
        wait_until(lambda: any(not worker.ready for worker in driver.view().workers))
        assert (len(driver.view().workers), driver.view().serving) == (8, 7)


def test_a_probe_tells_pool_from_pool_and_what_the_node_can(pool, driver, start_pool):
    probe = driver.probe()
    assert (probe.kind, probe.holds, probe.refill_seconds, probe.problems) == ("beam", True, 0.0, ())
    assert fingerprint(probe) == {"version": probe.version, "workers": 8}
    assert probe.identity == driver.probe().identity
    with start_pool(workers=2).open() as other:
        assert other.probe().identity != probe.identity


def test_a_held_worker_gets_no_request_until_it_is_released(pool, driver):
    first = pool.names()[0]
    assert driver.hold(first, 60)
    assert driver.view().worker(first).held
    for _ in range(8):
        pool.execute(300)
    wait_until(lambda: driver.view().statistics.queued == 1)
    assert driver.view().worker(first).requests == 0
    driver.release(first)
    pool.execute(300)
    wait_until(lambda: driver.view().worker(first).requests == 1)


def test_a_hold_that_nobody_renews_ends_by_itself(pool, driver):
    first = pool.names()[0]
    driver.hold(first, 0.2)
    assert driver.view().worker(first).held
    wait_until(lambda: not driver.view().worker(first).held)


def test_what_the_node_itself_holds_is_left(pool, driver):
    first = pool.names()[0]
    taint = "'Elixir.Snakepit.Worker.TaintRegistry':taint_worker(Id, [{reason, segfault}])"
    pool.evaluate(taint, Id=first.encode())
    driver.release(first)
    assert driver.view().worker(first).held


def test_a_recycled_worker_is_replaced_and_the_pool_forgets_it(pool, driver):
    before = pool.names()
    assert driver.recycle(before[0]) is Outcome.ACCEPTED
    wait_until(lambda: driver.view().serving == 8)
    assert not set(pool.names()) & {before[0]}
    assert driver.view().ghosts == ()
    assert driver.recycle(before[0]) is Outcome.GONE
    assert driver.recycle("nobody") is Outcome.GONE
    assert driver.view().serving == 8


def test_a_retired_worker_is_not_replaced(pool, driver):
    before = pool.names()
    assert driver.retire(before[0]) is Outcome.ACCEPTED
    assert pool.names() == before[1:]
    assert driver.retire(before[0]) is Outcome.GONE


@pytest.mark.parametrize("stop", ["recycle", "retire"])
def test_a_busy_worker_is_left_alone(start_pool, stop):
    pool = start_pool(workers=1)
    pool.execute(3000)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 1)
        assert getattr(driver, stop)(pool.names()[0]) is Outcome.BUSY
        assert driver.view().worker(pool.names()[0]).requests == 1


def test_a_worker_of_another_server_is_left_alone(pool, start_pool, driver):
    other = start_pool(workers=1)
    assert driver.recycle(other.names()[0]) is Outcome.POOL_MISMATCH
    with other.open() as theirs:
        assert theirs.view().serving == 1


def test_a_worker_of_another_pool_of_the_server_is_left_alone(start_pool):
    """The node itself would stop it: to its lifecycle manager both are of one server."""
    pool = start_pool(pools={"default": 2, "gpu": 2})
    there = {**pool.config, "pool": "gpu"}
    with pool.open() as driver, open_pool(there, pool.node.secrets) as theirs:
        wait_until(lambda: theirs.view().serving == 2)
        one = theirs.view().workers[0].id
        assert (driver.recycle(one), driver.retire(one)) == (Outcome.POOL_MISMATCH, Outcome.POOL_MISMATCH)
        assert theirs.view().serving == 2


def test_one_that_the_pool_itself_started_is_recycled_too(start_pool):
    """The lifecycle manager knows such a worker by the pool's process, not by its name."""
    pool = start_pool(workers=2, refill_ms=50)
    before = pool.names()
    with pool.open() as driver:
        pool.evaluate(KILL, Id=before[0].encode())
        wait_until(lambda: driver.view().serving == 2)
        (new,) = {worker.id for worker in driver.view().workers} - set(before)
        assert driver.recycle(new) is Outcome.ACCEPTED


def test_what_becomes_of_a_worker_that_somebody_else_stops(start_pool):
    """What Snakepit does: its request fails, the pool goes on listing it, and hands requests to it."""
    pool = start_pool(workers=1, starting=20)
    pool.set("starting", Atom("refuse"))
    (name,) = pool.names()
    assert pool.evaluate(STOPPED_AT_WORK, Id=name.encode()) == b"Worker shutting down"
    with pool.open() as driver:
        wait_until(lambda: driver.view().ghosts == (name,))
        assert pool.evaluate(f"{{error, #{{message := M}}}} = {CALL}, M") == b"Worker not found"
        assert any("still lists 1 worker that is gone" in problem for problem in driver.probe().problems)


def test_health(pool, driver):
    first = pool.names()[0]
    assert driver.health(first) is Health.HEALTHY
    pool.set("health", (Atom("error"), b"no connection"))
    assert driver.health(first) is Health.FAILING
    assert driver.health("nobody") is Health.GONE


def test_a_worker_with_a_long_request_is_silent(start_pool):
    pool = start_pool(workers=1)
    pool.execute(8000)
    with pool.open() as driver:
        wait_until(lambda: driver.view().statistics.busy == 1)
        assert driver.health(pool.names()[0]) is Health.SILENT


def test_who_looks_only_changes_nothing(pool):
    before, name = pool.names(), pool.names()[0]
    with pool.open(read_only=True) as driver:
        assert driver.probe().view.serving == 8
        assert driver.health(name) is Health.HEALTHY
        for change in (driver.recycle, driver.retire, driver.release, lambda one: driver.hold(one, 1)):
            with pytest.raises(PoolIsReadOnly):
                change(name)
    assert pool.names() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"pool": "no_such_pool"}, "config.pool"),
        ({"server": "no_such_server"}, "config.server"),
        ({"server": "Elixir.Snakepit.Bridge.SessionStore"}, "config.server"),
        ({"server": "rex"}, "config.server"),
        ({"server": "init"}, "config.server"),
    ],
)
def test_a_wrong_name_is_said_and_harms_nobody(pool, beam_node, change, field):
    alive = "[whereis(Name) || Name <- ['Elixir.Snakepit.Bridge.SessionStore', rex, init]]"
    before = beam_node.evaluate(f"[pid_to_list(Pid) || Pid <- {alive}]")
    with open_pool({**pool.config, **change}, beam_node.secrets) as driver:
        for ask in (driver.probe, driver.view, lambda: driver.recycle("x"), lambda: driver.retire("x")):
            with pytest.raises(PoolMissing) as caught:
                ask()
            assert [problem.field for problem in caught.value.problems] == [field]
    assert beam_node.evaluate(f"[pid_to_list(Pid) || Pid <- {alive}]") == before


def test_a_wrong_cookie_is_a_problem_of_the_cookie(pool):
    with open_pool(pool.config, {"password": "wrong"}) as driver, pytest.raises(ValidationFailed) as caught:
        driver.view()
    assert [problem.field for problem in caught.value.problems] == ["secrets.password"]


def test_a_node_without_snakepits_modules(beam_node, server_directory, tmp_path):
    skip_without_erlang()
    store = "Elixir.Snakepit.Bridge.SessionStore.beam"
    (tmp_path / "objects").mkdir()
    shutil.copy(server_directory / "erlang" / store, tmp_path / "objects" / store)
    with BeamNode(tmp_path / "beam", objects=tmp_path / "objects") as bare:
        for server in ("Elixir.Snakepit.Pool", "Elixir.Snakepit.Bridge.SessionStore"):
            with open_pool(bare.pool_config(server=server), bare.secrets) as driver:
                for ask in (driver.probe, lambda driver=driver: driver.recycle("default_worker_1")):
                    with pytest.raises(PoolMissing, match="no worker-pool server"):
                        ask()


def test_a_node_that_goes_away_is_unavailable(disposable_node):
    config = disposable_node.start_pool()
    with open_pool(config, disposable_node.secrets) as driver:
        driver.probe()
        disposable_node.kill()
        for ask in (driver.view, lambda: driver.recycle("x")):
            with pytest.raises(DependencyUnavailable):
                ask()
