import pytest
from django.db import IntegrityError, transaction

from migrations_app.engine.errors import (
    ClaimConflict,
    DependencyUnavailable,
    IllegalTransition,
    Problem,
    ValidationFailed,
)
from migrations_app.models import AuditEntry, Environment, RoleGrant, Signature, Target
from migrations_app.services import environments
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    Maintenance,
    NotFound,
    PermissionDenied,
    TargetUnavailable,
)
from migrations_app.services.operation import operation, record_refusal, violates

pytestmark = pytest.mark.django_db


def saving_then(error):
    @operation("thing.do", about="environment")
    def do(*, actor, now, environment_id):
        Environment.objects.filter(pk=environment_id).update(description="changed")
        raise error

    return do


@pytest.mark.db_semantics
def test_a_refusal_is_recorded_although_its_transaction_rolled_back(operator, staging, now):
    with pytest.raises(Conflict):
        saving_then(Conflict("not now"))(actor=operator, now=now, environment_id=staging.pk)

    staging.refresh_from_db()
    assert staging.description == ""
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.outcome, entry.object_type, entry.object_id, entry.environment) == (
        "operator",
        "thing.do",
        "denied",
        "environment",
        str(staging.pk),
        "staging",
    )
    assert b"conflict: not now" in bytes(entry.body)


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (ValidationFailed(problems=[Problem("title", "missing", "add it")]), InvalidInput),
        (ValidationFailed("something is wrong"), Conflict),
        (IllegalTransition("not in this state"), Conflict),
        (ClaimConflict("somebody has it"), Conflict),
        (DependencyUnavailable("no answer"), TargetUnavailable),
    ],
)
def test_engine_errors_become_refusals(operator, staging, now, error, refusal):
    with pytest.raises(refusal) as refused:
        saving_then(error)(actor=operator, now=now, environment_id=staging.pk)

    assert error.message in str(refused.value) or refused.value.problems


@pytest.mark.parametrize(
    "quiet", [InvalidInput([Problem("title", "missing", "add it")]), NotFound("nothing"), TargetUnavailable("away")]
)
def test_mistakes_in_what_was_given_are_not_recorded(operator, staging, now, quiet):
    with pytest.raises(type(quiet)):
        saving_then(quiet)(actor=operator, now=now, environment_id=staging.pk)

    assert not AuditEntry.objects.exists()


def test_in_maintenance_everything_is_refused_and_nothing_changes(settings, admin, staging, now):
    settings.SNAKEWEB_MIGRATION = {"enabled": False}

    with pytest.raises(Maintenance):
        environments.edit(actor=admin, now=now, environment_id=staging.pk, protected=True)

    staging.refresh_from_db()
    assert not staging.protected


def test_a_door_with_its_own_transaction_records_afterwards(operator, now):
    refused = PermissionDenied("no")

    record_refusal("grant.create", about="grant", given={"actor": operator, "now": now}, refused=refused)

    assert AuditEntry.objects.get().object_id == ""


@pytest.mark.db_semantics
def test_a_violated_constraint_is_known_by_its_name(stage, cast, now):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        Target.objects.create(
            environment=stage.environment,
            name="sessions-source",
            kind="session_store",
            created_at=now,
            changed_at=now,
        )

    assert violates(error.value, Target, "target_name_once")
    assert not violates(error.value, RoleGrant, "grant_once_to_person_here")
    assert not violates(error.value, Signature, "one_live_signature_a_person")


@pytest.mark.db_semantics
def test_a_violated_check_is_known_by_its_name(cast, now):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        RoleGrant.objects.create(role="viewer", granted_at=now)

    assert violates(error.value, RoleGrant, "grant_to_person_or_group")
    assert not violates(error.value, RoleGrant, "grant_once_to_person_here")
