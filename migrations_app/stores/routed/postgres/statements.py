"""Prepared statements at the driver's lowest level: a client's call is one round trip and little else.

Parameters are bytes in the binary format of their types, as `sessions.postgres.columns` makes them; results come in
binary too. The higher cursor costs more than the whole guard does.
"""

import itertools
import struct
from collections.abc import Sequence

from psycopg import errors
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from migrations_app.stores.connections.postgres import Connection

Parameter = bytes | None

int4 = struct.Struct("!i").pack
int8 = struct.Struct("!q").pack
TRUE, FALSE = b"\1", b"\0"
_NUMBERS = itertools.count(1)  # names are a session's; several of these objects may follow each other in one
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def optional_int8(value: int | None) -> Parameter:
    return None if value is None else int8(value)


def number(content: bytes | None) -> int | None:
    """An integer of any width."""
    return None if content is None else int.from_bytes(content, "big", signed=True)


def text(content: bytes | None) -> str:
    return "" if content is None else content.decode()


class Statements:
    """The statements prepared on one connection, each at its first use. Raises psycopg's errors."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._names: dict[str, tuple[bytes, list[int]]] = {}

    def run(self, statement: str, parameters: Sequence[Parameter]) -> PGresult:
        """Rows and columns by `get_value(row, column)`. Outside a transaction."""
        try:
            return self._run(statement, parameters)
        except errors.InvalidSqlStatementName:
            # The driver deallocates every statement when it sees a DROP; or a pooler gave us another session.
            self._names.clear()
            return self._run(statement, parameters)

    def _run(self, statement: str, parameters: Sequence[Parameter]) -> PGresult:
        known = self._names.get(statement) or self._prepare(statement, len(parameters))
        result = self.connection.pgconn.exec_prepared(known[0], parameters, known[1], 1)  # type: ignore[arg-type]
        if result.status not in _GOOD:
            raise errors.error_from_result(result)
        return result

    def _prepare(self, statement: str, count: int) -> tuple[bytes, list[int]]:
        name = b"snakeweb_%d" % next(_NUMBERS)
        result = self.connection.pgconn.prepare(name, statement.encode())
        if result.status not in _GOOD:
            raise errors.error_from_result(result)
        self._names[statement] = (name, [1] * count)
        return self._names[statement]
