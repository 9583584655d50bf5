"""What stands in the trail is never so broken that verification fails instead of naming it."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from migrations_app.models import AuditEntry, AuditHead
from migrations_app.runtime import audit, sealing
from migrations_app.runtime.audit_check import Damage, check_chain
from migrations_app.runtime.audit_rows import rows
from migrations_app.runtime.sealing import ChainDamaged
from tests.audit_table import entries, run_statements, without_triggers
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]
TIMES = (
    AT,
    AT + timedelta(microseconds=5),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 3, 29, 2, 30, tzinfo=timezone(timedelta(hours=5, minutes=45))),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
)
NO_BODIES = (b"", b"junk", b"\xff", b"[3]", b"{}", b'{"seq":"3","previous":""}', b"[" * 100_000, b'{"seq":3}{}')
RUBBISH = {
    "sqlite": {
        "body = 'text'": "has a body that does not match its hash",
        "at = 'rubbish'": "shows other words than its body: at",
        "at = 7": "shows other words than its body: at",
        "outcome = x'00'": "shows other words than its body: outcome",
        "actor = CAST(x'ff' AS TEXT)": "holds what the database cannot read",
        "hash = CAST(x'ff' AS TEXT)": "holds what the database cannot read",
    },
    "postgresql": {
        "at = 'infinity'": "shows other words than its body: at",
        "at = '20000-01-01'": "shows other words than its body: at",
        "at = '0044-03-15 BC'": "shows other words than its body: at",
    },
}


def change(seq: int, what: str) -> None:
    with without_triggers():
        run_statements([f"UPDATE migrations_app_auditentry SET {what} WHERE seq = {seq}"])  # noqa: S608  # ours


def test_times_are_the_words_of_the_body() -> None:
    for at in TIMES:
        audit.append(audit.AuditRecord(at=at, actor="a", action="a", object_type="o", object_id="1"))

    assert [row.at for row in rows(above=0)] == [audit.instant(at) for at in TIMES]
    assert check_chain().broken is None


def test_parts_of_the_trail() -> None:
    entries(5)
    assert [row.seq for row in rows(above=1, through=4)] == [2, 3, 4]
    assert [row.seq for row in rows(above=2, most=2)] == [3, 4]
    assert list(rows(above=5)) == []


def test_a_body_that_is_no_entry_is_a_change_though_it_has_its_hash() -> None:
    entries(4)
    for body in NO_BODIES:
        with without_triggers():
            AuditEntry.objects.filter(seq=3).update(body=body, hash=hashlib.sha256(body).hexdigest())
        found = check_chain().broken
        assert found is not None
        assert (found.seq, found.kind, found.message) == (3, Damage.CHANGED, "has a body that is no entry's"), body


def test_what_no_type_of_a_column_allows_is_a_change() -> None:
    entries(4)
    before = AuditEntry.objects.filter(seq=3).values().get()
    for what, said in RUBBISH[connection.vendor].items():
        change(3, what)
        found = check_chain().broken
        assert found is not None
        assert (found.seq, found.kind, found.message) == (3, Damage.CHANGED, said), what
        with pytest.raises(ChainDamaged, match="entry 3 is not as it was written"):
            sealing.seal_due(AT + timedelta(hours=1))
        with without_triggers():
            AuditEntry.objects.filter(seq=3).update(**before)
    assert check_chain().broken is None


def test_what_is_damaged_before_what_cannot_be_read_comes_first() -> None:
    entries(4)
    unreadable = {"sqlite": "actor = CAST(x'ff' AS TEXT)", "postgresql": "at = 'infinity'"}[connection.vendor]
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(actor="eve")
    change(4, unreadable)

    found = check_chain().broken
    assert found is not None
    assert (found.seq, found.message) == (2, "shows other words than its body: actor")


def test_a_chain_whose_columns_follow_each_other_and_whose_bodies_do_not_is_not_sealed() -> None:
    entries(3)
    body = bytes(AuditEntry.objects.get(seq=2).body).replace(b"olga", b"eve!")
    digest = hashlib.sha256(body).hexdigest()
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(body=body, hash=digest, actor="eve!")
        AuditEntry.objects.filter(seq=3).update(previous=digest)

    with pytest.raises(ChainDamaged, match="entry 3 is not as it was written"):
        sealing.seal_due(AT + timedelta(hours=1))
    found = check_chain().broken
    assert found is not None
    assert (found.seq, found.kind) == (3, Damage.CHANGED)


def test_an_entry_whose_number_is_none_is_found() -> None:
    entries(3)
    number = {"sqlite": "'x'", "postgresql": "9"}[connection.vendor]
    change(3, f"seq = {number}")
    with without_triggers():
        AuditHead.objects.update(seq=2, hash=AuditEntry.objects.get(seq=2).hash)

    found = check_chain().broken
    assert found is not None
    assert (found.kind, found.message) == (Damage.INSERTED, "lies beyond the head")
