from collections.abc import Mapping

import pytest

from migrations_app.engine.crash_points import Crash, armed
from migrations_app.engine.interruptions import SliceOver
from migrations_app.handlers.session.zero_downtime.actions import backfill
from tests.handlers.session.contexts import Notebook
from tests.handlers.session.moves import content
from tests.handlers.session.zero_downtime.actions.stage import Stage


def paged(stage: Stage, size: int = 6) -> Stage:
    stage.before("transfer")
    stage.move.spec.options["batch_size"] = size  # type: ignore[index]
    return stage


def test_every_session_is_copied_with_its_deadline(stage: Stage) -> None:
    book = Notebook()
    result = paged(stage).do("transfer", progress=book)

    assert content(stage.move.target) == content(stage.move.source)
    assert result == {"sessions": 20, "written": 20, "refused": 0, "unreadable": 0}
    assert book.last["last"] is True
    assert len(book.saved) == 4


def test_partitions_share_the_sessions(stage: Stage) -> None:
    paged(stage)
    shares = [stage.do("transfer", partition=index, partitions=3)["sessions"] for index in range(3)]

    assert sum(shares) == 20
    assert content(stage.move.target) == content(stage.move.source)


def test_it_goes_on_at_its_checkpoint(stage: Stage) -> None:
    book = Notebook(interrupt={2: SliceOver()})
    with pytest.raises(SliceOver):
        paged(stage).do("transfer", progress=book)
    assert book.last["sessions"] == 12

    assert stage.do("transfer", checkpoint=book.last) == {"sessions": 20, "written": 20, "refused": 0, "unreadable": 0}
    assert content(stage.move.target) == content(stage.move.source)


@pytest.mark.parametrize("point", ["session.backfill.read", "session.backfill.applied"])
def test_a_page_that_was_copied_and_not_noted_is_copied_again(stage: Stage, point: str) -> None:
    with armed(f"{point}:2:raise"), pytest.raises(Crash):
        paged(stage).do("transfer")
    result = stage.do("transfer")

    assert result["written"] + result["refused"] == 20
    assert content(stage.move.target) == content(stage.move.source)


def test_a_finished_partition_does_nothing_more(stage: Stage) -> None:
    done = {"cursor": "", "last": True, "sessions": 20, "written": 20, "refused": 0, "unreadable": 0}

    assert paged(stage).do("transfer", checkpoint=done)["sessions"] == 20
    assert content(stage.move.target) == {}


def test_what_the_relay_has_brought_is_not_replaced(stage: Stage) -> None:
    paged(stage)
    stage.write("s-0000003", b"newer")
    stage.carry()

    result = stage.do("transfer")

    assert (result["written"], result["refused"]) == (19, 1)
    assert content(stage.move.target)["s-0000003"][0] == b"newer"


def test_a_look_ahead_counts(stage: Stage) -> None:
    ctx = stage.context("transfer", read_only=True)

    assert stage.move.handler.actions()["backfill"].preview(ctx) == {"sessions": 20, "partitions": 1}
    assert "Nothing to undo" in stage.move.handler.actions()["backfill"].manual_undo(ctx)[0]


def test_whoever_lifts_the_limit_is_heard_while_the_copy_waits_for_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At one session a second a page of six would wait for six seconds."""
    monkeypatch.setattr(backfill, "AGAIN_SECONDS", 0.01)
    paged(stage)
    stage.move.live.limit = 1

    class Lifting(Notebook):
        def save(self, checkpoint: Mapping[str, object], **values: object) -> None:
            super().save(checkpoint, **values)
            if len(self.saved) == 5:
                stage.move.live.limit = 0

    book = Lifting()
    assert stage.do("transfer", progress=book)["sessions"] == 20
    assert [saved["sessions"] for saved in book.saved[:5]] == [6] * 5


def test_whoever_stops_the_run_is_heard_while_the_copy_waits(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backfill, "AGAIN_SECONDS", 0.01)
    paged(stage)
    stage.move.live.limit = 1
    book = Notebook(interrupt={3: SliceOver()})

    with pytest.raises(SliceOver):
        stage.do("transfer", progress=book)
    assert book.last["sessions"] == 6
