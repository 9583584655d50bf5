"""Starting against unmet conditions: who, with what, what never, who is told, and who closes it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from migrations_app.engine.crash_points import armed
from migrations_app.engine.vocabulary import ReviewState, RunState
from migrations_app.models import (
    AuditEntry,
    BreakGlass,
    Environment,
    Person,
    RoleGrant,
    Run,
    Target,
)
from migrations_app.models.actor import Actor
from migrations_app.selectors.home import home_page
from migrations_app.selectors.inbox import inbox
from migrations_app.selectors.migrations import migration_page
from migrations_app.services import freezes, reviews, runs
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    SignInRequired,
    StepUpRequired,
)
from tests import policies
from tests.cast import Cast, actor_of
from tests.parallel import at_once, exceptions, wait_for
from tests.services.breaking import REASON, broken, close, opened
from tests.services.reviewing import denials, sign
from tests.stores_on_disk import Stage, newest

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def now() -> datetime:
    """Targets are looked at now."""
    return datetime.now(UTC)


def overridden(item: BreakGlass) -> list[str]:
    return list(item.overridden.values_list("code", flat=True))


def test_it_starts_against_signature_dry_run_and_freeze_and_keeps_what_was_overridden(
    stage: Stage, admin: Actor, now: datetime
) -> None:
    freezes.create(
        actor=admin,
        now=now,
        reason="Quarter end",
        begins_at=now,
        ends_at=now + timedelta(hours=1),
        environment_id=stage.environment.pk,
    )
    migration = stage.planned()

    run = Run.objects.get(pk=broken(stage, migration))

    item = BreakGlass.objects.get(run=run)
    assert (run.kind, run.state, item.person_id, item.reason) == (
        "apply",
        RunState.QUEUED,
        stage.operator.person_id,
        REASON,
    )
    assert overridden(item) == ["approvals_missing", "dry_run_missing", "frozen"]
    assert "Quarter end" in item.overridden.get(code="frozen").message
    body = json.loads(bytes(AuditEntry.objects.get(action="run.break_glass").body))
    assert body["reason"] == REASON
    assert body["after"]["overridden"] == [each.message for each in item.overridden.all()]


def test_with_a_decline_it_starts_and_the_decline_is_named(stage: Stage, approver: Actor, now: datetime) -> None:
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    sign(approver, migration, now, decision="reject", comment="not tonight")

    broken(stage, migration)

    assert overridden(BreakGlass.objects.get()) == ["declined", "approvals_missing", "dry_run_missing"]


def test_without_a_policy_it_starts_too(stage: Stage) -> None:
    migration = stage.planned()
    policies.without_any()

    broken(stage, migration)

    assert overridden(BreakGlass.objects.get()) == ["no_policy", "dry_run_missing"]


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda target: Target.objects.filter(pk=target).update(config={"store": "sqlite", "path": "/nowhere/x"}), 0),
        (lambda target: Path(Target.objects.get(pk=target).config["path"]).write_bytes(b"no database" * 1000), 1),
    ],
    ids=["drift", "unreachable"],
)
def test_drift_and_targets_that_do_not_answer_are_never_overridden(stage: Stage, spoil: Any, code: int) -> None:
    migration = stage.planned()
    spoil(stage.source_id)

    with pytest.raises(Conflict, match="nothing was started") as refused:
        broken(stage, migration)

    assert [each["code"] for each in refused.value.details["problems"]] == [
        ["plan_is_stale", "target_unreachable"][code]
    ] * len(refused.value.details["problems"])
    assert "Break-glass does not override this" in refused.value.fix
    assert not Run.objects.exists()
    assert not BreakGlass.objects.exists()
    assert ("operator", "run.break_glass") in denials()


def test_another_digest_and_a_run_that_uses_the_target_are_never_overridden(stage: Stage) -> None:
    first, second = stage.planned(title="First"), stage.planned(title="Second")
    broken(stage, first)

    with pytest.raises(Conflict) as refused:
        broken(stage, second, digest="0" * 64)

    assert {each["code"] for each in refused.value.details["problems"]} == {"digest_changed", "claim_conflict"}
    assert Run.objects.count() == 1


def test_with_everything_there_it_is_refused(stage: Stage, admins: tuple[Actor, Actor], now: datetime) -> None:
    policies.asks_for(stage.environment, 0, admins, now)
    migration = stage.planned()
    Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=newest(migration),
        kind="dry_run",
        state="succeeded",
        started_by_id=stage.operator.person_id,
        created_at=now,
        started_at=now,
        ended_at=now,
    )

    with pytest.raises(Conflict) as refused:
        broken(stage, migration)
    assert refused.value.reason == "nothing_to_override"


@pytest.mark.parametrize("reason", ["", "   ", "too short", "x" * 2_001])
def test_the_reason_has_to_say_something(stage: Stage, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        broken(stage, stage.planned(), reason=reason)
    assert [problem.field for problem in refused.value.problems] == ["reason"]
    assert not Run.objects.exists()


def test_the_digest_has_to_be_said(stage: Stage) -> None:
    with pytest.raises(InvalidInput) as refused:
        broken(stage, stage.planned(), digest="")
    assert [problem.field for problem in refused.value.problems] == ["digest"]


def test_a_token_never_does_and_nobody_without_the_role(
    stage: Stage, cast: Cast, outsider: Actor, now: datetime
) -> None:
    migration = stage.planned()
    token = replace(stage.operator, token_id=1, scopes=frozenset({"read", "operate", "admin"}))
    with pytest.raises(SignInRequired):
        broken(stage, migration, token)
    for name in ("approver", "auditor", "viewer", "admin"):
        with pytest.raises(PermissionDenied):
            broken(stage, migration, cast.actors[name])
    with pytest.raises(NotFound):
        broken(stage, migration, outsider)

    assert not Run.objects.exists()
    assert AuditEntry.objects.filter(action="run.break_glass", outcome="denied").count() == 6


@pytest.mark.parametrize("ago", [timedelta(seconds=301), None])
def test_presence_has_to_be_fresh(stage: Stage, now: datetime, ago: timedelta | None) -> None:
    absent = replace(stage.operator, reauthenticated_at=None if ago is None else now - ago)
    with pytest.raises(StepUpRequired):
        broken(stage, stage.planned(), absent)
    assert not Run.objects.exists()


def test_a_protected_environment_wants_the_second_factor(production_stage: Stage, now: datetime) -> None:
    migration = production_stage.planned()
    operator = production_stage.operator
    for shown in (None, now - timedelta(seconds=301)):
        with pytest.raises(StepUpRequired, match="second factor"):
            broken(production_stage, migration, replace(operator, second_factor_at=shown))

    assert broken(production_stage, migration, replace(operator, second_factor_at=now - timedelta(seconds=300)))


def test_an_environment_may_switch_it_off(stage: Stage, now: datetime) -> None:
    migration = stage.planned()
    Environment.objects.filter(pk=stage.environment.pk).update(break_glass_allowed=False)

    with pytest.raises(Conflict) as refused:
        broken(stage, migration)
    assert refused.value.reason == "break_glass_off"
    page = migration_page(actor=stage.operator, migration_id=migration.pk, now=now)
    assert page.refusals["break_glass"] == "break-glass is switched off there"


def test_it_stays_open_until_somebody_else_who_may_approve_closes_it(
    stage: Stage, cast: Cast, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    _, item = opened(stage)
    RoleGrant.objects.create(person_id=stage.operator.person_id, role="approver", granted_at=now)
    assert [each.kind for each in inbox(actor=approver).open] == ["break_glass_review"]
    assert [each.id for each in home_page(actor=cast.actors["viewer"], now=now).break_glasses] == [item.pk]

    with pytest.raises(PermissionDenied, match="you started it"):
        close(stage.operator, item, now)
    with pytest.raises(PermissionDenied):
        close(cast.actors["admin"], item, now)
    with pytest.raises(PermissionDenied, match="can never do this"):
        close(replace(approver, token_id=1, scopes=frozenset({"operate", "admin"})), item, now)
    with pytest.raises(InvalidInput):
        close(approver, item, now, comment="  ")
    item.refresh_from_db()
    assert item.closed_at is None
    for shown in (None, now - timedelta(seconds=301)):
        with pytest.raises(StepUpRequired, match="it stays open"):
            close(replace(approver, reauthenticated_at=shown), item, now)
    item.refresh_from_db()
    assert item.closed_at is None

    close(replace(approver, reauthenticated_at=now - timedelta(seconds=300)), item, now)

    item.refresh_from_db()
    assert (item.closed_by_id, item.closed_at, item.comment) == (approver.person_id, now, "It was right.")
    assert inbox(actor=second_approver).open == ()
    assert home_page(actor=cast.actors["viewer"], now=now).break_glasses == ()
    entry = AuditEntry.objects.get(action="break_glass.close", outcome="allowed")
    assert json.loads(bytes(entry.body))["reason"] == "It was right."
    with pytest.raises(Conflict) as refused:
        close(second_approver, item, now)
    assert refused.value.reason == "closed"


def test_whoever_wrote_the_plan_or_gave_themselves_the_role_cannot_close_it(stage: Stage, now: datetime) -> None:
    migration = stage.planned()
    boss = Person.objects.create_superuser("boss", "boss@example.org", "x")
    broken(stage, migration, actor_of(boss, now))
    item = BreakGlass.objects.get()
    RoleGrant.objects.create(person_id=stage.operator.person_id, role="approver", granted_at=now)
    newcomer = Person.objects.create_user("newcomer")
    RoleGrant.objects.create(person=newcomer, role="approver", granted_by=newcomer, granted_at=now)

    with pytest.raises(PermissionDenied, match="you wrote revision 1"):
        close(stage.operator, item, now)
    with pytest.raises(PermissionDenied, match="gave yourself"):
        close(actor_of(newcomer, now), item, now)


def test_two_who_close_at_once_close_it_once(
    stage: Stage, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    _, item = opened(stage)

    outcomes = at_once(lambda: close(approver, item, now), lambda: close(second_approver, item, now))

    (lost,) = exceptions(outcomes)
    assert isinstance(lost, Conflict)
    assert AuditEntry.objects.filter(action="break_glass.close", outcome="allowed").count() == 1


def test_of_two_at_once_one_starts(stage: Stage) -> None:
    migration = stage.planned()
    outcomes = at_once(*[lambda: broken(stage, migration)] * 2)
    assert len(exceptions(outcomes)) == 1
    assert BreakGlass.objects.count() == Run.objects.count() == 1


def test_an_ordinary_start_is_as_strict_as_before(stage: Stage, now: datetime) -> None:
    migration = stage.planned()
    with pytest.raises(Conflict):
        runs.execute_migration(actor=stage.operator, now=now, migration_id=migration.pk)
    assert migration.review_state == ReviewState.NOT_SUBMITTED


def test_one_that_is_switched_off_while_the_targets_are_looked_at_breaks_no_more(stage: Stage, tmp_path: Path) -> None:
    migration, gate = stage.planned(), tmp_path / "gate"

    def switch_off() -> None:
        wait_for(lambda: Path(f"{gate}.reached").exists(), 60, "the targets to be looked at")
        Environment.objects.filter(pk=stage.environment.pk).update(break_glass_allowed=False)
        gate.touch()

    with armed(f"start.looked:wait:{gate}"):
        refused, _ = at_once(lambda: broken(stage, migration), switch_off)

    assert isinstance(refused, Conflict)
    assert refused.reason == "break_glass_off"
    assert not Run.objects.exists()
