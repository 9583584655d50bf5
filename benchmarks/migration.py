"""One real session migration in this process: `python -m benchmarks.migration description.json`.

Everything is as in production (services, plan, signatures not asked for in this environment, ORM journal, leases,
heartbeat, backup, both-way verification). `description.json` holds {"source": {"config", "secrets"}, "target": {...},
"options": {...}, "worker": pid}: without a worker this process drives the run itself, with one it waits for the worker
and measures that. Expects a migrated, empty database in SNAKEWEB_STATE. Prints one line of JSON.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import django

django.setup()

from migrations_app.engine.brief import OutcomeKind  # noqa: E402  models load only after django.setup()
from migrations_app.engine.vocabulary import Role, RunState, TargetKind  # noqa: E402
from migrations_app.models import Person, Run, StepRun  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402
from migrations_app.services import driving, environments, grants, migrations, planning, reviews, runs, targets  # noqa: E402
from migrations_app.services.actor import Actor  # noqa: E402
from migrations_app.services.migrations import MigrationDraft  # noqa: E402

CLOCK = SystemClock()
POLL_SECONDS = 0.2
LONGEST_SECONDS = 900.0


def main(description: dict[str, Any]) -> dict[str, Any]:
    admin, operator = people()
    place = environments.create(actor=admin, now=CLOCK.now(), name="bench", position=1)
    roles = {
        role: targets.create(
            actor=admin,
            now=CLOCK.now(),
            environment_id=place,
            name=role,
            kind=TargetKind.SESSION_STORE,
            config=description[role]["config"],
            secrets=description[role]["secrets"],
        )
        for role in ("source", "target")
    }
    draft = MigrationDraft(title="bench", environment_id=place, targets=roles, options=description["options"])
    migration = migrations.create(actor=operator, now=CLOCK.now(), draft=draft)
    planning.plan(actor=operator, now=CLOCK.now(), migration_id=migration)
    worker = description.get("worker")
    drive = watch if worker else drive_here
    drive(runs.validate_migration(actor=operator, now=CLOCK.now(), migration_id=migration))
    reviews.submit(actor=operator, now=CLOCK.now(), migration_id=migration)
    before = resident("VmRSS", worker)
    run = drive(runs.execute_migration(actor=operator, now=CLOCK.now(), migration_id=migration))
    return {
        "state": run.state,
        "steps": {step.step: step_facts(step) for step in StepRun.objects.filter(run=run, partition=0)},
        "seconds": (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None,
        "rss_before": before,
        "rss_highest": resident("VmHWM", worker),
        "error": run.error,
    }


def people() -> tuple[Actor, Actor]:
    admin = Person.objects.create_superuser("admin", "admin@bench.example", "bench")
    operator = Person.objects.create_user("operator", "operator@bench.example", "bench")
    actor = Actor(person_id=admin.pk, username=admin.username)
    grants.grant(actor=actor, now=CLOCK.now(), role=Role.OPERATOR, person_id=operator.pk)
    return actor, Actor(person_id=operator.pk, username=operator.username)


def watch(run_id: int) -> Run:
    """Wait for the worker to end the run. Raises TimeoutError."""
    latest = time.monotonic() + LONGEST_SECONDS
    while time.monotonic() < latest:
        run = Run.objects.get(pk=run_id)
        if RunState(run.state).is_final:
            return run
        time.sleep(POLL_SECONDS)
    raise TimeoutError(f"run {run_id} has not ended after {LONGEST_SECONDS:.0f} s")


def drive_here(run_id: int) -> Run:
    """Drive slice after slice, as tasks would one after the other."""
    while True:
        outcome = driving.drive_run(run_id=run_id, clock=CLOCK)
        run = Run.objects.get(pk=run_id)
        if RunState(run.state).is_final:
            return run
        if outcome.kind is OutcomeKind.SUPERSEDED:
            raise RuntimeError(f"run {run_id} is driven by somebody else")
        if outcome.wake_at is not None:
            time.sleep(max(0.0, (outcome.wake_at - CLOCK.now()).total_seconds()))


def step_facts(step: StepRun) -> dict[str, Any]:
    ended, started = step.ended_at, step.started_at
    return {"done": step.done, "seconds": (ended - started).total_seconds() if ended and started else None}


def resident(name: str, worker: int | None) -> int:
    """Bytes of the worker, else of this process: `VmRSS` now, `VmHWM` the highest so far."""
    for line in Path(f"/proc/{worker or 'self'}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise LookupError(name)


if __name__ == "__main__":
    print(json.dumps(main(json.loads(Path(sys.argv[1]).read_text()))))
