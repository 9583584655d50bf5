"""The whole migration between real servers, under a client's writes, forward and back again."""

import pytest

from migrations_app.engine.run_view import ParkedFor
from migrations_app.engine.vocabulary import RoutePhase, RunState, Signal
from migrations_app.handlers.session.fingerprint import fingerprint
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.moves import HOUR_MS, KEY, SEEDER, Move, Traffic, content, fill, now_ms, opened, sessions

PAIRS = [("redis", "postgres"), ("postgres", "redis"), ("sqlite", "postgres"), ("redis", "redis")]
TOLERANCE_MS = 1000


def assert_equal(held, expected):
    """The same keys and values, and deadlines within the tolerance."""
    assert held.keys() == expected.keys()
    for id_, (value, deadline) in expected.items():
        assert held[id_][0] == value
        if deadline is None:
            assert held[id_][1] is None
        else:
            assert abs(held[id_][1] - deadline) <= TOLERANCE_MS


def assert_holds(held, traffic):
    """What the client was told is what there is: nothing lost, nothing back from the dead."""
    assert {id_: held[id_][0] for id_ in traffic.alive if id_ in held} == traffic.alive
    assert not traffic.ended & held.keys()


def seeded(held):
    return {id_: value for id_, value in held.items() if id_.startswith("s-")}


def deployed(places, source, target, **options):
    move = Move(places[source](), places[target](), options={"parallel_workers": 2, **options})
    fill(move.source, sessions(600))
    move.deploy()
    return move


@pytest.fixture(params=PAIRS, ids="-to-".join)
def move(request, places):
    return deployed(places, *request.param)


@pytest.fixture
def quick(places):
    """The pair that answers at once, however busy the disk is."""
    return deployed(places, "redis", "redis")


def test_there_and_back_under_writes(move):
    before = content(move.source)
    with Traffic(move) as traffic:
        traffic.wait_for(30)
        run = move.run()
        assert run.state is RunState.SUCCEEDED, run.error
        traffic.wait_for(traffic.operations + 30)
    assert (move.route.phase, move.route.authority) == (RoutePhase.SINGLE_B, "b")
    assert_holds(content(move.target), traffic)
    assert_equal(seeded(content(move.target)), before)
    verified = run.result("verify")
    assert verified["mismatches"] == 0
    assert verified["source_digest"] == verified["target_digest"]
    assert 0 < verified["downtime"] < 20_000

    with Traffic(move, prefix="later") as later:
        later.wait_for(30)
        back = move.roll_back(run)
        assert back.state is RunState.ROLLED_BACK, back.error
        later.wait_for(later.operations + 30)
    assert (move.route.phase, move.route.authority) == (RoutePhase.PLAIN_A, "a")
    assert_holds(content(move.source), traffic)
    assert_holds(content(move.source), later)
    assert_equal(seeded(content(move.source)), before)
    assert content(move.target) == {}


def test_a_quiet_roll_back_leaves_nothing_behind(move):
    before = content(move.source)
    run = move.run()
    assert run.state is RunState.SUCCEEDED, run.error

    back = move.roll_back(run)

    assert back.state is RunState.ROLLED_BACK, back.error
    assert_equal(content(move.source), before)
    assert content(move.target) == {}
    assert dict(move.route.stores) == {"a": move.source.name}


def test_roll_back_before_the_switch_while_writes_go_on(quick):
    with Traffic(quick) as traffic:
        traffic.wait_for(30)
        run = quick.begin()
        ask_at(run, "transfer", Signal.ROLL_BACK)
        run.drive()
        assert run.state is RunState.ROLLED_BACK
        traffic.wait_for(traffic.operations + 30)

    assert_holds(content(quick.source), traffic)
    assert content(quick.target) == {}
    assert RoutePhase.HANDOFF not in {record.phase for record in quick.routes.published}


def ask_at(run, step, signal):
    """A person asks for something when this step begins."""

    def notice(events):
        if any(event.type == "StepStarted" and event.step == step for event in events):
            run.memory.signal = signal

    run.memory.on_append = notice


def test_roll_back_asked_while_writes_wait(quick):
    with Traffic(quick) as traffic:
        traffic.wait_for(30)
        run = quick.begin()
        ask_at(run, "verify", Signal.ROLL_BACK)
        run.drive()
        assert run.state is RunState.ROLLED_BACK
        traffic.wait_for(traffic.operations + 30)

    assert_holds(content(quick.source), traffic)
    assert content(quick.target) == {}
    assert quick.route.authority == "a"


def test_roll_back_after_the_switch_and_before_the_end(places):
    move = deployed(places, "redis", "redis", cleanup_source=True)
    before = content(move.source)
    with Traffic(move) as traffic:
        traffic.wait_for(30)
        run = move.begin()
        run.drive(until=lambda run: run.view.current_step == "cleanup")
        assert move.route.authority == "b"
        traffic.wait_for(traffic.operations + 30)
        run.memory.signal = Signal.ROLL_BACK
        run.drive()
        assert run.state is RunState.ROLLED_BACK, run.error
        traffic.wait_for(traffic.operations + 30)

    assert_holds(content(move.source), traffic)
    assert_equal(seeded(content(move.source)), before)
    assert move.route.authority == "a"


