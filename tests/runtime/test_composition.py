from datetime import timedelta
from pathlib import Path

import pytest

from migrations_app.engine.errors import HandlerMissing, PlanIsStale
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import WorkerToken
from migrations_app.engine.vocabulary import RunKind, RunState
from migrations_app.models import Route, RouteLease, Run
from migrations_app.runtime import composition, secrets
from migrations_app.runtime.clock import SystemClock
from tests.runs import AT, environment, plan, queued, step, target
from tests.services.test_driving import drive_to_end
from tests.session_runs import sqlite_migration

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_target_is_resolved_with_its_credentials() -> None:
    row = target("sessions")
    secrets.store(target_id=row.pk, name="password", clear="hunter2", at=AT)
    resolved = composition.resolve_target(row)

    assert (resolved.environment, resolved.secrets) == ("dev", {"password": "hunter2"})
    assert "hunter2" not in repr(resolved)


def test_a_changed_or_missing_target_makes_the_plan_stale() -> None:
    row = target("sessions")
    content = plan([step("one")], [row])
    row.config = {"store": "sqlite", "path": "/elsewhere"}
    row.save()
    with pytest.raises(PlanIsStale, match="sessions"):
        composition.resolve_targets(content)
    row.delete()
    with pytest.raises(PlanIsStale, match="sessions"):
        composition.resolve_targets(content)


def test_another_handler_version_and_an_unknown_handler_are_refused() -> None:
    content = plan([step("one")])
    newer = Plan.from_content({**content.content(), "handler_version": "999"})
    unknown = Plan.from_content({**content.content(), "handler": "nobody"})

    with pytest.raises(HandlerMissing, match="999"):
        composition.handler_of(newer)
    with pytest.raises(HandlerMissing, match="nobody"):
        composition.handler_of(unknown)


def test_a_rollback_run_is_told_what_it_undoes(tmp_path: Path) -> None:
    rows = sqlite_migration(tmp_path)
    applied = drive_to_end(queued(rows.revision))
    assert applied.state == RunState.SUCCEEDED
    undoing = queued(rows.revision, RunKind.ROLLBACK, undoes=applied)
    undoing = Run.objects.select_related("migration", "revision", "undoes").get(pk=undoing.pk)
    driver = composition.executor(undoing, WorkerToken(f"run:{undoing.pk}", 1), clock=SystemClock(), alive=lambda: None)

    brief = driver._driver.run
    assert brief.undoes == applied.pk
    assert brief.prior_results["transfer"]["sessions"] == 50
    assert "transfer" in brief.prior_started


def test_live_clients_that_are_behind_are_named() -> None:
    dev = environment()
    route = Route.objects.create(environment=dev, name="s", epoch=3, phase="handoff", authority="a", changed_at=AT)
    for client, epoch, seconds in (("behind", 2, 5), ("current", 3, 5), ("gone", 2, -5)):
        RouteLease.objects.create(
            route=route,
            client_id=client,
            boot_id="1",
            acked_epoch=epoch,
            renewed_at=AT,
            expires_at=AT + timedelta(seconds=seconds),
        )

    assert composition.behind(dev.pk, "s", 3, AT) == ["behind"]
    assert composition.behind(environment("staging").pk, "s", 3, AT) == []


def test_the_ports_are_the_configured_ones() -> None:
    assert composition.run_settings().lease_seconds == 10.0
    assert composition.clock().now().tzinfo is not None
    assert list(composition.artifacts().keys("no/such/")) == []
