"""The audit chain: what is written, what the database refuses, and what verification finds."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from migrations_app.migrations import _audit_triggers as triggers
from migrations_app.models import AuditEntry, AuditHead, AuditProof
from migrations_app.runtime import audit
from migrations_app.runtime.audit import AuditOutcome, AuditRecord
from tests.audit_table import run_statements
from tests.parallel import at_once
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def entry(number: int = 1) -> AuditEntry:
    return audit.append(
        AuditRecord(at=AT, actor="olga", action="run.execute", object_type="migration", object_id=str(number))
    )


@pytest.fixture
def five() -> list[AuditEntry]:
    return [entry(number) for number in range(5)]


@contextmanager
def without_triggers() -> Iterator[None]:
    """What somebody with the database's own superuser could do."""
    run_statements(triggers.drop_statements(connection.vendor))
    try:
        yield
    finally:
        run_statements(triggers.create_statements(connection.vendor))


def broken_at() -> tuple[int, str]:
    found = audit.check_chain().broken
    assert found is not None
    return found.seq, found.message


def test_an_entry_holds_canonical_bytes_of_every_member() -> None:
    written = audit.append(
        AuditRecord(
            at=AT + timedelta(microseconds=5),
            actor="olga",
            on_behalf_of="ci",
            token="abc123",
            address="10.0.0.1",
            request_id="r-1",
            action="review.decide",
            object_type="migration",
            object_id="7",
            environment="production",
            outcome=AuditOutcome.DENIED,
            reason="author",
            before={"count": 2**60, "when": AT},
            after={"é": [1, None, True]},
        )
    )
    body = bytes(AuditEntry.objects.get().body)

    assert json.loads(body) == {
        "format": 1,
        "seq": 1,
        "previous": "0" * 64,
        "at": "2026-03-01T12:00:00.000005Z",
        "actor": "olga",
        "on_behalf_of": "ci",
        "token": "abc123",
        "address": "10.0.0.1",
        "request_id": "r-1",
        "action": "review.decide",
        "object": {"type": "migration", "id": "7"},
        "environment": "production",
        "outcome": "denied",
        "reason": "author",
        "before": {"count": str(2**60), "when": "2026-03-01T12:00:00.000000Z"},
        "after": {"é": [1, None, True]},
    }
    assert written.hash == hashlib.sha256(body).hexdigest()
    assert body.startswith(b'{"action":"review.decide","actor":"olga"')


def test_each_entry_holds_the_hash_of_the_one_before(five: list[AuditEntry]) -> None:
    assert [row.previous for row in five] == [audit.GENESIS, *[row.hash for row in five[:-1]]]
    check = audit.check_chain()
    assert (check.entries, check.head, check.broken) == (5, five[-1].hash, None)


def test_writers_at_once_make_one_chain() -> None:
    outcomes = at_once(*[lambda n=n: [entry(n) for _ in range(5)] for n in range(6)])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert audit.check_chain() == audit.ChainCheck(30, AuditHead.objects.get().hash, None)


def test_a_transaction_that_rolls_back_leaves_no_gap() -> None:
    entry()

    def fail() -> None:
        with transaction.atomic():
            entry()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    entry()
    assert audit.check_chain().broken is None
    assert AuditEntry.objects.count() == 2


STATEMENTS = {
    "update": "UPDATE migrations_app_auditentry SET actor = 'eve' WHERE seq = 2",
    "delete": "DELETE FROM migrations_app_auditentry WHERE seq = 2",
    "delete all": "DELETE FROM migrations_app_auditentry",
    "insert existing": "INSERT INTO migrations_app_auditentry SELECT * FROM migrations_app_auditentry WHERE seq = 2",
    "head back": "UPDATE migrations_app_audithead SET seq = seq - 1",
    "head jumps": "UPDATE migrations_app_audithead SET seq = seq + 2",
    "head deleted": "DELETE FROM migrations_app_audithead",
}
PER_DATABASE = {
    "sqlite": {
        "insert or replace": "INSERT OR REPLACE INTO migrations_app_auditentry "
        "SELECT seq, body, previous, hash, at, 'eve', action, outcome, object_type, object_id, environment, request_id "
        "FROM migrations_app_auditentry WHERE seq = 2",
        "replace head": "INSERT OR REPLACE INTO migrations_app_audithead (id, seq, hash) VALUES (1, 0, '')",
        "update or replace": "UPDATE OR REPLACE migrations_app_auditentry SET seq = 3 WHERE seq = 2",
    },
    "postgresql": {
        "truncate": "TRUNCATE migrations_app_auditentry",
        "truncate head": "TRUNCATE migrations_app_audithead",
        "upsert": "INSERT INTO migrations_app_auditentry SELECT * FROM migrations_app_auditentry WHERE seq = 2 "
        "ON CONFLICT (seq) DO UPDATE SET actor = 'eve'",
        "as replica": "SET LOCAL session_replication_role = replica; DELETE FROM migrations_app_auditentry",
    },
}


