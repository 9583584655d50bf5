"""Lets Django's flush between tests empty the append-only audit table: the triggers go, and come back."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

from migrations_app.migrations import _audit_triggers as triggers


def run_statements(statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


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
