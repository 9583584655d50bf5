"""The audit chain: what is written, and what the database refuses."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from migrations_app.migrations import _audit_triggers as triggers
from migrations_app.models import AuditEntry, AuditHead
from migrations_app.runtime import audit
from migrations_app.runtime.audit import AuditOutcome, AuditRecord
from migrations_app.runtime.audit_check import ChainCheck, check_chain
from tests.architecture.sources import ROOT
from tests.audit_table import entries, entry, run_statements
from tests.parallel import at_once
from tests.runs import AT
from tests.web_process import database_url

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


@pytest.fixture
def five() -> list[AuditEntry]:
    return entries(5)


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
    check = check_chain()
    assert (check.entries, check.head, check.broken) == (5, five[-1].hash, None)


def test_writers_at_once_make_one_chain() -> None:
    outcomes = at_once(*[lambda n=n: [entry(n) for _ in range(5)] for n in range(6)])

    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert check_chain() == ChainCheck(30, AuditHead.objects.get().hash, None)


def test_two_processes_of_many_threads_make_one_chain() -> None:
    """50 threads append at once; no entry is lost, doubled or forked off, and each thread's stand in their order."""
    threads, each = 25, 3
    surroundings = os.environ | {
        "DJANGO_SETTINGS_MODULE": "snakeweb.settings",
        "SNAKEWEB_DATABASE_URL": database_url(),
        "SNAKEWEB_SECRET_KEYS": settings.SECRET_KEY,
    }
    commands = [[sys.executable, "-m", "tests.audit_appending", name, str(threads), str(each)] for name in ("a", "b")]
    processes = [
        subprocess.Popen(command, cwd=ROOT, env=surroundings, stdout=subprocess.PIPE, text=True) for command in commands
    ]
    said = [process.communicate(timeout=120)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0], said
    assert check_chain() == ChainCheck(2 * threads * each, AuditHead.objects.get().hash, None)
    rows = AuditEntry.objects.order_by("seq").values_list("actor", "object_id")
    written: dict[str, list[str]] = {}
    for actor, object_id in rows:
        written.setdefault(actor, []).append(object_id)
    assert len(written) == 2 * threads
    assert set(map(tuple, written.values())) == {tuple(str(number) for number in range(each))}


def test_a_transaction_that_rolls_back_leaves_no_gap() -> None:
    entry()

    def fail() -> None:
        with transaction.atomic():
            entry()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    entry()
    assert check_chain().broken is None
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
    assert check_chain().broken is None


def test_triggers_for_another_database_are_refused_by_name() -> None:
    with pytest.raises(KeyError, match="oracle"):
        triggers.create_statements("oracle")
