"""Migrations that workers really run: one that completed, one rolled back, one that failed by itself, one paused."""

import time
from collections.abc import Callable, Collection

from migrations_app.demo.people import DEV, OPERATOR
from migrations_app.demo.stories import Stage
from migrations_app.engine.vocabulary import FINAL_RUN_STATES, RunState
from migrations_app.models import Run
from migrations_app.services import runs

LONGEST_SECONDS = 120.0
LOOK_AGAIN_SECONDS = 0.2


class RunTookTooLong(RuntimeError):
    """A run of the demo did not get where it should within two minutes."""


def wait_for(run_id: int, states: Collection[RunState] = FINAL_RUN_STATES) -> RunState:
    deadline = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < deadline:
        state = RunState(Run.objects.values_list("state", flat=True).get(pk=run_id))
        if state in states:
            return state
        time.sleep(LOOK_AGAIN_SECONDS)
    raise RunTookTooLong(f"run {run_id} is {state} after {LONGEST_SECONDS:.0f} s")


def execute(stage: Stage, service: str, title: str, description: str) -> tuple[int, int]:
    """Plan, dry-run, submit (dev asks for no signature) and start; (migration, run)."""
    migration = stage.author(service, DEV, title, description)
    return migration, start(stage, migration)


def start(stage: Stage, migration: int) -> int:
    """Plan, dry-run, submit and start one of dev; the run."""
    stage.plan(migration)
    operator = stage.cast.actor(OPERATOR)
    wait_for(runs.validate_migration(actor=operator, now=stage.now(), migration_id=migration))
    stage.submit(migration)
    return runs.execute_migration(actor=operator, now=stage.now(), migration_id=migration)


def run_through(stage: Stage, migration: int) -> None:
    """Plan, dry-run, submit and start one of dev, and wait for its end."""
    wait_for(start(stage, migration))


def completed(stage: Stage) -> None:
    wait_for(execute(stage, "wiki", "Move the wiki's sessions", "First real run in dev.")[1])


def rolled_back(stage: Stage) -> None:
    migration, run = execute(stage, "reports", "Move the reports' sessions", "And back again, to see it work.")
    wait_for(run)
    operator = stage.cast.actor(OPERATOR)
    wait_for(runs.rollback_migration(actor=operator, now=stage.now(), migration_id=migration))


def failed(stage: Stage) -> None:
    """One of the sessions is not what the target's configuration says it is; the run undoes itself."""
    wait_for(execute(stage, "crm", "Move the CRM's sessions", "There is one bad session among two thousand.")[1])


def paused(stage: Stage) -> None:
    run = execute(stage, "tickets", "Move the ticket system's sessions", "Paused before lunch.")[1]
    runs.pause(actor=stage.cast.actor(OPERATOR), now=stage.now(), run_id=run)
    wait_for(run, FINAL_RUN_STATES | {RunState.PAUSED})


ON_STAGE: tuple[Callable[[Stage], None], ...] = (completed, rolled_back, failed, paused)