def refused(statement: str) -> bool:
    try:
        with transaction.atomic():
            run_statements([statement])
    except DatabaseError:
        return True
    return False


def test_the_database_refuses_every_change(five: list[AuditEntry]) -> None:
    before = list(AuditEntry.objects.order_by("seq").values())
    for name, statement in {**STATEMENTS, **PER_DATABASE[connection.vendor]}.items():
        assert refused(statement), f"{name} was allowed"

    assert list(AuditEntry.objects.order_by("seq").values()) == before
    assert audit.check_chain().broken is None


def test_a_changed_body_is_found_and_named(five: list[AuditEntry]) -> None:
    with without_triggers():
        body = bytes(five[2].body).replace(b"olga", b"eve!")
        AuditEntry.objects.filter(seq=3).update(body=body)

    assert broken_at() == (3, "has a body that does not match its hash")


def test_a_changed_body_with_a_new_hash_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        body = bytes(five[2].body).replace(b"olga", b"eve!")
        AuditEntry.objects.filter(seq=3).update(body=body, hash=hashlib.sha256(body).hexdigest(), actor="eve!")

    assert broken_at() == (4, "does not follow the entry before it")


def test_a_changed_column_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=2).update(actor="eve", request_id="x")

    assert broken_at() == (2, "shows other words than its body: actor, request_id")


@pytest.mark.parametrize("seq", [1, 3])
def test_a_removed_row_is_found(five: list[AuditEntry], seq: int) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=seq).delete()

    assert broken_at() == (seq, f"is missing; the next entry is {seq + 1}")


def test_a_removed_last_row_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditEntry.objects.filter(seq=5).delete()

    assert broken_at() == (5, "is missing; the head is at 5")


def test_reordered_rows_are_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        for seq, place in ((2, 99), (3, 2), (99, 3)):
            AuditEntry.objects.filter(seq=seq).update(seq=place)

    assert broken_at() == (2, "holds the body of entry 3")


def test_an_entry_beyond_the_head_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditHead.objects.update(seq=4, hash=five[3].hash)

    assert broken_at() == (5, "lies beyond the head")


def test_a_head_that_names_another_entry_is_found(five: list[AuditEntry]) -> None:
    with without_triggers():
        AuditHead.objects.update(hash="f" * 64)

    assert broken_at() == (5, "is not the entry that the head names")


def test_a_chain_rewritten_as_a_whole_contradicts_an_earlier_proof(five: list[AuditEntry]) -> None:
    AuditProof.objects.create(at=AT, entries=3, head=five[2].hash, ok=True)
    with without_triggers():
        AuditEntry.objects.all().delete()
        AuditHead.objects.all().delete()
    for number in range(5):
        entry(number + 10)

    assert broken_at() == (3, "is not the entry that an earlier proof has seen")


def test_a_chain_that_was_cut_short_as_a_whole_contradicts_an_earlier_proof(five: list[AuditEntry]) -> None:
    AuditProof.objects.create(at=AT, entries=5, head=five[4].hash, ok=True)
    with without_triggers():
        AuditEntry.objects.filter(seq__gt=3).delete()
        AuditHead.objects.update(seq=3, hash=five[2].hash)

    assert broken_at() == (4, "is missing; a proof has seen 5 entries")


def test_triggers_for_another_database_are_refused_by_name() -> None:
    with pytest.raises(KeyError, match="oracle"):
        triggers.create_statements("oracle")
