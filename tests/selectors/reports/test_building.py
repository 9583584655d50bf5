import pytest

from migrations_app.engine.events import EventType
from migrations_app.selectors.reports.building import message_of
from migrations_app.selectors.reports.plain import plain
from tests.selectors.journal import event, told
from tests.selectors.reports.stories import DIGEST, SECRET, much, of_the_journal, report_for

pytestmark = pytest.mark.django_db


def test_every_figure_is_the_journal_s(now, auditor):
    run = much(now)
    said, found = of_the_journal(run), report_for(auditor, run, now).content

    figures = found.figures
    names = ("duration_ms", "events", "retries", "takeovers", "downtime_ms", "warnings")
    assert {name: getattr(figures, name) for name in names} == {name: said[name] for name in names}
    assert [step.duration_ms for step in found.steps] == [said["one_ms"], said["two_ms"]]
    one, two = found.steps
    assert (one.attempts, one.done, one.total, one.unit) == (2, said["done"], said["done"], "sessions")
    assert {fact.name: fact.value for fact in one.result}["sessions"] == said["sessions"]
    assert {fact.name: fact.value for fact in two.result} == {"compared": said["compared"]}
    assert (figures.steps, figures.steps_succeeded, figures.steps_failed) == (2, 2, 0)
    assert found.plan.digest == run.revision.digest
    assert [digest.value for digest in found.integrity.digests] == [DIGEST]


def test_a_run_that_was_taken_back_left_nothing(now, auditor):
    run = told(
        event(EventType.RUN_STARTED),
        event(EventType.STEP_STARTED, "one"),
        event(EventType.STEP_SUCCEEDED, "one", result={"sessions": 5}),
        event(EventType.ROLLBACK_STARTED, steps=["one"], reason="asked for"),
        event(EventType.UNDO_STARTED, "one"),
        event(EventType.UNDO_SUCCEEDED, "one"),
        event(EventType.RUN_ROLLED_BACK),
        start=now,
    )
    found = report_for(auditor, run, now).content

    assert (found.states.after, found.states.stands) == ((), False)
    assert (found.rollback.taken, found.rollback.reason, found.rollback.undone) == (True, "asked for", ("One",))
    assert [step.said for step in found.steps] == ["undone", "not reached"]


def test_nothing_secret_comes_into_it(now, auditor):
    assert SECRET not in str(plain(report_for(auditor, much(now), now)))
    assert message_of({"message": f"redis://u:{SECRET}@h"}) == "redis://u:•••@h"
    assert message_of(None) == ""
