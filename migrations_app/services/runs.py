"""Runs: starting, pausing, resuming, cancelling, retrying, rolling back. Every door calls these."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.start_check import closed, irreversible
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, TRIALS, RunKind, RunState, Signal
from migrations_app.models import Migration, Run, ScheduledStart
from migrations_app.models.actor import Actor
from migrations_app.runtime import journal, work
from migrations_app.runtime.leases import Scope
from migrations_app.selectors.start_check import later_runs, start_facts, started_steps
from migrations_app.services import audit, finding, starting
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.scheduled_starts import Claim
from migrations_app.services.starting import Wanted

_FORWARD = (RunState.QUEUED, RunState.RUNNING, RunState.PARKED, RunState.PAUSED)


@operation("run.validate", about="migration", atomic=False)
def validate_migration(*, actor: Actor, now: datetime, migration_id: int, claim: Claim | None = None) -> int:
    """Start a dry run of the newest plan. Returns the run's id; it writes nothing to any target."""
    wanted = Wanted(RunKind.DRY_RUN, Permission.VALIDATE, "run.validate", claim=claim)
    return starting.start(actor=actor, now=now, migration_id=migration_id, wanted=wanted)


@operation("run.rehearse", about="migration", atomic=False)
def rehearse_migration(
    *, actor: Actor, now: datetime, migration_id: int, digest: str = "", consent: bool = False
) -> int:
    """Start a rehearsal: the steps of the newest plan are really done, in a namespace beside the target, and undone.

    Returns the run's id. `consent` is the operator's, which a protected environment asks for. Raises Conflict naming
    every condition that does not hold.
    """
    wanted = Wanted(RunKind.REHEARSAL, Permission.EXECUTE, "run.rehearse", digest, consent=consent)
    return starting.start(actor=actor, now=now, migration_id=migration_id, wanted=wanted)


@operation("run.execute", about="migration", atomic=False)
def execute_migration(
    *, actor: Actor, now: datetime, migration_id: int, digest: str = "", claim: Claim | None = None
) -> int:
    """Start the approved plan. Returns the run's id. Raises Conflict naming every condition that does not hold."""
    wanted = Wanted(RunKind.APPLY, Permission.EXECUTE, "run.execute", digest, claim=claim)
    return starting.start(actor=actor, now=now, migration_id=migration_id, wanted=wanted)


@operation("run.roll_back", about="migration", atomic=False)
def rollback_migration(*, actor: Actor, now: datetime, migration_id: int, run_id: int | None = None) -> int:
    """Undo. A live run turns round at its next batch and keeps its id; after the end a new run undoes it.

    `run_id` is the run that is meant; None: the migration's last one, whichever that is. Returns the id of the run
    that undoes. Raises Conflict when another run than the one that is meant would be undone.
    """
    migration = finding.migration(migration_id, actor=actor, permission=Permission.ROLL_BACK)
    live = finding.live_run(migration)
    if live is not None:
        _require_meant(run_id, live)
        with transaction.atomic():
            return _turn_round(actor, now, live.pk)
    undone = _last_apply(migration)
    _require_meant(run_id, undone)
    wanted = Wanted(RunKind.ROLLBACK, Permission.ROLL_BACK, "run.roll_back", undoes=undone)
    return starting.start(actor=actor, now=now, migration_id=migration_id, wanted=wanted)


