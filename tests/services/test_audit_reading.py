"""That the trail is read is in the trail: once in a while, by whom and under which filter."""

from datetime import timedelta

import pytest

from migrations_app.models import AuditEntry, AuditReading
from migrations_app.selectors.audit_filters import AuditFilters
from migrations_app.services import audit_reading
from migrations_app.services.errors import NotFound, PermissionDenied
from tests.audit_table import decoded, entries
from tests.parallel import at_once

pytestmark = pytest.mark.django_db
DENIED = AuditFilters(outcome="denied")


def reads() -> list[dict[str, object]]:
    return [decoded(row)["after"] for row in AuditEntry.objects.filter(action="audit.read").order_by("seq")]


def test_reading_is_one_entry_a_quarter_of_an_hour_for_each_filter(auditor, now):
    for minute in (0, 1, 14):
        audit_reading.page(actor=auditor, now=now + timedelta(minutes=minute))
        audit_reading.page(actor=auditor, now=now + timedelta(minutes=minute), filters=DENIED, cursor="7")
    assert reads() == [{"read": "entries"}, {"read": "entries", "outcome": "denied"}]

    audit_reading.page(actor=auditor, now=now + timedelta(minutes=15))
    assert len(reads()) == 3


def test_another_person_is_another_reader(auditor, admin, now):
    audit_reading.page(actor=auditor, now=now)
    audit_reading.page(actor=admin, now=now)

    assert [row.actor for row in AuditEntry.objects.order_by("seq")] == ["auditor", "admin"]


def test_single_entries_are_one_that_names_the_first(auditor, now):
    entries(3)
    assert audit_reading.entry(actor=auditor, now=now, seq=2).seq == 2
    assert audit_reading.detail(actor=auditor, now=now, seq=3).entry.seq == 3

    assert reads() == [{"read": "single entries", "first": 2}]


def test_the_prefix_of_a_token_that_was_asked_for_is_said(auditor, now):
    audit_reading.page(actor=auditor, now=now, filters=AuditFilters(token="abc123"))
    assert reads() == [{"read": "entries", "prefix": "abc123"}]


def test_every_refusal_to_read_is_an_entry(operator, now):
    for _ in range(2):
        for read in (audit_reading.page, audit_reading.chain, audit_reading.checkpoints):
            with pytest.raises(PermissionDenied):
                read(actor=operator, now=now)

    rows = AuditEntry.objects.values_list("action", "outcome", "actor")
    assert list(rows) == [("audit.read", "denied", "operator")] * 6


def test_what_is_not_there_is_no_entry(auditor, now):
    with pytest.raises(NotFound):
        audit_reading.entry(actor=auditor, now=now, seq=9)
    assert not AuditEntry.objects.exists()


def test_what_was_read_yesterday_is_forgotten(auditor, now):
    AuditReading.objects.create(what="old", recorded_at=now - timedelta(days=2))
    audit_reading.page(actor=auditor, now=now)
    assert not AuditReading.objects.filter(what="old").exists()


@pytest.mark.django_db(transaction=True)
def test_of_several_windows_at_once_one_writes_it_down(auditor, now):
    def read():
        return audit_reading.page(actor=auditor, now=now)

    assert not [one for one in at_once(read, read, read, read) if isinstance(one, Exception)]
    assert len(reads()) == 1
