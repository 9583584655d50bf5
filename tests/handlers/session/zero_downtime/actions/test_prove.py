import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.errors import DataCorruption
from migrations_app.handlers.session.zero_downtime.actions import prove
from migrations_app.handlers.session.zero_downtime.actions.prove import MOST_PASSES
from migrations_app.stores.sessions.records import SessionRecord
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import content
from tests.handlers.session.zero_downtime.actions.stage import Stage


def damage(stage: Stage) -> None:
    """By somebody who knows nothing of the route."""
    with stage.store("b") as b:
        b.write(SessionRecord("s-0000003", b"damaged"), None)


class Damaging(Notebook):
    """Somebody damages the target after each page."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.stage = stage

    def save(self, checkpoint: object, **_: object) -> None:
        damage(self.stage)


def test_a_clean_pass_is_enough(stage: Stage) -> None:
    result = stage.before("prove").do("prove")

    assert (result["passes"], result["compared"], result["repaired"]) == (1, 20, 0)
    assert stage.move.live.panels["verifier"]["clean_since"] >= result["began_at"]
    assert stage.move.live.wanted == ["relay", "verifier"]


def test_what_is_marked_is_carried_first(stage: Stage) -> None:
    stage.before("prove")
    stage.write("one", b"1")

    assert stage.do("prove")["passes"] == 1
    assert content(stage.move.target)["one"][0] == b"1"


def test_what_differs_is_repaired_and_looked_at_again(stage: Stage) -> None:
    stage.before("prove")
    damage(stage)
    result = stage.do("prove")

    assert (result["passes"], result["repaired"]) == (2, 1)
    assert content(stage.move.target) == content(stage.move.source)


def test_a_pass_during_which_a_server_was_started_anew_does_not_count(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    servers = iter([("a1", "b1"), ("a2", "b1"), ("a2", "b1"), ("a2", "b1")])
    monkeypatch.setattr(prove, "_servers", lambda pair: next(servers))

    assert stage.before("prove").do("prove")["passes"] == 2


def test_the_next_driver_keeps_the_count(stage: Stage) -> None:
    stage.before("prove")
    book = Notebook()
    damage(stage)
    with armed("session.prove.pass:2:raise"), pytest.raises(Crash):
        stage.do("prove", progress=book)

    result = stage.do("prove", checkpoint=book.last)
    assert (result["passes"], result["repaired"], result["began_at"]) == (2, 1, book.last["began_at"])


def test_a_target_that_somebody_else_writes_to_is_given_up(stage: Stage) -> None:
    stage.before("prove")
    damage(stage)

    with pytest.raises(DataCorruption, match=f"After {MOST_PASSES} passes") as raised:
        stage.do("prove", progress=Damaging(stage))
    assert "s-0000003" not in str(raised.value.as_dict())


def test_a_look_ahead_and_what_a_person_must_do(stage: Stage) -> None:
    ctx = stage.context("prove", read_only=True)

    assert stage.move.handler.actions()["prove"].preview(ctx) == {"passes": "until one finds nothing"}
    assert "Nothing to undo" in stage.move.handler.actions()["prove"].manual_undo(ctx)[0]
