import pytest

from migrations_app.engine.errors import DependencyUnavailable, IllegalTransition, LeaseLost
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.ports import RouteRecord
from migrations_app.engine.vocabulary import RoutePhase, RunState, Signal
from migrations_app.testing.memory import START, ManualClock, MemoryArtifacts, MemoryRoutes, MemoryRun
from tests.engine import toy


def test_the_clock_stands_still_until_it_is_moved_and_never_goes_back() -> None:
    clock = ManualClock()
    assert (clock.now(), clock.monotonic()) == (START, 0.0)
    clock.advance(5)
    clock.advance_to(START)
    assert clock.monotonic() == 5.0


def test_a_newer_claim_supersedes_the_older_driver() -> None:
    run = MemoryRun(ManualClock())
    old = run.journal(run.claim("run:1"))
    new = run.journal(run.claim("run:1"))
    with pytest.raises(LeaseLost):
        old.append([NewEvent(EventType.RUN_QUEUED)])
    assert new.append([NewEvent(EventType.RUN_QUEUED)]).seq == 1
    assert [event.type for event in old.load()] == [EventType.RUN_QUEUED]


def test_an_empty_append_checks_the_lease_and_reads_the_signal() -> None:
    run = MemoryRun(ManualClock(), toy.plan())
    journal = run.journal(run.claim("run:1"))
    run.queue()
    run.signal = Signal.PAUSE
    learned = journal.append(())
    assert (learned.seq, learned.signal, learned.state) == (1, Signal.PAUSE, RunState.QUEUED)
    assert MemoryRun(ManualClock()).learned().state is None


def test_payloads_are_what_a_database_would_give_back() -> None:
    run = MemoryRun(ManualClock())
    run.write(NewEvent(EventType.LOGGED, payload={"a": (1, 2)}))
    assert run.events[0].payload == {"a": [1, 2]}
    with pytest.raises(TypeError):
        run.write(NewEvent(EventType.LOGGED, payload={"a": object()}))


def test_an_artifact_exists_whole_or_not_at_all() -> None:
    artifacts = MemoryArtifacts()

    def broken() -> None:
        with artifacts.create("a/1") as stream:
            stream.write(b"half")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        broken()
    assert artifacts.stat("a/1") is None
    with artifacts.create("a/1") as stream:
        stream.write(b"whole")
    ref = artifacts.stat("a/1")
    assert ref is not None
    assert ref.size == 5
    with artifacts.open("a/1") as stream:
        assert stream.read() == b"whole"
    assert list(artifacts.keys("a/")) == ["a/1"]
    artifacts.delete("a/1")
    artifacts.delete("a/1")
    with pytest.raises(DependencyUnavailable), artifacts.open("a/1"):
        pass


def test_routes_move_by_compare_and_set_and_epochs_only_grow() -> None:
    routes = MemoryRoutes()
    first = RouteRecord("sessions", 1, RoutePhase.PLAIN_A, "a")
    assert routes.get("sessions") is None
    routes.publish(first, expected_epoch=None)
    with pytest.raises(IllegalTransition):
        routes.publish(first, expected_epoch=None)
    with pytest.raises(IllegalTransition, match="only grows"):
        routes.publish(first, expected_epoch=1)
    second = RouteRecord("sessions", 2, RoutePhase.HANDOFF, "a")
    assert routes.publish(second, expected_epoch=1) == second
    assert [record.epoch for record in routes.published] == [1, 2]
    assert routes.get("sessions") == second