def test_a_cleaned_up_source_gets_everything_back(places):
    move = deployed(places, "redis", "redis", cleanup_source=True)
    before = content(move.source)
    run = move.run()
    assert run.state is RunState.SUCCEEDED, run.error
    assert content(move.source) == {}
    assert run.result("cleanup") == {"removed": 600, "left": 0}
    with Traffic(move) as traffic:
        traffic.wait_for(30)
        back = move.roll_back(run)
        assert back.state is RunState.ROLLED_BACK, back.error

    assert_holds(content(move.source), traffic)
    assert_equal(seeded(content(move.source)), before)


def test_a_clean_up_that_is_declined_leaves_the_source(places):
    move = deployed(places, "redis", "redis", cleanup_source=True)
    move.confirm = False

    run = move.run()

    assert run.state is RunState.SUCCEEDED
    assert len(content(move.source)) == 600


def test_a_person_may_pause_while_writes_wait(quick):
    with Traffic(quick) as traffic:
        traffic.wait_for(30)
        run = quick.begin()
        ask_at(run, "verify", Signal.PAUSE)
        outcome = drive_until_parked(run)
        assert outcome.reason == ParkedFor.PAUSE
        traffic.wait_for(traffic.operations + 30)  # writes do not wait for the person
        assert quick.route.phase is RoutePhase.PLAIN_A
        run.memory.on_append, run.memory.signal = None, Signal.NONE
        run.drive()
        assert run.state is RunState.SUCCEEDED, run.error
        traffic.wait_for(traffic.operations + 30)

    assert_holds(content(quick.target), traffic)
    assert run.result("verify")["mismatches"] == 0


def drive_until_parked(run):
    outcome = run.drive_once()
    while outcome.partitions:
        run.drive_partitions(outcome)
        outcome = run.drive_once()
    return outcome


def test_sessions_that_end_meanwhile_are_nowhere_afterwards(quick):
    ending = [SessionRecord(f"ending-{i:03d}", b"x", expires_at_ms=now_ms() + 150 + 20 * i) for i in range(60)]
    with opened(quick.source) as store:
        store.apply(ending, SEEDER)

    run = quick.run()

    assert run.state is RunState.SUCCEEDED, run.error
    last = ending[-1].expires_at_ms
    assert run.result("verify")["mismatches"] == 0
    while now_ms() <= last:
        held = content(quick.target)
        now = now_ms()
        assert all(deadline > now - 500 for id_, (_, deadline) in held.items() if id_.startswith("ending"))
    assert not [id_ for id_ in content(quick.target) if id_.startswith("ending")]


CORRUPTIONS = {
    "value": lambda record: [SessionRecord(record.id, b"\x00" + record.value[1:], expires_at_ms=record.expires_at_ms)],
    "deadline": lambda record: [SessionRecord(record.id, record.value, expires_at_ms=record.expires_at_ms + HOUR_MS)],
    "missing": lambda record: [],
    "extra": lambda record: [record, SessionRecord("stray", b"x")],
}


@pytest.mark.parametrize("kind", CORRUPTIONS)
@pytest.mark.parametrize("pair", [("redis", "postgres"), ("sqlite", "redis")], ids="-to-".join)
def test_corruption_before_the_verification_rolls_everything_back(places, pair, kind):
    move = deployed(places, *pair)
    before = content(move.source)
    run = move.begin()

    def corrupt(events):
        if any(event.type == "StepSucceeded" and event.step == "switch" for event in events):
            with opened(move.target) as store:
                (record,) = store.read(["s-0000013"])
                store.delete([record.id], SEEDER)
                store.apply(CORRUPTIONS[kind](record), SEEDER)

    run.memory.on_append = corrupt
    run.drive()

    victim = "stray" if kind == "extra" else "s-0000013"
    error = run.error
    assert error["type"] == "data_corruption"
    assert error["details"]["differences"] == [{"kind": kind, "fingerprint": fingerprint(victim, KEY)}]
    assert victim not in str(error)
    assert run.state is RunState.ROLLED_BACK
    assert_equal(content(move.source), before)
    assert move.route.authority == "a"
    assert content(move.target).keys() <= {"stray"}


def test_a_writer_that_ignores_the_route_is_found_out(quick):
    run = quick.begin()

    def ignore_the_route(events):
        if any(event.type == "StepSucceeded" and event.step == "switch" for event in events):
            fill(quick.source, [SessionRecord("s-0000002", b"from a legacy writer")])

    run.memory.on_append = ignore_the_route
    run.drive()

    error = run.error
    assert error["details"]["kinds"] == {"value": 1}
    assert "without following the route" in error["message"]
    assert run.state is RunState.ROLLED_BACK
    assert content(quick.source)["s-0000002"][0] == b"from a legacy writer"
