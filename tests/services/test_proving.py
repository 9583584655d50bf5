from datetime import datetime

import pytest

from migrations_app.models import AuditEntry, AuditProof
from migrations_app.services import proving
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def test_an_auditor_verifies_and_that_is_recorded(auditor: Actor, now: datetime) -> None:
    proving.verify_audit(actor=auditor, now=now)
    again = proving.verify_audit(actor=auditor, now=now)
    assert (again.ok, again.entries) == (True, 1)
    assert AuditProof.objects.count() == 2
    assert [entry.action for entry in AuditEntry.objects.all()] == ["audit.verify", "audit.verify"]


def test_others_may_not_and_the_attempt_is_recorded(operator: Actor, now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        proving.verify_audit(actor=operator, now=now)
    assert not AuditProof.objects.exists()
    assert AuditEntry.objects.get().outcome == "denied"
