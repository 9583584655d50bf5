from collections.abc import Callable

import pytest
from django.db import transaction

from migrations_app.engine.errors import IllegalTransition, LeaseLost
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.redaction import as_migration_error
from migrations_app.engine.vocabulary import RunKind, RunState, Signal
from migrations_app.models import PlanRevision, Run, RunEvent, StepRun
from migrations_app.runtime import journal, leases
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.journal import OrmJournal
from migrations_app.runtime.leases import Scope
from tests.parallel import at_once, in_thread
from tests.runs import AT, a_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]

STARTED = NewEvent(EventType.RUN_STARTED)


def opened(run: Run, scope: Scope | None = None) -> OrmJournal:
    worker = leases.claim(scope or Scope(run.pk), "a worker", 10)
    assert worker is not None
    return with_token(run, worker)


def with_token(run: Run, worker: WorkerToken) -> OrmJournal:
    plan = Plan.from_content(run.revision.content)
    return OrmJournal(run_id=run.pk, kind=RunKind(run.kind), plan=plan, worker=worker, clock=SystemClock())


def step(kind: EventType, name: str = "one", **values: object) -> NewEvent:
    return NewEvent(kind, name, attempt=1, payload=values)


def seqs(run: Run) -> list[int]:
    return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", flat=True))


def test_events_are_read_back_as_they_were_appended() -> None:
    run = a_run()
    writer = opened(run)
    appended = writer.append([STARTED, step(EventType.STEP_STARTED, token=1, names=["é", None])])
    events = writer.load()

    assert (appended.seq, appended.signal, appended.state) == (3, Signal.NONE, RunState.RUNNING)
    assert [event.seq for event in events] == [1, 2, 3]
    assert events[2].payload == {"token": 1, "names": ["é", None]}
    assert events[2].at.tzinfo is not None


def test_what_an_action_raised_is_written_down_whatever_its_text_holds() -> None:
    """Names of files that are no UTF-8 have halves of pairs; a run whose failure cannot be stored would never end."""
    error = as_migration_error(ValueError("nul \0, half \udcff"), title="Copy")
    run = a_run()
    opened(run).append([STARTED, NewEvent(EventType.RUN_FAILED, payload={"error": error.as_dict()})])

    run.refresh_from_db()
    assert run.state == RunState.FAILED
    assert "nul \ufffd, half \ufffd" in run.error["message"]


@pytest.mark.parametrize("text", ["a\0b", "half \udcff", "\\u0000"])
def test_what_a_step_goes_on_from_may_be_the_key_of_any_row(text: str) -> None:
    checkpoint = {"after": [text, None], text: "json text"}
    run = a_run()
    writer = opened(run)
    writer.append([STARTED, step(EventType.STEP_STARTED, token=1)])
    writer.append([step(EventType.CHECKPOINT_SAVED, checkpoint=checkpoint, done=1, unit="rows", counters={})])

    assert writer.load()[-1].payload["checkpoint"] == checkpoint
    assert StepRun.objects.get(run=run, step="one").checkpoint == checkpoint


def test_what_planning_saw_is_kept_whatever_its_text_holds() -> None:
    findings = [{"title": "rows hold a NUL", "keys": [["a\0b"], [{"json text": "1"}]]}, {"json text": "1"}]
    revision = a_run().revision
    for each in (findings, {"json text": "1"}, []):
        PlanRevision.objects.filter(pk=revision.pk).update(findings=each, target_state={"seen": each})
        revision.refresh_from_db()
        assert (revision.findings, revision.target_state) == (each, {"seen": each})


def test_an_append_tells_the_signal_even_when_it_writes_nothing() -> None:
    run = a_run()
    writer = opened(run)
    Run.objects.update(signal=Signal.PAUSE)

    assert writer.append([]).signal is Signal.PAUSE
    assert seqs(run) == [1]


def test_an_outdated_token_writes_nothing() -> None:
    run = a_run()
    writer = opened(run)
    writer.append([STARTED])
    leases.release(WorkerToken(str(Scope(run.pk)), 1), wake_at=None)

    with pytest.raises(LeaseLost):
        writer.append([step(EventType.STEP_STARTED)])
    assert seqs(run) == [1, 2]
    run.refresh_from_db()
    assert run.last_seq == 2