@operation("run.roll_back", about="run")
def turn_round(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Roll a live run back. Raises Conflict for one that has ended."""
    _turn_round(actor, now, run_id)


@operation("run.pause", about="run")
def pause(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Stop at the next checkpoint and hold no worker until somebody resumes.

    One that waits for its next window stays paused then, too.
    """
    run = locked_run(run_id, actor, Permission.CONTROL)
    waits = ScheduledStart.objects.filter(run=run, run__signal=Signal.PAUSE, waits_for_window=True)
    kept = waits.update(waits_for_window=False, said=f"Paused by {actor.username}; no window takes that back.") == 1
    unless = (Signal.PAUSE, Signal.CANCEL, Signal.ROLL_BACK)
    asked = kept or _signal(run, Signal.PAUSE, among=_FORWARD[:3], unless=unless)
    if not asked:
        raise _not_possible(run, "paused", "Only a run that goes forward can be paused.")
    _asked(run, actor, now, "run.pause", "A pause", {"signal": "pause"})


@operation("run.resume", about="run")
def resume(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Take a pause back, whether or not it has taken effect yet."""
    run = locked_run(run_id, actor, Permission.CONTROL)
    paused = Run.objects.filter(pk=run.pk, signal=Signal.PAUSE, state__in=_FORWARD)
    if paused.update(signal=Signal.NONE) != 1:
        raise _not_possible(run, "resumed", "It is not paused.")
    ScheduledStart.objects.filter(run=run, waits_for_window=True).update(waits_for_window=False)
    _asked(run, actor, now, "run.resume", "Going on", {"signal": ""})


@operation("run.cancel", about="run")
def cancel(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Stop at the next batch; what the run has done so far is rolled back, and without effects it just ends."""
    run = locked_run(run_id, actor, Permission.CONTROL)
    if run.kind == RunKind.ROLLBACK:
        raise _not_possible(run, "cancelled", "It is a rollback: stopping half way would leave a mix.")
    if not _signal(run, Signal.CANCEL, among=_FORWARD, unless=(Signal.CANCEL, Signal.ROLL_BACK)):
        raise _not_possible(run, "cancelled", "Only a run that goes forward can be cancelled.")
    _asked(run, actor, now, "run.cancel", "Cancelling", {"signal": "cancel"})


@operation("run.retry", about="run")
def retry(*, actor: Actor, now: datetime, run_id: int) -> None:
    """Go on with a failed run from its last checkpoint, or with the undo of a stuck one where it stopped."""
    plan = Plan.from_content(locked_run(run_id, actor, Permission.EXECUTE, lock=False).revision.content)
    starting.lock_targets(plan)
    run = locked_run(run_id, actor, Permission.EXECUTE)
    _may_retry(run, now)
    events = {RunState.FAILED: EventType.RUN_RESUMED, RunState.STUCK: EventType.ROLLBACK_STARTED}
    before = {"state": run.state}
    try:
        with transaction.atomic():
            starting.claim(run, plan)
            retried = NewEvent(events[RunState(run.state)], payload={"reason": "retried", "by": actor.username})
            journal.append_by_person(run, [retried], now=now)
    except IntegrityError as error:
        raise _not_possible(run, "retried", "Another run of this migration or of its targets is live.") from error
    work.want_drivers([Scope(run.pk)], now=now)
    _record(run, actor, now, "run.retry", before=before)


def _may_retry(run: Run, now: datetime) -> None:
    newest = Run.objects.filter(migration=run.migration).order_by("-pk").first()
    if run.state not in (RunState.FAILED, RunState.STUCK) or newest != run:
        raise _not_possible(run, "retried", "Only the last run of a migration can be, and only when it failed.")
    if run.kind in TRIALS and run.state == RunState.FAILED:
        raise _not_possible(run, "retried", "A dry run or a rehearsal that failed is started anew.")
    if not run.started_at:
        raise _not_possible(run, "retried", "It never started: plan again and execute the new plan.")
    facts = start_facts(run.migration, run.revision, kind=RunKind(run.kind), now=now)
    if facts.blockers:
        held = " ".join(f"Target {held.target} is in use by run {held.run_id}." for held in facts.blockers)
        raise _not_possible(run, "retried", held)
    if run.kind not in TRIALS and (later := [*later_runs(run, Plan.from_content(run.revision.content))]):
        after = " ".join(f"{each.target} was used by {each.named} later." for each in later)
        raise _not_possible(run, "retried", f"{after} It would go on over what that one left: roll that back first.")
    if run.state == RunState.FAILED and facts.drift:
        said = " ".join(drift.sentence for drift in facts.drift)
        raise _not_possible(run, "retried", f"{said} Another plan than the signed one would go on: plan again.")
    if run.state == RunState.FAILED and (unmet := closed(facts)):
        raise _not_possible(run, "retried", " ".join(f"{each.message} {each.fix}" for each in unmet))


def _turn_round(actor: Actor, now: datetime, run_id: int) -> int:
    run = locked_run(run_id, actor, Permission.ROLL_BACK)
    if run.state == RunState.ROLLING_BACK or run.kind == RunKind.ROLLBACK or run.signal == Signal.ROLL_BACK:
        return run.pk  # it is on its way already
    if run.kind != RunKind.APPLY:
        raise _not_possible(run, "rolled back", "It leaves nothing behind; cancel it instead.")
    if not run.revision.content["options"].get("rollback_enabled", True):
        raise _not_possible(run, "rolled back", "Its plan was approved without a rollback; cancel it instead.")
    if titles := Plan.from_content(run.revision.content).irreversible(started_steps(run)):
        unmet = irreversible(titles)
        raise _not_possible(run, "rolled back", f"{unmet.message} {unmet.fix}")
    if not _signal(run, Signal.ROLL_BACK, among=_FORWARD, unless=(Signal.ROLL_BACK,)):
        raise _not_possible(run, "rolled back", "It ended a moment ago; look again.")
    _asked(run, actor, now, "run.roll_back", "Rolling back", {"signal": "roll_back"})
    return run.pk


def _require_meant(run_id: int | None, found: Run) -> None:
    """A rollback that is under way already is what those want who mean the run that it undoes."""
    if run_id is None or run_id in (found.pk, found.undoes_id):
        return
    undone = found.undoes_id or found.pk
    raise Conflict(
        f"Run {run_id} cannot be rolled back: a rollback of “{found.migration.title}” would be one of run {undone} "
        "now. Nothing was changed.",
        f"Look at run {undone}, and roll that one back if it is the one you mean.",
        reason="another_run",
        run=undone,
    )


def _last_apply(migration: Migration) -> Run:
    last = Run.objects.filter(migration=migration, kind=RunKind.APPLY).order_by("-pk").first()
    if last is None or last.started_at is None:
        raise Conflict(
            f"“{migration.title}” has not been executed; there is nothing to roll back.",
            "Nothing needs to be done.",
            reason="nothing_to_roll_back",
        )
    newest = Run.objects.filter(migration=migration).exclude(kind__in=TRIALS).order_by("-pk").first()
    if newest is not None and newest.state == RunState.STUCK:
        raise _not_possible(newest, "rolled back anew", "Its rollback is stuck: mend the cause, then retry that run.")
    return last


def locked_run(run_id: int, actor: Actor, permission: Permission, *, lock: bool = True) -> Run:
    """The run; with `lock`, its migration's row is locked first and then its own."""
    seen: Run = finding.one(
        Run.objects.select_related("migration__environment"),
        run_id,
        "run",
        actor=actor,
        permission=permission,
        place=lambda row: row.migration.environment,
    )
    finding.migration(seen.migration_id, actor=actor, permission=permission, lock=lock)
    rows = Run.objects.select_for_update(of=("self",)) if lock else Run.objects.all()
    return rows.select_related("migration__environment", "revision").get(pk=run_id)


def _signal(run: Run, signal: Signal, *, among: Sequence[RunState], unless: Sequence[Signal]) -> bool:
    rows = Run.objects.filter(pk=run.pk, state__in=among).exclude(signal__in=unless)
    return rows.update(signal=signal) == 1


def _asked(run: Run, actor: Actor, now: datetime, action: str, what: str, after: dict[str, Any]) -> None:
    """Say so in the run's log at once (watchers see that it was heard), wake the run, and record it."""
    said = {"level": "info", "message": f"{what} was asked for by {actor.username}.", "by": actor.username}
    journal.append_by_person(run, [NewEvent(EventType.LOGGED, payload=said)], now=now)
    work.want_drivers([Scope(run.pk)], now=now)
    _record(run, actor, now, action, before={"state": run.state, "signal": run.signal}, after=after)


def _record(
    run: Run,
    actor: Actor,
    now: datetime,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> None:
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="run",
        object_id=run.pk,
        environment=run.migration.environment.name,
        before=before,
        after=after,
    )


def _not_possible(run: Run, what: str, why: str) -> Conflict:
    ended = RunState(run.state) in FINAL_RUN_STATES
    return Conflict(
        f"Run {run.pk} cannot be {what}: it is {run.get_state_display()}. {why} Nothing was changed.",
        "Look at the migration's page for what is possible now." if ended else "Watch the run's page.",
        reason="not_possible",
        state=run.state,
    )
