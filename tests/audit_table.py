"""Entries of the audit trail for tests, and what somebody could do to them who takes the triggers away.

Django's flush between tests empties the append-only table in this way too.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from migrations_app.migrations import _audit_triggers as triggers
from migrations_app.models import AuditEntry
from migrations_app.runtime import audit
from tests.runs import AT


def run_statements(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@contextmanager
def without_triggers() -> Iterator[None]:
    """What somebody with the database's own superuser could do."""
    run_statements(triggers.drop_statements(connection.vendor))
    try:
        yield
    finally:
        run_statements(triggers.create_statements(connection.vendor))


def entry(number: int = 1) -> AuditEntry:
    return audit.append(
        audit.AuditRecord(at=AT, actor="olga", action="run.execute", object_type="migration", object_id=str(number))
    )


def entries(count: int) -> list[AuditEntry]:
    return [entry(number) for number in range(count)]


def decoded(row: AuditEntry) -> dict[str, Any]:
    """What the entry says."""
    return dict(json.loads(bytes(row.body)))


@pytest.fixture(scope="session", autouse=True)
def audit_table_is_flushed() -> Iterator[None]:
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self: Any, sql_list: Sequence[str]) -> None:
        run_statements(triggers.drop_statements(connection.vendor))
        try:
            flush(self, sql_list)
        finally:
            run_statements(triggers.create_statements(connection.vendor))

    operations.execute_sql_flush = flush_without_triggers
    yield
    operations.execute_sql_flush = flush
