from enum import StrEnum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from migrations_app.engine.errors import IllegalTransition
from migrations_app.engine.events import EventType
from migrations_app.engine.lifecycle import (
    TRANSITIONS,
    MigrationEvent,
    ReviewEvent,
    migration_event,
    next_status,
    possible,
)
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, TRIALS, MigrationStatus, ReviewState, RunKind, RunState


@pytest.mark.parametrize("states", TRANSITIONS)
def test_every_state_is_reachable_and_known(states: type[StrEnum]) -> None:
    table = TRANSITIONS[states]
    first = next(iter(states))
    reached, frontier = {first}, [first]
    while frontier:
        state = frontier.pop()
        following = {new for (old, _), new in table.items() if old is state} - reached
        reached |= following  # type: ignore[arg-type]
        frontier += following  # type: ignore[arg-type]
    assert reached == set(states)


def test_what_is_not_listed_is_refused_with_what_would_be_possible() -> None:
    with pytest.raises(IllegalTransition) as refused:
        next_status(MigrationStatus.DRAFT, MigrationEvent.COMPLETED)
    assert "nothing was changed" in refused.value.message
    assert refused.value.recovery_actions == (
        "Possible now: migration planned, migration edited, migration cancelled.",
    )
    with pytest.raises(IllegalTransition) as nothing_left:
        next_status(MigrationStatus.CANCELLED, MigrationEvent.EDITED)
    assert nothing_left.value.recovery_actions == ("Possible now: nothing.",)


def test_final_runs_are_left_only_by_a_retry() -> None:
    left = {state: possible(state) for state in FINAL_RUN_STATES if possible(state)}
    assert left == {RunState.FAILED: ("RunResumed",), RunState.STUCK: ("RollbackStarted",)}


def test_editing_an_approved_plan_voids_it_and_identical_words_of_machines_do_not_mix() -> None:
    assert next_status(ReviewState.APPROVED, ReviewEvent.EDITED) is ReviewState.VOIDED
    assert next_status(RunState.PARKED, EventType.RUN_PAUSED) is RunState.PAUSED
    assert next_status(MigrationStatus.PAUSED, MigrationEvent.RESUMED) is MigrationStatus.EXECUTING


@pytest.mark.parametrize("ending", ["RUN_SUCCEEDED", "RUN_FAILED", "RUN_CANCELLED", "RUN_ROLLED_BACK", "RUN_STUCK"])
@pytest.mark.parametrize("kind", TRIALS)
def test_a_trial_is_validating_until_it_ends_however_it_ends(kind: RunKind, ending: str) -> None:
    queued = migration_event(kind, EventType.RUN_QUEUED)
    ended = migration_event(kind, EventType[ending])
    assert queued is MigrationEvent.VALIDATION_STARTED
    assert ended is MigrationEvent.VALIDATION_ENDED
    status = next_status(next_status(MigrationStatus.PLANNED, queued), ended)
    assert status is MigrationStatus.PLANNED


def test_a_rehearsal_whose_clean_up_is_retried_is_validating_again() -> None:
    again = migration_event(RunKind.REHEARSAL, EventType.ROLLBACK_STARTED)
    assert again is MigrationEvent.VALIDATION_STARTED
    assert next_status(MigrationStatus.PLANNED, again) is MigrationStatus.VALIDATING
    assert next_status(MigrationStatus.VALIDATING, again) is MigrationStatus.VALIDATING


def test_a_rollback_run_is_rolling_back_from_its_queueing() -> None:
    def event(kind: EventType) -> MigrationEvent | None:
        return migration_event(RunKind.ROLLBACK, kind)

    assert event(EventType.RUN_QUEUED) is MigrationEvent.ROLLBACK_STARTED
    assert event(EventType.RUN_CANCELLED) is MigrationEvent.FAILED
    assert event(EventType.RUN_PAUSED) is None
    assert event(EventType.RUN_ROLLED_BACK) is MigrationEvent.ROLLED_BACK
    assert event(EventType.STEP_STARTED) is None


_RUN_EVENTS = sorted({event for _, event in TRANSITIONS[RunState]})


@given(st.lists(st.sampled_from(_RUN_EVENTS), max_size=12))
def test_an_apply_never_leaves_its_migration_in_a_state_that_contradicts_it(wanted: list[EventType]) -> None:
    """Whatever a run may go through, the migration's table follows it."""
    run, migration = RunState.QUEUED, MigrationStatus.EXECUTING
    for event in wanted:
        if event not in possible(run) or (run, event) == (RunState.ROLLING_BACK, EventType.RUN_SUCCEEDED):
            continue  # only a rehearsal succeeds on its way back; the fold of the journal holds that
        run = next_status(run, event)
        said = migration_event(RunKind.APPLY, event)
        migration = next_status(migration, said) if said else migration
    agreeing = {
        RunState.SUCCEEDED: MigrationStatus.COMPLETED,
        RunState.FAILED: MigrationStatus.FAILED,
        RunState.STUCK: MigrationStatus.FAILED,
        RunState.ROLLED_BACK: MigrationStatus.ROLLED_BACK,
        RunState.CANCELLED: MigrationStatus.CANCELLED,
        RunState.PAUSED: MigrationStatus.PAUSED,
        RunState.ROLLING_BACK: MigrationStatus.ROLLING_BACK,
    }
    assert migration is agreeing.get(run, MigrationStatus.EXECUTING)
