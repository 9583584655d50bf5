import pytest

from migrations_app.models import AuditEntry
from migrations_app.services import searching
from migrations_app.services.actor import Actor
from tests.stores_on_disk import Stage

pytestmark = pytest.mark.django_db


def test_who_finds_entries_of_the_trail_has_read_them_once(stage: Stage, auditor: Actor) -> None:
    stage.migration()
    seq = AuditEntry.objects.order_by("seq").values_list("seq", flat=True)[0]

    searching.search(actor=auditor, now=stage.now, q="sessions")
    assert not AuditEntry.objects.filter(action="audit.read").exists(), "no entry was shown"
    for _ in range(2):
        assert searching.search(actor=auditor, now=stage.now, q=f"audit {seq}").hits[0].kind == "audit"
        assert searching.quick(actor=auditor, now=stage.now, q=f"audit {seq}", limit=3, each=1)[0].id == seq

    (written,) = AuditEntry.objects.filter(action="audit.read")
    assert written.actor == "auditor"
    assert b"entries that a search found" in bytes(written.body)
