"""The clocks: ours for wall time and durations, the database's for leases (DESIGN section 10, "Time")."""

import time
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import DateTimeField, Func
from django.db.models.sql.compiler import SQLCompiler


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


class DatabaseNow(Func):
    """The database's wall clock at the moment the statement looks, plus `plus_seconds`.

    Not the start of the transaction: a statement that waited for a row lock must judge by the time after the wait.
    """

    arity = 0
    output_field = DateTimeField()

    def __init__(self, plus_seconds: float = 0.0) -> None:
        super().__init__()
        self.plus_seconds = plus_seconds

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        return "(clock_timestamp() + make_interval(secs => %s))", (self.plus_seconds,)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **_: Any
    ) -> tuple[str, tuple[Any, ...]]:
        # The same text form in which Django stores datetimes there, so that comparing texts compares times.
        return "strftime('%%Y-%%m-%%d %%H:%%M:%%f000', 'now', %s)", (f"{self.plus_seconds:+.3f} seconds",)


def database_now() -> datetime:
    """The database's clock, aware, UTC."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            row = cursor.fetchone()
            assert row is not None  # noqa: S101  # a SELECT without FROM has one row
            return row[0].astimezone(UTC)  # type: ignore[no-any-return]
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f000+00:00', 'now')")
        row = cursor.fetchone()
        assert row is not None  # noqa: S101
        return datetime.fromisoformat(row[0])
