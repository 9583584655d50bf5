"""Files of the trail that a worker writes: whose, under which permission, and what a worker that dies leaves."""

from datetime import timedelta

import pytest
from django.conf import LazySettings

from migrations_app.models import AuditEntry, AuditExport, OutboxRow, Person, RoleGrant
from migrations_app.proofs.export import verify
from migrations_app.runtime import composition, outbox, sealing
from migrations_app.runtime.clock import SystemClock
from migrations_app.selectors import audit_exports as reads
from migrations_app.selectors.audit_filters import ANYTHING, AuditFilters
from migrations_app.selectors.audit_formats import ExportFormat
from migrations_app.services import audit_exports
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied
from tests.audit_table import decoded, entries
from tests.cast import actor_of

pytestmark = pytest.mark.django_db(transaction=True)
JSONL = ExportFormat.JSONL


class At(SystemClock):
    def __init__(self, at):
        self.at = at

    def now(self):
        return self.at


@pytest.fixture(autouse=True)
def _store(tmp_path, settings: LazySettings, monkeypatch):
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}"
    monkeypatch.setattr(audit_exports, "_AT_ONCE", 3)


def ask(actor, now, filters=ANYTHING):
    return audit_exports.ask(actor=actor, now=now, filters=filters, format=JSONL)


def fetched(actor, now, export_id):
    return b"".join(audit_exports.download(actor=actor, now=now, export_id=export_id).content).splitlines(True)


def test_what_was_asked_for_is_written_proven_and_downloaded(auditor, now):
    entries(7)
    sealing.seal_due(now + timedelta(days=1))
    export_id = ask(auditor, now, AuditFilters(actor="olga", since=now - timedelta(days=400)))
    assert OutboxRow.objects.get(task=outbox.WRITE_AUDIT_EXPORT).claimed_at is None
    (row,) = reads.audit_exports(actor=auditor)
    assert (row.state, row.percentage, row.is_under_way) == ("waiting", 0, True)

    assert audit_exports.write(export_id=export_id, clock=At(now))
    assert not audit_exports.write(export_id=export_id, clock=At(now))  # offered twice

    (row,) = reads.audit_exports(actor=auditor)
    assert (row.state, row.entries, row.percentage) == ("ready", 7, 100)
    assert row.size > 0
    check = verify(fetched(auditor, now, export_id), sealing.trusted_keys())
    assert (check.entries, check.proven) == (7, 7)
    assert OutboxRow.objects.get(task=outbox.WRITE_AUDIT_EXPORT).claimed_at == now
    said = [(e.action, decoded(e)["after"]["export"]) for e in AuditEntry.objects.filter(seq__gt=7).order_by("seq")]
    assert said == [("audit.export", export_id), ("audit.download", export_id)]


def test_what_is_written_meanwhile_is_not_in_it(auditor, now):
    entries(2)
    export_id = ask(auditor, now)
    entries(5)
    audit_exports.write(export_id=export_id, clock=At(now))
    assert verify(fetched(auditor, now, export_id), sealing.trusted_keys()).entries == 2


def test_whoever_dies_is_followed_by_another_and_leaves_nothing(auditor, now, monkeypatch):
    entries(7)
    export_id = ask(auditor, now)

    class Died(BaseException):
        pass

    real, parts = AuditExport.objects.filter, []

    def dies(*args, **kwargs):
        if "attempt" in kwargs:
            parts.append(1)
            if len(parts) == 2:
                raise Died
        return real(*args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(AuditExport.objects, "filter", dies)
        with pytest.raises(Died):
            audit_exports.write(export_id=export_id, clock=At(now))
    (row,) = reads.audit_exports(actor=auditor)
    assert (row.state, row.entries) == ("writing", 3)
    assert list(composition.artifacts().keys("audit-exports/")) == []
    assert not audit_exports.write(export_id=export_id, clock=At(now + timedelta(seconds=59)))

    assert audit_exports.write(export_id=export_id, clock=At(now + timedelta(seconds=60)))
    assert verify(fetched(auditor, now, export_id), sealing.trusted_keys()).entries == 7


def test_who_was_slow_finds_that_another_has_taken_over(auditor, now, monkeypatch):
    entries(7)
    export_id = ask(auditor, now)
    real = audit_exports.lines_of

    def slow(rows, **given):
        AuditExport.objects.update(alive_at=now - timedelta(hours=1))
        monkeypatch.setattr(audit_exports, "lines_of", real)
        assert audit_exports.write(export_id=export_id, clock=At(now))
        return real(rows, **given)

    monkeypatch.setattr(audit_exports, "lines_of", slow)
    assert not audit_exports.write(export_id=export_id, clock=At(now))
    assert list(composition.artifacts().keys("audit-exports/")) == [f"audit-exports/{export_id}/2"]
    assert AuditExport.objects.get().state == AuditExport.READY


def test_a_role_that_was_taken_away_counts_when_writing_and_when_downloading(dev, staging, now):
    local = Person.objects.create_user("local")
    for environment in (dev, staging):
        RoleGrant.objects.create(person=local, role="auditor", environment=environment, granted_at=now)
    actor = actor_of(local, now)
    ready, waiting = ask(actor, now), ask(actor, now)
    audit_exports.write(export_id=ready, clock=At(now))
    RoleGrant.objects.filter(person=local, environment=staging).delete()

    assert not audit_exports.write(export_id=waiting, clock=At(now))
    assert "may not audit any more" in AuditExport.objects.get(pk=waiting).problem
    with pytest.raises(PermissionDenied):
        fetched(actor, now, ready)
    newest = AuditEntry.objects.first()
    assert (newest.action, newest.outcome) == ("audit.download", "denied")

    RoleGrant.objects.filter(person=local).delete()
    for refused in (lambda: ask(actor, now), lambda: fetched(actor, now, ready)):
        with pytest.raises(PermissionDenied):
            refused()


def test_nobody_gets_the_file_of_another(auditor, admin, now):
    export_id = ask(auditor, now)
    audit_exports.write(export_id=export_id, clock=At(now))
    for attempt in (audit_exports.download, audit_exports.remove):
        with pytest.raises(NotFound):
            attempt(actor=admin, now=now, export_id=export_id)
        assert AuditEntry.objects.first().outcome == "denied"
    assert reads.audit_exports(actor=admin) == ()


def test_three_at_once_and_stopping_one_makes_room(auditor, now):
    ids = [ask(auditor, now) for _ in range(3)]
    with pytest.raises(Conflict):
        ask(auditor, now)
    audit_exports.remove(actor=auditor, now=now, export_id=ids[0])
    assert not audit_exports.write(export_id=ids[0], clock=At(now))
    ask(auditor, now)


def test_a_file_is_gone_after_its_day(auditor, now):
    export_id = ask(auditor, now)
    audit_exports.write(export_id=export_id, clock=At(now))
    assert audit_exports.remove_old(now=now + timedelta(hours=23)) == 0
    with pytest.raises(NotFound):
        fetched(auditor, now + timedelta(hours=24), export_id)
    assert audit_exports.remove_old(now=now + timedelta(hours=24)) == 1
    assert list(composition.artifacts().keys("audit-exports/")) == []


def test_a_store_that_cannot_be_written_is_said(auditor, now, settings, tmp_path):
    (tmp_path / "file").touch()
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}/file"
    export_id = ask(auditor, now)
    assert not audit_exports.write(export_id=export_id, clock=At(now))
    (row,) = reads.audit_exports(actor=auditor)
    assert row.state == "failed"
    assert "could not be written" in row.problem