def test_an_event_that_the_state_does_not_allow_is_never_stored() -> None:
    run = a_run()
    writer = opened(run)

    with pytest.raises(IllegalTransition):
        writer.append([STARTED, STARTED])
    assert seqs(run) == [1]
    assert writer.append([STARTED]).seq == 2


def test_the_claim_waits_for_an_append_under_way_or_the_append_is_refused() -> None:
    """The check of the token and the write are one: no claim slips in between."""
    run = a_run()
    writer = opened(run)
    leases.schedule([Scope(run.pk)])
    token = WorkerToken(str(Scope(run.pk)), 1)

    def append() -> object:
        return writer.append([STARTED])

    def take_over() -> object:
        leases.release(token, wake_at=None)
        return leases.claim(Scope(run.pk), "another", 10)

    appended, _ = at_once(append, take_over)
    assert isinstance(appended, LeaseLost) or seqs(run) == [1, 2]
    assert not isinstance(appended, LeaseLost) or seqs(run) == [1]


def test_many_writers_leave_no_gap_and_commit_in_order() -> None:
    run = a_run("copy", parallel_workers=4)
    main = opened(run)
    main.append([STARTED, step(EventType.STEP_STARTED, "copy")])
    main.append([step(EventType.PARTITIONS_PLANNED, "copy", partitions=4)])
    scopes = [Scope(run.pk, "copy", index) for index in range(4)]
    leases.schedule(scopes)

    def partition(scope: Scope) -> Callable[[], int]:
        writer = opened(run, scope)

        def write() -> int:
            def event(kind: EventType, **values: object) -> NewEvent:
                return NewEvent(kind, "copy", scope.partition, 1, {"leased": True, **values})

            writer.append([event(EventType.PARTITION_STARTED)])
            for done in range(1, 11):
                writer.append([event(EventType.CHECKPOINT_SAVED, checkpoint={"done": done}, done=done)])
            return writer.append([event(EventType.PARTITION_SUCCEEDED, result={"sessions": 10})]).seq

        return write

    newest = at_once(*[partition(scope) for scope in scopes])

    assert seqs(run) == list(range(1, 4 + 1 + 4 * 12))
    assert max(seq for seq in newest if isinstance(seq, int)) == 4 + 4 * 12
    run.refresh_from_db()
    assert run.last_seq == 4 + 4 * 12
    view = journal.read_events(run.pk)
    assert [event.seq for event in view] == seqs(run)


def test_a_journal_sees_what_others_wrote_meanwhile() -> None:
    run = a_run()
    writer = opened(run)
    writer.append([STARTED])

    def note() -> None:
        with transaction.atomic():
            said = NewEvent(EventType.LOGGED, payload={"level": "info", "message": "hello"})
            journal.append_by_person(Run.objects.get(pk=run.pk), [said], now=AT)

    in_thread(note)
    assert writer.append([step(EventType.STEP_STARTED)]).seq == 4
    assert [event.type for event in writer.load()][2] is EventType.LOGGED


def test_reading_can_start_and_end_anywhere() -> None:
    run = a_run()
    opened(run).append([STARTED, step(EventType.STEP_STARTED), step(EventType.STEP_SUCCEEDED, result={})])

    assert [event.seq for event in journal.read_events(run.pk, after=2)] == [3, 4]
    assert [event.seq for event in journal.read_events(run.pk, after=1, upto=2)] == [2]


def test_what_is_written_unless_somebody_asks_follows_or_is_withheld() -> None:
    run = a_run()
    writer = opened(run)
    followed = writer.append([STARTED], [step(EventType.STEP_STARTED)])
    assert (followed.seq, followed.withheld) == (3, False)

    Run.objects.update(signal=Signal.PAUSE)
    withheld = writer.append([step(EventType.STEP_SUCCEEDED, result={})], [NewEvent(EventType.RUN_SUCCEEDED)])
    assert (withheld.seq, withheld.withheld, withheld.signal) == (4, True, Signal.PAUSE)
    assert seqs(run) == [1, 2, 3, 4]


def test_a_lease_lost_meanwhile_withholds_everything() -> None:
    run = a_run()
    writer = opened(run)
    leases.release(WorkerToken(str(Scope(run.pk)), 1), wake_at=None)

    with pytest.raises(LeaseLost):
        writer.append([STARTED], [step(EventType.STEP_STARTED)])
    assert seqs(run) == [1]
