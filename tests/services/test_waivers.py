"""Who may waive a finding of the risk, for how long, and what ends it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from migrations_app.models import AuditEntry, Migration, MigrationEditor, RiskWaiver, RoleGrant, Signature
from migrations_app.selectors.start_check import start_check
from migrations_app.services import migrations, planning, reviews, waivers
from migrations_app.services.actor import Actor
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    PermissionDenied,
    SignInRequired,
    StepUpRequired,
)
from tests.cast import Cast
from tests.policies import in_force
from tests.services.reviewing import denials, sign, submitted
from tests.stores_on_disk import Stage, newest
from tests.waiving import RULE, risk_of, risky, waive

pytestmark = pytest.mark.db_semantics


@pytest.fixture
def migration(stage: Stage) -> Migration:
    return risky(stage)


@pytest.mark.parametrize("who", ["approver", "admin"])
def test_while_it_is_waived_the_finding_stays_and_its_weight_does_not_count(
    cast: Cast, migration: Migration, viewer: Actor, now: datetime, who: str
) -> None:
    before = risk_of(viewer, migration, now)
    waive(cast.actors[who], migration, now)
    risk = risk_of(viewer, migration, now)

    assert (risk.score, risk.waived) == (before.score - 10, 10)
    assert (risk.assessed_score, risk.assessed_level) == (before.score, before.level)
    (finding,) = [each for each in risk.findings if each.rule == RULE]
    assert finding.weight == 10
    assert finding.waiver is not None
    assert (finding.waiver.username, finding.waiver.reason) == (who, "There is a copy.")
    assert finding.waiver.until == now + timedelta(days=7)


def test_it_ends_by_itself_and_then_it_can_be_given_again(
    migration: Migration, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    first = waive(approver, migration, now)
    later = now + timedelta(days=7)
    assert risk_of(approver, migration, later - timedelta(seconds=1)).waived == 10
    over = risk_of(approver, migration, later)
    assert over.waived == 0
    (finding,) = [each for each in over.findings if each.rule == RULE]
    assert finding.ended is not None
    assert (finding.ended.id, finding.ended.why_ended) == (first, "its time is over")

    waive(replace(second_approver, reauthenticated_at=later), migration, later)
    assert risk_of(approver, migration, later).waived == 10


@pytest.mark.parametrize("who", ["operator", "viewer", "auditor", "outsider"])
def test_nobody_else_can_waive(cast: Cast, migration: Migration, now: datetime, who: str) -> None:
    with pytest.raises((PermissionDenied, NotFound)):
        waive(cast.actors[who], migration, now)

    assert denials() == [(who, "waiver.give")]
    assert not RiskWaiver.objects.exists()


@pytest.mark.parametrize("superuser", [False, True])
def test_whoever_edited_the_plan_never_waives_not_even_as_superuser(
    cast: Cast, migration: Migration, operator: Actor, now: datetime, superuser: bool
) -> None:
    person = cast.people["operator"]
    RoleGrant.objects.create(person=person, role="approver", granted_at=now)
    person.is_superuser = superuser
    person.save()

    with pytest.raises(PermissionDenied, match="you wrote revision 1"):
        waive(operator, migration, now)


def test_a_token_never_waives_and_presence_has_to_be_fresh(
    migration: Migration, approver: Actor, now: datetime
) -> None:
    program = replace(approver, token_id=7, scopes=frozenset({"read", "operate", "admin"}))
    with pytest.raises(SignInRequired):
        waive(program, migration, now)
    with pytest.raises(SignInRequired):
        waivers.withdraw(actor=program, now=now, migration_id=migration.pk, waiver_id=1)
    with pytest.raises(StepUpRequired):
        waive(replace(approver, reauthenticated_at=now - timedelta(seconds=301)), migration, now)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "no.such.rule"}, "rule"),
        ({"rule": "verification"}, "rule"),  # a credit
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 1001}, "reason"),
        ({"until": None}, "until"),
        ({"until": datetime(2026, 3, 1, 12, 0)}, "until"),  # noqa: DTZ001 - that it is refused is the point
    ],
)
def test_what_cannot_be_used_is_named(
    migration: Migration, approver: Actor, now: datetime, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        waive(approver, migration, now, **changes)

    assert [problem.field for problem in refused.value.problems] == [field]


@pytest.mark.parametrize(
    ("span", "possible"),
    [
        (timedelta(0), False),
        (timedelta(seconds=1), True),
        (timedelta(days=30), True),
        (timedelta(days=30, seconds=1), False),
    ],
)
def test_thirty_days_are_the_longest(
    migration: Migration, approver: Actor, now: datetime, span: timedelta, possible: bool
) -> None:
    if possible:
        assert waive(approver, migration, now, until=now + span)
    else:
        with pytest.raises(InvalidInput):
            waive(approver, migration, now, until=now + span)


@pytest.mark.parametrize("changes", [{"until": timedelta(0)}, {"until": timedelta(days=30, seconds=1)}, {"weight": 0}])
def test_the_database_refuses_what_the_service_refuses(
    migration: Migration, cast: Cast, now: datetime, changes: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"weight": 10, "until": timedelta(days=30)} | changes
    row = RiskWaiver(
        migration=migration,
        digest="d",
        rule=RULE,
        title="t",
        evidence="e",
        weight=values["weight"],
        reason="r",
        given_by=cast.people["approver"],
        given_at=now,
        until=now + values["until"],
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


def test_a_page_that_is_no_longer_true_waives_nothing(migration: Migration, approver: Actor, now: datetime) -> None:
    with pytest.raises(Conflict) as refused:
        waive(approver, migration, now, digest="0" * 64)

    assert refused.value.reason == "digest_changed"


def test_once_is_enough_and_it_is_withdrawn_by_anybody_who_could_give_it(
    cast: Cast, migration: Migration, approver: Actor, admin: Actor, now: datetime
) -> None:
    number = waive(approver, migration, now)
    with pytest.raises(Conflict) as refused:
        waive(admin, migration, now)
    assert refused.value.reason == "already_waived"
    for who in ("operator", "viewer"):
        with pytest.raises(PermissionDenied):
            waivers.withdraw(actor=cast.actors[who], now=now, migration_id=migration.pk, waiver_id=number)

    waivers.withdraw(actor=admin, now=now, migration_id=migration.pk, waiver_id=number)
    risk = risk_of(approver, migration, now)
    assert risk.waived == 0
    (ended,) = [each.ended for each in risk.findings if each.rule == RULE]
    assert ended is not None
    assert (ended.why_ended, ended.ended_by) == ("it was withdrawn", "admin")
    with pytest.raises(Conflict):
        waivers.withdraw(actor=admin, now=now, migration_id=migration.pk, waiver_id=number)
    with pytest.raises(NotFound):
        waivers.withdraw(actor=admin, now=now, migration_id=migration.pk, waiver_id=number + 1)


def changed(stage: Stage, migration: Migration, now: datetime) -> None:
    draft = stage.draft(options={"parallel_workers": 1, "batch_size": 20, "cleanup_source": True})
    migration.refresh_from_db()
    migrations.edit(actor=stage.operator, now=now, migration_id=migration.pk, version=migration.version, draft=draft)
    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)


def heavier(stage: Stage, migration: Migration, now: datetime) -> None:
    revision = newest(migration)
    revision.findings = [f | {"weight": 11} if f["rule"] == RULE else f for f in revision.findings]
    revision.save(update_fields=["findings"])


def giver_edits(stage: Stage, migration: Migration, now: datetime) -> None:
    MigrationEditor.objects.create(migration=migration, person=stage.cast.people["approver"], revision=1)


def giver_loses_the_role(stage: Stage, migration: Migration, now: datetime) -> None:
    RoleGrant.objects.filter(person=stage.cast.people["approver"]).delete()


@pytest.mark.parametrize(
    ("happens", "why"),
    [
        (changed, "the plan was changed"),
        (heavier, "the finding weighs 11 now and weighed 10 when it was waived"),
        (giver_edits, "approver has edited the migration since"),
        (giver_loses_the_role, "approver may no longer waive a risk in staging"),
    ],
)
def test_it_ends_with_what_it_was_given_for(
    stage: Stage,
    migration: Migration,
    approver: Actor,
    second_approver: Actor,
    viewer: Actor,
    now: datetime,
    happens: Callable[[Stage, Migration, datetime], None],
    why: str,
) -> None:
    waive(approver, migration, now)
    happens(stage, migration, now)
    risk = risk_of(viewer, migration, now)

    assert risk.waived == 0
    assert [each.ended.why_ended for each in risk.findings if each.ended] == [why]
    waive(second_approver, migration, now)  # what does not count stands in nobody's way
    assert risk_of(viewer, migration, now).waived > 0


def test_the_same_plan_again_keeps_it(stage: Stage, migration: Migration, approver: Actor, now: datetime) -> None:
    waive(approver, migration, now)
    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)

    assert risk_of(approver, migration, now).waived == 10


def test_signatures_stand_and_nothing_is_in_question_after_the_run(
    stage: Stage, approver: Actor, second_approver: Actor, now: datetime
) -> None:
    migration = submitted(stage, options={"parallel_workers": 1, "batch_size": 10, "cleanup_source": True})
    sign(approver, migration, now)
    waive(second_approver, migration, now)
    assert Signature.objects.get().voided_at is None

    reviews.withdraw(actor=stage.operator, now=now, migration_id=migration.pk)
    Migration.objects.filter(pk=migration.pk).update(status="completed")
    with pytest.raises(Conflict) as refused:
        waive(second_approver, migration, now, rule="live_effects")
    assert refused.value.reason == "not_planned"


@pytest.fixture
def reviewed(stage: Stage, admins: Any, approver: Actor, now: datetime) -> Migration:
    """Just high by the finding that can be waived; one signature of the two that a high risk needs is given."""
    asks_for_two = {"count": 2, "role": "approver"}
    in_force(admins, now, risk_at_least="high", requirements=[asks_for_two])
    migration = risky(stage)
    revision = newest(migration)
    revision.findings = [f | {"weight": 0 if f["rule"] != RULE else 40} for f in revision.findings]
    revision.risk_score, revision.risk_level = 40, "high"
    revision.save()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    sign(approver, migration, now)
    return migration


def state(migration: Migration) -> str:
    migration.refresh_from_db()
    return str(migration.review_state)


def test_a_policy_asks_by_the_level_of_this_moment(
    stage: Stage, reviewed: Migration, admin: Actor, now: datetime
) -> None:
    def unmet(moment: datetime) -> set[str]:
        return {each.code for each in start_check(reviewed, newest(reviewed), now=moment).unmet}

    assert state(reviewed) == "in_review"
    number = waive(admin, reviewed, now, until=now + timedelta(hours=1))
    assert state(reviewed) == "approved"
    assert "approvals_missing" not in unmet(now)
    assert "approvals_missing" in unmet(now + timedelta(hours=1))  # nothing ran meanwhile: it ended by itself
    assert not reviewed.runs.exists()

    waivers.withdraw(actor=admin, now=now, migration_id=reviewed.pk, waiver_id=number)
    assert state(reviewed) == "in_review"
    assert Signature.objects.get().voided_at is None


def test_the_trail_says_what_it_did_to_the_risk(migration: Migration, approver: Actor, now: datetime) -> None:
    before = risk_of(approver, migration, now).score
    number = waive(approver, migration, now)
    waivers.withdraw(actor=approver, now=now, migration_id=migration.pk, waiver_id=number)

    given, withdrawn = AuditEntry.objects.filter(action__startswith="waiver.").order_by("seq")
    assert (given.action, given.outcome, given.object_id) == ("waiver.give", "allowed", str(migration.pk))
    told, taken_back = (json.loads(bytes(entry.body)) for entry in (given, withdrawn))
    assert told["reason"] == "There is a copy."
    assert (told["before"]["risk_score"], told["after"]["risk_score"]) == (before, before - 10)
    assert told["after"]["rule"] == RULE
    assert taken_back["after"]["risk_score"] == before
