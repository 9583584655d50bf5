from datetime import timedelta

import pytest

from migrations_app.models import AuditExport
from migrations_app.selectors.audit_exports import KEPT, audit_exports
from migrations_app.selectors.refusals import PermissionDenied

pytestmark = pytest.mark.django_db


def test_each_sees_their_own_and_how_far_they_are(auditor, admin, people, now):
    facts = {"person": people["auditor"], "asked_at": now, "format": "csv", "through": 200}
    asked = {"object_type": "run", "since": "2026-02-27T10:15:00.000000Z"}
    AuditExport.objects.create(**facts, state="writing", reached=150, entries=12, filters=asked)
    AuditExport.objects.create(**facts, state="ready", reached=200, ended_at=now, size=5)
    AuditExport.objects.create(**facts, state="removed", ended_at=now - timedelta(days=2))
    AuditExport.objects.create(**{**facts, "through": 0})

    empty, ready, writing = audit_exports(actor=auditor)

    assert (writing.percentage, writing.entries, writing.filters) == (
        75,
        12,
        "object type run, since 2026-02-27 10:15 UTC",
    )
    assert (writing.is_under_way, writing.is_ready, writing.kept_until) == (True, False, None)
    assert (ready.percentage, ready.is_ready, ready.kept_until) == (100, True, now + KEPT)
    assert empty.percentage == 0
    assert audit_exports(actor=admin) == ()


def test_others_may_not(operator):
    with pytest.raises(PermissionDenied):
        audit_exports(actor=operator)
