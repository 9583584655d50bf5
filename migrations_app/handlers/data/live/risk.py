"""What a source that keeps changing adds to the risk. One function a rule."""

from collections.abc import Mapping, Sequence
from typing import Any

from migrations_app.engine.handler import RiskCase, RiskRule
from migrations_app.engine.plan import Finding
from migrations_app.handlers.data.live.parameters import CHANGE_COLUMN, CONFIRM, TRIGGERS
from migrations_app.handlers.data.parameters import SOURCE

LONG_STOP_MS = 10_000


def triggers_on_the_source(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["live"] != TRIGGERS:
        return ()
    return (
        Finding(
            "data.live.triggers",
            "Every write of the source does a little more",
            f"{case.analysis.sizes.get('tables', 0)} tables of {case.spec.targets[SOURCE].name} get triggers",
            8,
            "Each row that is written is noted by its key, in the writer's own transaction, until the way back is "
            "given up. While the triggers are made and removed, writers wait for moments.",
            "Try it under load on a copy first, and begin at a quiet time.",
        ),
    )


def deletions_are_not_seen(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["live"] != CHANGE_COLUMN:
        return ()
    return (
        Finding(
            "data.live.deletions",
            "Deleted rows are found only at the end",
            f"The column {case.spec.parameters['change_column']} tells of no deletion",
            18,
            "The writers have to stay stopped while everything is compared, and nothing that is written to the target "
            "afterwards comes back by a rollback.",
            "Use triggers, if the user of the source may make them.",
        ),
    )


def long_write_stop(case: RiskCase) -> Sequence[Finding]:
    longest = case.spec.parameters["longest_write_stop_ms"]
    if case.spec.parameters["live"] != TRIGGERS or longest <= LONG_STOP_MS:
        return ()
    return (
        Finding(
            "data.live.long_stop",
            "Writers may have to wait for long",
            f"{longest:,} ms",
            min(15, 3 + longest // 30_000),
            "Services whose requests time out earlier fail while they wait.",
            "Lower “Longest write stop”, and move large tables in a plan of their own.",
        ),
    )


def a_person_stops_the_writers(case: RiskCase) -> Sequence[Finding]:
    if case.spec.parameters["live"] != TRIGGERS or case.spec.parameters["write_stop"] != CONFIRM:
        return ()
    return (
        Finding(
            "data.live.stopped_by_hand",
            "Writers are stopped by hand",
            "write_stop: confirm",
            5,
            "Nothing is written from the moment that they are stopped until the services use the target. A writer "
            "that was forgotten is refused from the hand-over on.",
            "Let the database stop them: lock, or revoke.",
        ),
    )


def some_changes_stay_there(case: RiskCase) -> Sequence[Finding]:
    found = [each for each in _live(case).get("one_way", ()) if not each["blocks"]]
    if not found:
        return ()
    named = ", ".join(".".join(filter(None, (each["table"], each["column"]))) for each in found[:5])
    return (
        Finding(
            "data.live.one_way",
            "A rollback after the hand-over does not bring everything back",
            f"{len(found)}: {named}",
            min(20, 4 + 2 * len(found)),
            "What is written there at the target stays as the source has it.",
            "Map these columns without a transform, and tables without a filter.",
        ),
    )


LIVE_RULES: tuple[RiskRule, ...] = (
    triggers_on_the_source,
    deletions_are_not_seen,
    long_write_stop,
    a_person_stops_the_writers,
    some_changes_stay_there,
)


def _live(case: RiskCase) -> Mapping[str, Any]:
    data: Mapping[str, Any] = case.analysis.target_state.get("data", {})
    live: Mapping[str, Any] = data.get("live", {})
    return live
