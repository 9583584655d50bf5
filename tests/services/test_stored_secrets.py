"""Who may store, replace and archive secrets, what becomes of plans that name them, and what is written down."""

import re

import pytest

from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import AuditEntry, Migration, StoredSecret
from migrations_app.runtime import secrets as vault
from migrations_app.services import planning, stored_secrets
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied, StaleEdit
from tests.cast import NOW
from tests.custom_types import SealedStamp, let_in
from tests.runs import queued
from tests.secret_plans import VALUE, sealed_draft, stored
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def value_of(secret_id: int) -> str:
    return vault.reveal_named(StoredSecret.objects.get(pk=secret_id))


def test_a_value_is_sealed_replaced_and_in_no_audit_entry(admin, staging):
    made = stored(admin, staging)
    assert value_of(made) == VALUE
    assert stored_secrets.replace(actor=admin, now=NOW, stored_secret_id=made, version=1, secret=" other value ") == 2
    assert value_of(made) == " other value "
    with pytest.raises(StaleEdit, match="at version 2, you saw 1"):
        stored_secrets.replace(actor=admin, now=NOW, stored_secret_id=made, version=1, secret="late")

    entries = [bytes(entry.body).decode() for entry in AuditEntry.objects.filter(action__startswith="secret.")]
    assert len(entries) == 2
    assert not [entry for entry in entries if VALUE in entry or "other value" in entry]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Hunter2!value"}, "name"),
        ({"name": ""}, "name"),
        ({"name": "x" * 61}, "name"),
        ({"secret": "  "}, "secret"),
        ({"secret": 7}, "secret"),
        ({"secret": "s3cr3t-of-mine\0"}, "secret"),
        ({"secret": "s3cr3t-of-mine" * 2000}, "secret"),
    ],
)
def test_what_cannot_be_stored_is_said_without_repeating_it(admin, staging, change, field):
    with pytest.raises(InvalidInput) as refused:
        stored(admin, staging, **change)
    assert [problem.field for problem in refused.value.problems] == [field]
    assert not re.search("Hunter2|s3cr3t", str(refused.value.problems))
    assert not StoredSecret.objects.exists()


def test_a_name_is_taken_once_in_an_environment_by_an_archived_one_too(admin, staging, dev):
    made = stored(admin, staging)
    stored(admin, dev)
    stored_secrets.archive(actor=admin, now=NOW, stored_secret_id=made, version=1)
    with pytest.raises(InvalidInput, match="has a secret “wax”"):
        stored(admin, staging)
    with pytest.raises(Conflict, match="archived"):
        stored_secrets.replace(actor=admin, now=NOW, stored_secret_id=made, version=1, secret=VALUE)
    stored_secrets.restore(actor=admin, now=NOW, stored_secret_id=made)
    with pytest.raises(Conflict, match="not archived"):
        stored_secrets.restore(actor=admin, now=NOW, stored_secret_id=made)
    assert value_of(made) == VALUE


def test_only_who_manages_secrets_may(admin, operator, approver, auditor, outsider, staging):
    made = stored(admin, staging)
    for actor in (operator, approver, auditor):
        with pytest.raises(PermissionDenied):
            stored(actor, staging, name="other")
        with pytest.raises(PermissionDenied):
            stored_secrets.replace(actor=actor, now=NOW, stored_secret_id=made, version=1, secret="x")
    with pytest.raises(NotFound):
        stored_secrets.archive(actor=outsider, now=NOW, stored_secret_id=made, version=1)
    assert value_of(made) == VALUE
    denied = AuditEntry.objects.filter(action="secret.replace", outcome="denied")
    assert {(one.object_type, one.environment) for one in denied} == {("stored_secret", staging.name)}


def test_what_an_open_plan_names_is_not_archived_and_what_a_run_uses_is_not_replaced(stage, admin, staging):
    made = stored(admin, staging)
    with let_in(SealedStamp):
        migration_id = planning.create_and_plan(actor=stage.operator, now=NOW, draft=sealed_draft(stage)).migration_id
        with pytest.raises(Conflict, match="named by “Seal it”"):
            stored_secrets.archive(actor=admin, now=NOW, stored_secret_id=made, version=1)
        stored_secrets.replace(actor=admin, now=NOW, stored_secret_id=made, version=1, secret="the second value")

        run = queued(newest(Migration.objects.get(pk=migration_id)))
        for act, more in ((stored_secrets.replace, {"secret": "third"}), (stored_secrets.archive, {})):
            with pytest.raises(Conflict, match=f"in use by run {run.pk}"):
                act(actor=admin, now=NOW, stored_secret_id=made, version=2, **more)
    assert value_of(made) == "the second value"
    replaced = AuditEntry.objects.get(action="secret.replace", outcome="allowed")
    assert f'"migrations":[{migration_id}]' in bytes(replaced.body).decode()

    run.state = "succeeded"
    run.save()
    Migration.objects.filter(pk=migration_id).update(status=MigrationStatus.COMPLETED)
    stored_secrets.archive(actor=admin, now=NOW, stored_secret_id=made, version=2)
