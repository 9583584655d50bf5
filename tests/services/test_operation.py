from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pytest
from django.db import IntegrityError, connection, transaction

from migrations_app.engine.errors import (
    ClaimConflict,
    DependencyUnavailable,
    IllegalTransition,
    Problem,
    ValidationFailed,
)
from migrations_app.models import AuditEntry, Environment, RoleGrant, Signature, Target
from migrations_app.services import environments, stored_secrets, targets
from migrations_app.services.actor import Actor
from migrations_app.services.errors import (
    Conflict,
    InvalidInput,
    Maintenance,
    NotFound,
    PermissionDenied,
    TargetUnavailable,
)
from migrations_app.services.operation import operation, record_refusal, violates
from tests.parallel import in_thread, wait_for

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


def waits() -> bool:
    """Somebody waits for what we hold; on SQLite, where writes come one after the other, whoever has begun does."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted")
        return cursor.fetchone() is not None


MADE_ONCE = {
    "secret": lambda who: stored_secrets.create(
        actor=who.admin, now=who.now, environment_id=who.environment.pk, name="wax", secret="of wax"
    ),
    "target": lambda who: targets.create(
        actor=who.admin,
        now=who.now,
        environment_id=who.environment.pk,
        name="twin",
        kind="session_store",
        config={"store": "redis", "host": "redis.example"},
    ),
    "environment": lambda who: environments.create(actor=who.admin, now=who.now, name="twin"),
}


@dataclass(frozen=True)
class Who:
    admin: Actor
    now: datetime
    environment: Environment


@pytest.mark.db_semantics
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", MADE_ONCE)
def test_who_takes_a_name_at_the_same_moment_is_told_as_a_minute_later(kind, admin, staging, now):
    who = Who(admin, now, staging)
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            MADE_ONCE[kind](who)
            later = pool.submit(in_thread, lambda: MADE_ONCE[kind](who))
            wait_for(lambda: waits() or later.done(), what="the later one to wait")
        with pytest.raises(InvalidInput) as refused:
            later.result(30)
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("name", "taken")
    assert problem.fix
    assert AuditEntry.objects.filter(action=f"{kind}.create").count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_there_twice_for_a_reason_that_nobody_looks_at_is_a_conflict(admin, staging, now):
    tried = []

    @operation("thing.do", about="environment")
    def do(*, actor, now, environment_id):
        tried.append(environment_id)
        Environment.objects.filter(pk=environment_id).update(description="changed")
        Environment.objects.create(name=staging.name, position=99, created_at=now)

    with pytest.raises(Conflict, match="at the same moment; nothing was changed") as refused:
        do(actor=admin, now=now, environment_id=staging.pk)
    staging.refresh_from_db()
    assert (refused.value.reason, staging.description, len(tried)) == ("came_second", "", 2)
