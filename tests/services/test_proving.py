from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from migrations_app.models import AuditCheckpoint, AuditEntry, AuditHead, AuditProof, AuditWatch
from migrations_app.services import proving, sealing
from migrations_app.services.actor import Actor
from migrations_app.services.errors import PermissionDenied
from tests.audit_table import entries, entry, without_triggers
from tests.parallel import at_once, exceptions
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def tamper() -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(body=b"{}")


def test_an_auditor_verifies_and_that_is_recorded(auditor: Actor, now: datetime) -> None:
    proving.verify_audit(actor=auditor, now=now)
    again = proving.verify_audit(actor=auditor, now=now)
    assert (again.ok, again.entries) == (True, 1)
    assert AuditProof.objects.count() == 2
    assert [row.action for row in AuditEntry.objects.all()] == ["audit.verify", "audit.verify"]


def test_others_may_not_and_the_attempt_is_recorded(operator: Actor, now: datetime) -> None:
    with pytest.raises(PermissionDenied):
        proving.verify_audit(actor=operator, now=now)
    assert not AuditProof.objects.exists()
    assert AuditEntry.objects.get().outcome == "denied"


def test_an_intact_chain_is_proved_and_kept() -> None:
    newest = entries(2)[-1]
    verified = proving.verify_chain(now=AT)

    assert (verified.ok, verified.entries, verified.head, verified.broken_at) == (True, 2, newest.hash, None)
    proof = AuditProof.objects.get()
    assert (proof.ok, proof.entries, proof.head, proof.problem) == (True, 2, newest.hash, "")


def test_a_broken_chain_names_the_entry() -> None:
    for _ in range(3):
        entry()
    tamper()
    verified = proving.verify_chain(now=AT)

    assert (verified.ok, verified.entries, verified.broken_at) == (False, 1, 2)
    assert verified.problem.startswith("Entry 2 ")
    assert AuditProof.objects.get().ok is False


def test_the_command_prints_entries_and_head() -> None:
    newest = entry()
    out = StringIO()
    call_command("verify_audit", stdout=out)

    assert out.getvalue().splitlines()[:2] == ["entries: 1", f"head: {newest.hash}"]


def test_the_command_s_exit_status_tells_a_break() -> None:
    for _ in range(3):
        entry()
    tamper()
    out, err = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=out, stderr=err)

    assert ended.value.code == 1
    assert "Entry 2 " in err.getvalue()
    assert "entries: 1" in out.getvalue()


def test_the_command_compares_with_a_directory_of_checkpoints(settings, tmp_path: Path) -> None:
    rows = entries(3)
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = (tmp_path.as_uri(),)
    sealing.seal_audit(now=AT + timedelta(minutes=6))
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = ()
    with without_triggers():
        AuditEntry.objects.filter(seq=3).delete()
        AuditCheckpoint.objects.all().delete()
        AuditHead.objects.update(seq=2, hash=rows[1].hash)
    call_command("verify_audit", stdout=StringIO())
    err = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify_audit", checkpoints=tmp_path, stdout=StringIO(), stderr=err)

    assert "broken (truncated)" in err.getvalue()
    assert "Entry 3 is missing" in err.getvalue()
    (tmp_path / "checkpoint-000000000009.json").write_text("rubbish")
    with pytest.raises(CommandError, match="holds no checkpoint"):
        call_command("verify_audit", checkpoints=tmp_path)


def test_a_place_that_holds_the_checkpoints_is_compared_by_itself(settings, tmp_path: Path) -> None:
    rows = entries(3)
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = (tmp_path.as_uri(),)
    sealing.seal_audit(now=AT + timedelta(minutes=6))
    with without_triggers():
        AuditEntry.objects.filter(seq=3).delete()
        AuditCheckpoint.objects.all().delete()
        AuditHead.objects.update(seq=2, hash=rows[1].hash)

    verified = proving.verify_chain(now=AT)
    assert (verified.ok, verified.damage, verified.broken_at) == (False, "truncated", 3)
    assert AuditProof.objects.get().damage == "truncated"


def test_new_entries_are_looked_at_and_damage_is_kept_once_until_a_whole_verification() -> None:
    newest = entries(3)[-1]
    seen = proving.watch_new(now=AT)
    assert (seen.ok, seen.entries, seen.head) == (True, 3, newest.hash)
    assert not AuditProof.objects.exists()

    entries(2)
    with without_triggers():
        AuditEntry.objects.filter(seq=5).update(actor="eve")
    for _ in range(2):
        assert proving.watch_new(now=AT).problem == "Entry 5 shows other words than its body: actor."
    assert AuditWatch.objects.get().through == 3
    (proof,) = AuditProof.objects.all()
    assert (proof.ok, proof.entries, proof.damage) == (False, 4, "changed")

    with without_triggers():
        AuditEntry.objects.filter(seq=5).update(actor="olga")
    assert proving.watch_new(now=AT).ok
    assert AuditProof.objects.get().ok is False
    assert proving.verify_chain(now=AT).ok
    assert AuditWatch.objects.get().through == 5


def test_of_looks_at_once_the_farthest_counts() -> None:
    entries(4)
    assert proving.watch_new(now=AT, most=3).entries == 3
    assert not exceptions(at_once(*[lambda: proving.watch_new(now=AT)] * 4))
    assert AuditWatch.objects.get().through == 4
