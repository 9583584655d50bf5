import hashlib
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from migrations_app.models import AuditCheckpoint, AuditEntry
from migrations_app.proofs.export import verify
from migrations_app.runtime import audit, sealing
from migrations_app.runtime.audit_check import check_chain
from migrations_app.services import audit_retention
from migrations_app.services import sealing as places
from migrations_app.services.actor import SYSTEM
from migrations_app.services.audit_retention import Removable, removable
from migrations_app.services.errors import Conflict
from tests.audit_table import entries, without_triggers
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
DAY = timedelta(days=1)


@pytest.fixture
def three_days() -> None:
    """Two entries a day, sealed each day but the last."""
    for day in range(3):
        for _ in range(2):
            audit.append(audit.AuditRecord(at=AT + day * DAY, actor="olga", action="a", object_type="o", object_id="1"))
        if day < 2:
            sealing.seal_due(AT + day * DAY + timedelta(hours=1))


def remove(part: Removable) -> int:
    return audit_retention.remove_entries(actor=SYSTEM, now=AT, part=part, kept_in="file", sha256="")


def test_only_segments_that_are_older_as_a_whole_may_go(three_days: None) -> None:
    assert removable(AT) is None
    assert removable(AT + timedelta(hours=1)) == Removable(1, 2, 1)
    assert removable(AT + 9 * DAY) == Removable(1, 4, 2)


def test_they_go_with_an_entry_and_the_rest_still_verifies(three_days: None) -> None:
    assert remove(Removable(1, 2, 1)) == 2

    assert list(AuditEntry.objects.order_by("seq").values_list("seq", flat=True)) == [3, 4, 5, 6, 7]
    newest = AuditEntry.objects.first()
    assert newest is not None
    assert newest.action == "audit.remove"
    assert check_chain().broken is None
    assert AuditCheckpoint.objects.count() == 2
    assert removable(AT + 9 * DAY) == Removable(3, 4, 2)


def test_twice_removes_once(three_days: None) -> None:
    remove(Removable(1, 2, 1))

    with pytest.raises(Conflict, match="meanwhile"):
        remove(Removable(1, 4, 2))
    assert AuditEntry.objects.filter(seq=3).exists()


def test_nothing_goes_before_its_checkpoint_lies_elsewhere(three_days: None, settings, tmp_path: Path) -> None:
    settings.SNAKEWEB_AUDIT_CHECKPOINTS_URLS = (tmp_path.as_uri(),)

    with pytest.raises(Conflict, match="has not got checkpoint 1 yet"):
        remove(Removable(1, 2, 1))
    assert AuditEntry.objects.filter(seq=1).exists()
    places.seal_audit(now=AT)
    assert remove(Removable(1, 2, 1)) == 2


def test_the_command_keeps_what_it_removes_in_a_file_that_proves_itself(three_days: None, tmp_path: Path) -> None:
    file, out = tmp_path / "kept.jsonl", StringIO()
    before = (AT + DAY).date().isoformat()
    call_command("prune_audit", f"--before={before}", f"--export={file}", stdout=out)

    assert out.getvalue().startswith("2 entries removed, 1 to 2.")
    with file.open("rb") as lines:
        check = verify(lines, sealing.trusted_keys())
    assert (check.first, check.last, check.whole, check.unproven) == (1, 2, True, 0)
    assert hashlib.sha256(file.read_bytes()).hexdigest().encode() in bytes(AuditEntry.objects.latest("seq").body)
    call_command("prune_audit", f"--before={before}", f"--export={tmp_path / 'other'}", stdout=out)
    assert "nothing was removed" in out.getvalue()


def test_the_command_removes_nothing_of_a_broken_chain_or_over_a_file(three_days: None, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    file.write_text("something else")
    words = [f"--before={(AT + 2 * DAY).date().isoformat()}", f"--export={file}"]
    with pytest.raises(CommandError, match="Nothing was removed"):
        call_command("prune_audit", *words, stdout=StringIO())
    with without_triggers():
        AuditEntry.objects.filter(seq=5).update(actor="eve")
    with pytest.raises(CommandError, match=r"broken \(changed\)"):
        call_command("prune_audit", *words, stdout=StringIO())
    assert AuditEntry.objects.count() == 6
    assert file.read_text() == "something else"
    assert entries(1)
