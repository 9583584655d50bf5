"""What the demo's data lacks for the pictures: `python -m examples.screen_stories live`.

Runs in an installation whose workers are up. Everything is done through the services, as people do it; only what
an attacker or a broken disk does goes past them.
"""

import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import django

django.setup()

from django.db import connection  # noqa: E402  models load only after django.setup()

from migrations_app.demo.cast import Cast  # noqa: E402
from migrations_app.demo.people import ADMIN, APPROVER, AUDITOR, DEV, OPERATOR, PRODUCTION, STAGING  # noqa: E402
from migrations_app.demo.stories import BILLING, PORTAL, SHOP, Stage  # noqa: E402
from migrations_app.demo.stories_of_control import CHAT, STAGING_POLICY, waived_finding  # noqa: E402
from migrations_app.demo.stories_of_emergencies import FORUM  # noqa: E402
from migrations_app.demo.stories_on_stage import execute, wait_for  # noqa: E402
from migrations_app.demo.things import pair  # noqa: E402
from migrations_app.engine.vocabulary import Decision, MigrationType, RunState, TargetKind  # noqa: E402
from migrations_app.migrations import _audit_triggers as triggers  # noqa: E402
from migrations_app.models import Migration, Person, Policy, Run, StepRun, Target  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402
from migrations_app.services import migrations, planning, probing, proving, reviews, runs, targets  # noqa: E402
from migrations_app.services.actor import Actor  # noqa: E402
from migrations_app.services.migrations import MigrationDraft  # noqa: E402

HOUR_MS = 3_600_000
LONGEST_SECONDS = 60.0
FINAL_OR_PAUSED = frozenset({RunState.PAUSED, RunState.SUCCEEDED, RunState.FAILED, RunState.STUCK})
ENDED = frozenset({RunState.FAILED, RunState.STUCK, RunState.ROLLED_BACK})


def stage() -> Stage:
    now = SystemClock().now
    actors = {
        person.username: Actor(
            person.pk, person.username, address="127.0.0.1", request_id="pictures", reauthenticated_at=now()
        )
        for person in Person.objects.all()
    }
    places = dict(Target.objects.values_list("environment__name", "environment"))
    return Stage(Cast(actors, places), dict(Target.objects.values_list("name", "pk")), now)


def draft(on: Stage, service: str, place: str, title: str, description: str, **options: object) -> MigrationDraft:
    source, target = pair(service)
    parameters = {"canary_soak_ms": HOUR_MS, "legacy_watch_ms": 0} if options.get("zero_downtime") else {}
    return MigrationDraft(
        title=title,
        type=MigrationType.SESSION,
        environment_id=on.cast.places[place],
        targets={"source": on.targets[source], "target": on.targets[target]},
        parameters=parameters,
        options={"batch_size": 100, "parallel_workers": 1, **options},
        description=description,
    )


def fresh(on: Stage) -> dict[str, int]:
    """An installation on its first day: nobody but the superuser that its operator has made."""
    first, last = ADMIN.full_name.split()
    Person.objects.create_superuser(ADMIN.username, ADMIN.email, ADMIN.password, first_name=first, last_name=last)
    return {}


def live(on: Stage) -> dict[str, int]:
    """A run without downtime that has handed its first bucket over and lets it prove itself."""
    operator = on.cast.actor(OPERATOR)
    moved = draft(on, "intranet", DEV.name, "Move the intranet's sessions, nobody waits", "", zero_downtime=True)
    migration = migrations.create(actor=operator, now=on.now(), draft=moved)
    planning.plan(actor=operator, now=on.now(), migration_id=migration)
    wait_for(runs.validate_migration(actor=operator, now=on.now(), migration_id=migration))
    reviews.submit(actor=operator, now=on.now(), migration_id=migration)
    run = runs.execute_migration(actor=operator, now=on.now(), migration_id=migration)
    until(lambda: StepRun.objects.filter(run=run, step="switch", state="running").exists(), "the switch")
    with contextlib.suppress(TimeoutError):  # a busy machine keeps the gates closed; the page shows that as well
        until(lambda: Run.objects.filter(pk=run, parked_because="soak").exists(), "the first bucket")
    revised(on)
    done = Run.objects.filter(kind="apply", state="succeeded").latest("pk")
    return {
        "live": run,
        "done": done.pk,
        "portal": on.called(PORTAL),
        "shop": on.called(SHOP),
        "billing": on.called(BILLING),
        "chat": on.called(CHAT),
        "forum": Migration.objects.get(title=FORUM, environment=on.cast.places[STAGING.name]).pk,
        "policy": Policy.objects.get(name=STAGING_POLICY).pk,
        "mail": Migration.objects.get(title="Give webmail its own session store").pk,
        "target": on.targets["portal-sessions"],
        "environment": on.cast.places[PRODUCTION.name],
    }


