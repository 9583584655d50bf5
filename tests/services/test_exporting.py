import csv
import io
import json
from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, Person, RoleGrant
from migrations_app.proofs.export import verify
from migrations_app.runtime import sealing
from migrations_app.runtime.audit import instant
from migrations_app.selectors.audit_filters import ANYTHING, AuditFilters
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import environments, exporting
from migrations_app.services.errors import PermissionDenied
from tests.cast import actor_of

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


@pytest.fixture
def trail(admin, viewer, staging, dev, now):
    environments.edit(actor=admin, now=now, environment_id=staging.pk, description="Two.")
    environments.edit(actor=admin, now=now, environment_id=dev.pk, protected=True)
    with pytest.raises(PermissionDenied):
        environments.edit(actor=viewer, now=now, environment_id=dev.pk, protected=False)
    sealing.seal_due(now + timedelta(hours=1))


def exported(actor, now, filters=ANYTHING, format=ExportFormat.JSONL):  # noqa: A002
    return list(exporting.export_audit(actor=actor, now=now, filters=filters, format=format))


def test_the_whole_trail_verifies_offline_and_its_export_is_an_entry(trail, auditor, now):
    check = verify(exported(auditor, now), sealing.trusted_keys())

    assert (check.entries, check.proven, check.whole, check.first) == (4, 3, True, 1)
    newest = AuditEntry.objects.first()
    assert (newest.action, newest.actor) == ("audit.export", "auditor")
    assert json.loads(bytes(newest.body))["after"] == {"format": "jsonl"}


def test_a_filtered_export_says_how_it_was_filtered(trail, auditor, now, dev):
    filters = AuditFilters(outcome="denied", since=now - timedelta(days=1))
    check = verify(exported(auditor, now, filters), sealing.trusted_keys())

    assert (check.entries, check.proven) == (1, 1)
    assert check.filters == {"outcome": "denied", "since": instant(now - timedelta(days=1))}


def test_entries_from_some_number_on(trail, auditor, now):
    check = verify(exported(auditor, now, AuditFilters(after=2)), sealing.trusted_keys())

    assert (check.first, check.filters) == (3, {"after": 2})


def test_an_auditor_of_one_environment_gets_the_entries_of_that_one(trail, dev, now):
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="auditor", environment=dev, granted_at=now)
    check = verify(exported(actor_of(local, now), now), sealing.trusted_keys())

    assert (check.entries, check.first, check.whole) == (2, 2, True)


@pytest.mark.parametrize("name", ["operator", "approver", "viewer", "outsider"])
def test_others_get_nothing_and_the_attempt_is_an_entry(trail, cast, now, name):
    with pytest.raises(PermissionDenied):
        exported(cast.actors[name], now)

    newest = AuditEntry.objects.first()
    assert (newest.action, newest.actor, newest.outcome) == ("audit.export", name, "denied")


def test_other_formats_hold_the_same_entries(trail, auditor, now):
    rows = list(csv.DictReader(io.StringIO(b"".join(exported(auditor, now, format=ExportFormat.CSV)).decode())))
    assert [row["seq"] for row in rows] == ["1", "2", "3", "4"]
    assert (rows[2]["actor"], rows[2]["outcome"]) == ("viewer", "denied")
    assert len(exported(auditor, now, format=ExportFormat.CEF)) == 5  # the export before is an entry itself
    assert len(exported(auditor, now, format=ExportFormat.OCSF)) == 6


def test_a_part_is_kept_with_its_proofs(trail, now):
    check = verify(exporting.part(first=2, last=3, at=now, by="snakeweb"), sealing.trusted_keys())

    assert (check.first, check.last, check.whole, check.unproven) == (2, 3, True, 0)
