"""What planning knows of the place and its past, from rows as runs leave them."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from migrations_app.engine.environment_facts import EarlierEnvironment, EnvironmentFacts, MaintenanceWindows, PastRuns
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import Migration, Person, PlanRevision, RoleGrant, Run, Target
from migrations_app.selectors.environment_facts import Intent, environment_facts
from migrations_app.services import planning, windows
from migrations_app.services.actor import Actor
from tests import stores_on_disk
from tests.cast import Cast
from tests.stores_on_disk import Stage, newest

pytestmark = pytest.mark.db_semantics


def ran(stage: Stage, state: RunState = RunState.SUCCEEDED, *, error: dict[str, str] | None = None) -> Run:
    migration = stage.planned(title="Earlier")
    return Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        procedure=newest(migration).procedure,
        kind=RunKind.APPLY,
        state=state,
        error=error,
        started_by=stage.cast.people["operator"],
        created_at=stage.now,
    )


def known(stage: Stage, *, version: str = "1", procedure: str = "", itself: int | None = None) -> EnvironmentFacts:
    targets = {"source": stage.source_id, "target": stage.target_id}
    rows = {role: Target.objects.get(pk=key) for role, key in targets.items()}
    intent = Intent("session", version, procedure, rows)
    return environment_facts(stage.environment, intent, now=stage.now, migration_id=itself)


@pytest.fixture
def dev_stage(cast: Cast, tmp_path: Path, stage: Stage) -> Stage:
    return stores_on_disk.stage(cast, cast.environments["dev"], tmp_path / "dev-stores", stage.now)


def test_the_same_procedure_in_the_environment_before_counts_and_another_one_does_not(
    stage: Stage, dev_stage: Stage
) -> None:
    run = ran(dev_stage)
    ran(dev_stage, RunState.FAILED)
    ran(stage)

    assert known(stage, procedure=run.revision.procedure).earlier == EarlierEnvironment("dev", 1)
    assert known(stage, procedure="0" * 64).earlier == EarlierEnvironment("dev", 0)
    assert known(dev_stage, procedure=run.revision.procedure).earlier is None


def test_a_superuser_could_take_over_too_unless_they_lack_a_second_factor_that_is_asked_for(
    stage: Stage, cast: Cast, settings: LazySettings
) -> None:
    before = known(stage).operators
    assert before is not None

    Person.objects.filter(pk__in=[cast.people["auditor"].pk, cast.people["operator"].pk]).update(is_superuser=True)
    assert known(stage).operators == before + 1, "who is an operator already is not counted twice"
    settings.SNAKEWEB_SECOND_FACTOR_ROLES = ["admin"]
    assert known(stage).operators == before


def test_a_version_that_succeeded_anywhere_is_no_first_use(stage: Stage, dev_stage: Stage) -> None:
    assert known(stage).version_successes == 0
    ran(dev_stage)

    assert known(stage).version_successes == 1
    assert known(stage, version="2").version_successes == 0


def test_runs_between_the_same_targets(stage: Stage, dev_stage: Stage) -> None:
    assert known(stage).past == PastRuns()
    first = ran(stage)
    ran(dev_stage, RunState.FAILED)
    ran(stage, RunState.CANCELLED)
    assert known(stage).past == PastRuns(succeeded=1, last_run=first.pk)

    by_hand = ran(stage, RunState.ROLLED_BACK)
    assert known(stage).past == PastRuns(succeeded=2, last_run=by_hand.pk)

    by_error = ran(stage, RunState.ROLLED_BACK, error={"code": "step_failed"})
    assert known(stage).past == PastRuns(succeeded=2, failed=1, last_run=by_error.pk, last_failed=True)


def test_another_type_and_what_was_taken_back_later_say_nothing_of_these_targets(stage: Stage) -> None:
    other = ran(stage)
    Migration.objects.filter(pk=other.migration_id).update(handler="another")
    assert known(stage).past == PastRuns()

    undone = ran(stage)
    back = ran(stage, RunState.ROLLED_BACK)
    Run.objects.filter(pk=back.pk).update(kind=RunKind.ROLLBACK, undoes=undone)
    assert known(stage).past == PastRuns()


def test_others_that_use_a_target_and_are_not_done_yet(stage: Stage) -> None:
    own, other = stage.planned(title="Own"), stage.planned(title="Other")
    stage.migration(title="Only a draft")
    assert [rival.title for rival in known(stage, itself=own.pk).rivals] == ["Other"]
    assert not known(stage, itself=own.pk).rivals[0].running

    run = ran(stage, RunState.RUNNING)
    Migration.objects.filter(pk=run.migration_id).update(status="executing")
    assert [(rival.title, rival.running) for rival in known(stage, itself=own.pk).rivals] == [
        ("Earlier", True),
        ("Other", False),
    ]
    Migration.objects.filter(pk__in=(other.pk, run.migration_id)).update(status="completed")
    assert known(stage, itself=own.pk).rivals == ()


def test_people_who_could_take_over(stage: Stage, cast: Cast) -> None:
    assert known(stage).operators == 1
    RoleGrant.objects.create(
        person=cast.people["outsider"], role="operator", environment=stage.environment, granted_at=stage.now
    )
    assert known(stage).operators == 2


def test_a_target_that_was_edited_lately(stage: Stage) -> None:
    assert known(stage).changed_targets == ()
    Target.objects.filter(pk=stage.source_id).update(version=2, changed_at=stage.now - timedelta(hours=3, minutes=59))
    (changed,) = known(stage).changed_targets
    assert (changed.name, changed.hours) == ("sessions-source", 3)

    Target.objects.filter(pk=stage.source_id).update(changed_at=stage.now - timedelta(hours=24))
    assert known(stage).changed_targets == ()


def test_windows_that_open_again_count_and_those_that_are_over_do_not(stage: Stage, admin: Actor) -> None:
    assert known(stage).windows == MaintenanceWindows(0)
    today = datetime(2026, 3, 1)  # noqa: DTZ001 - local time of the window's zone
    for name, minutes, rule in (("nights", 120, "FREQ=DAILY"), ("long ago", 600, "FREQ=DAILY;UNTIL=20260201T000000Z")):
        windows.create(
            actor=admin,
            now=stage.now - timedelta(days=60),
            environment_id=stage.environment.pk,
            name=name.replace(" ", "-"),
            zone="UTC",
            first=today - timedelta(days=50),
            minutes=minutes,
            recurrence=rule,
        )

    assert known(stage).windows == MaintenanceWindows(1, 7200)


def test_planning_weighs_what_is_known_and_the_digest_does_not_change(stage: Stage, dev_stage: Stage) -> None:
    before = newest(stage.planned())
    weights = {finding["rule"]: finding["weight"] for finding in before.findings}
    assert {"rehearsed", "first_use", "stand_ins"} <= weights.keys()
    ran(dev_stage)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=before.migration_id)
    after = PlanRevision.objects.get(migration=before.migration_id, number=2)

    again = {finding["rule"]: finding["weight"] for finding in after.findings}
    assert weights["rehearsed"] > 0 > again["rehearsed"]
    assert "first_use" not in again
    assert after.risk_score < before.risk_score
    assert after.digest == before.digest
    assert after.findings_digest != before.findings_digest
