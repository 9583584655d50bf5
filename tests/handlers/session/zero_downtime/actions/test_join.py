import json

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import LeaseLost
from migrations_app.engine.ports import WorkerToken, partition_scope
from migrations_app.handlers.session.zero_downtime.publishing import document_of
from migrations_app.stores.routed.base import Fenced, Guard
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.moves import ROUTE, content, fill
from tests.handlers.session.zero_downtime.actions.stage import Stage


def test_both_stores_get_fences_and_the_record_and_the_replicas_is_higher(stage: Stage) -> None:
    result = stage.do("join")

    with stage.store("a") as a, stage.store("b") as b:
        assert (set(a.fences()), set(b.fences())) == ({1}, {2})
        assert json.loads(a.mirrored())["epoch"] == json.loads(b.mirrored())["epoch"] == 1
        assert result == {
            "fence": 1,
            "target_identity": b.sessions.probe().identity,
            "incarnations": {"a": a.incarnation(), "b": b.incarnation()},
            "stays": False,
        }
        with pytest.raises(Fenced):
            b.write(SessionRecord("one", b"1"), Guard(1, journaled=True))


def test_a_source_that_was_under_the_route_before_stays_so(stage: Stage) -> None:
    document = document_of(stage.record)
    with stage.move.pair() as pair:
        pair.a.join(pair.worker, route=ROUTE, fence=1, document=document, epoch=1)

    stage.before("dual_write")
    with stage.store("a") as a:
        assert set(a.fences()) == {stage.record.epoch}  # who goes by refusals only hears of JOURNAL_A
    stage.undo("journal")
    stage.undo("join")

    with stage.store("a") as a, stage.store("b") as b:
        assert a.joined()
        assert json.loads(a.mirrored())["phase"] == "plain_a"
        assert not b.joined()


def test_a_driver_that_dies_between_the_stores_is_followed_by_another(stage: Stage) -> None:
    with armed("session.join.store:raise"), pytest.raises(Crash):
        stage.do("join")
    stage.do("join")

    with stage.store("a") as a, stage.store("b") as b:
        assert a.joined()
        assert b.joined()


def test_a_look_ahead_names_the_fence_classes_and_joins_nothing(stage: Stage) -> None:
    ctx = stage.context("join", read_only=True)

    assert stage.move.handler.actions()["join"].preview(ctx) == {"source": "native", "target": "native"}
    with stage.store("a") as a:
        assert not a.joined()


@pytest.mark.parametrize("point", ["", "session.join.undo.target"])
def test_undo_takes_everything_off_and_the_copies_from_the_target(stage: Stage, point: str) -> None:
    before = content(stage.move.source)
    stage.before("prove")
    if point:
        with armed(f"{point}:raise"), pytest.raises(Crash):
            stage.undo("join")
    ctx = stage.undo("join")

    with stage.store("a") as a, stage.store("b") as b:
        assert not a.joined()
        assert not b.joined()
    assert content(stage.move.source).keys() == before.keys()
    assert content(stage.move.target) == {}
    if not point:
        assert "20 copied session(s) were removed" in ctx.log.lines[-1]


def test_a_session_that_came_from_elsewhere_stays(stage: Stage) -> None:
    fill(stage.move.target, [SessionRecord("stranger", b"!")])
    stage.do("join")
    ctx = stage.undo("join")

    assert list(content(stage.move.target)) == ["stranger"]
    assert "1 session(s)" in ctx.log.lines[0]
    assert "they stay" in ctx.log.lines[0]


def test_undo_shuts_late_drivers_of_partitions_and_background_out(stage: Stage) -> None:
    stage.before("prove")
    run = stage.move.run_id
    late = [WorkerToken(partition_scope(run, step, 0), 5) for step in ("transfer", "background.relay")]
    with armed("session.join.undo.target:raise"), pytest.raises(Crash):
        stage.undo("join")

    with stage.store("a") as a:
        for worker in late:
            with pytest.raises(LeaseLost):
                a.sessions.raise_worker_fence(worker)


def test_what_a_person_must_do_is_said(stage: Stage) -> None:
    lines = stage.move.handler.actions()["join"].manual_undo(stage.context("join"))

    assert len(lines) == 2
    assert stage.move.target.name in lines[1]


def test_servers_are_known_from_here_on_whatever_an_earlier_migration_of_the_route_saw(stage: Stage) -> None:
    stage.move.live.show("sessions", "incarnations", {"a": "another store", "b": "another", "forgetful": ["a"]})
    result = stage.do("join")

    shown = stage.move.live.panels["incarnations"]
    assert {name: value for name, value in shown.items() if name != "at"} == result["incarnations"]