def revised(on: Stage) -> None:
    """Signed in production, then changed for the better: two revisions to hold against each other."""
    migration = Migration.objects.get(title=PORTAL)
    operator = on.cast.actor(OPERATOR)
    better = draft(
        on,
        "portal",
        PRODUCTION.name,
        migration.title,
        f"{migration.description} Now nobody has to wait.",
        zero_downtime=True,
    )
    migrations.edit(actor=operator, now=on.now(), migration_id=migration.pk, version=migration.version, draft=better)
    digest = planning.plan(actor=operator, now=on.now(), migration_id=migration.pk).digest
    wait_for(runs.validate_migration(actor=operator, now=on.now(), migration_id=migration.pk))
    reviews.submit(actor=operator, now=on.now(), migration_id=migration.pk, digest=digest)
    waived_finding(on)
    on.decide(APPROVER, migration.pk, digest, Decision.APPROVE, "Better than the first plan: nobody waits now.")


def broken(on: Stage) -> dict[str, int]:
    failed = Run.objects.filter(migration__title="Move the CRM's sessions", kind="apply").latest("pk")
    nowhere = unreachable(on)
    run = stuck(on)
    forged(on)
    return {
        "failed": failed.pk,
        "stuck": run,
        "stuck_migration": Run.objects.get(pk=run).migration_id,
        "unreachable": nowhere,
    }


def unreachable(on: Stage) -> int:
    admin = on.cast.actor(ADMIN)
    nowhere = targets.create(
        actor=admin,
        now=on.now(),
        environment_id=on.cast.places[PRODUCTION.name],
        name="legacy-redis",
        kind=TargetKind.SESSION_STORE,
        config={"store": "redis", "host": "127.0.0.1", "port": 1},
    )
    probing.test(actor=admin, now=on.now(), target_id=nowhere)
    return nowhere


def stuck(on: Stage) -> int:
    """Paused in the middle; then somebody writes over the target's file, so that nothing can be undone on it."""
    run = execute(on, "reports", "Move the reports' sessions again", "Its disk fails half-way.")[1]
    until(lambda: StepRun.objects.filter(run=run, step="initialise", state="succeeded").exists(), "the target's table")
    runs.pause(actor=on.cast.actor(OPERATOR), now=on.now(), run_id=run)
    wait_for(run, FINAL_OR_PAUSED)
    target = Target.objects.get(name=pair("reports")[1])
    for path in Path(target.config["path"]).parent.glob(f"{target.name}.sqlite3*"):
        path.write_bytes(b"this is no database any more" * 100)
    runs.cancel(actor=on.cast.actor(OPERATOR), now=on.now(), run_id=run)
    wait_for(run, ENDED)
    return run


def forged(on: Stage) -> None:
    """One entry is rewritten behind the triggers' back, and an auditor verifies."""
    with connection.cursor() as cursor:
        for statement in triggers.drop_statements(connection.vendor):
            cursor.execute(statement)
        cursor.execute("UPDATE migrations_app_auditentry SET actor = 'nobody' WHERE seq = 42")
        for statement in triggers.create_statements(connection.vendor):
            cursor.execute(statement)
    proving.verify_audit(actor=on.cast.actor(AUDITOR), now=on.now())


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LONGEST_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {LONGEST_SECONDS:.0f} s for {what}")
        time.sleep(0.1)


if __name__ == "__main__":
    numbers = {"fresh": fresh, "live": live, "broken": broken}[sys.argv[1]](stage())
    sys.stdout.write(f"{json.dumps(numbers)}\n")
