"""Fences and marks of a move, in the table `snakeweb_moves` beside the rows that it brings."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress

import sqlalchemy as sa
from sqlalchemy import Connection, exc
from sqlalchemy.dialects import mysql

from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.applying import stale
from migrations_app.stores.tables.alchemy.abilities import abilities_of, name_of
from migrations_app.stores.tables.base import Mark
from migrations_app.stores.tables.configuration import OF_MYSQL
from migrations_app.stores.tables.refusals import MarkMoved
from migrations_app.stores.tables.selection import KeyValue

NAME = "snakeweb_moves"
# By bytes: a collation that folds case would take two tables for one.
_SCOPE = sa.Unicode(600).with_variant(mysql.VARCHAR(600, charset="utf8mb4", collation="utf8mb4_bin"), *OF_MYSQL)
_UPTO = sa.UnicodeText().with_variant(mysql.LONGTEXT(charset="utf8mb4", collation="utf8mb4_bin"), *OF_MYSQL)


def side_table(schema: str | None) -> sa.Table:
    return sa.Table(
        NAME,
        sa.MetaData(),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("scope", _SCOPE, primary_key=True),
        sa.Column("token", sa.BigInteger),
        sa.Column("upto", _UPTO),
        sa.Column("rows_there", sa.BigInteger),
        sa.Column("finished", sa.SmallInteger),
        schema=schema,
        mysql_engine="InnoDB",
        mariadb_engine="InnoDB",
    )


class Moves:
    """What changes something runs in its caller's transaction, on its connection, save where it says otherwise."""

    def __init__(self, connection: Connection, table: sa.Table) -> None:
        self._connection = connection
        self._table = table
        self._name = name_of(connection.dialect)

    def exist(self) -> bool:
        return sa.inspect(self._connection).has_table(self._table.name, schema=self._table.schema)

    def create(self) -> None:
        """On a connection in autocommit."""
        if not self.exist():
            with suppress(exc.OperationalError, exc.ProgrammingError):  # another worker did at the same moment
                self._table.create(self._connection)

    def raise_to(self, worker: WorkerToken) -> None:
        """Raises LeaseLost when a greater token is known."""
        held = self._at("fence", worker.scope)
        try:
            values = {"kind": "fence", "scope": worker.scope, "token": worker.token}
            self._connection.execute(sa.insert(self._table).values(values))
        except exc.IntegrityError:
            raised = sa.update(self._table).where(held, self._table.c.token <= worker.token)
            if not self._connection.execute(raised.values(token=worker.token)).rowcount:
                raise stale(worker, self.token(worker)) from None

    def check(self, worker: WorkerToken) -> None:
        """Hold the fence until the transaction's end. Raises LeaseLost when a greater token is known, or none."""
        held = self._at("fence", worker.scope)
        self._connection.execute(sa.update(self._table).where(held).values(token=self._table.c.token))
        known = self.token(worker)
        if known is None or known > worker.token:
            raise stale(worker, known)

    def token(self, worker: WorkerToken) -> int | None:
        held = self._at("fence", worker.scope)
        found = self._connection.execute(sa.select(self._table.c.token).where(held).with_for_update()).scalar()
        return None if found is None else int(found)

    def stand(self, scope: str) -> Mark:
        """The mark, made where there is none."""
        values = {"kind": "mark", "scope": scope, "rows_there": 0, "finished": 0}
        # To look first would lock, in MySQL, the gap that others want to insert into.
        with suppress(exc.IntegrityError):
            self._connection.execute(sa.insert(self._table).values(values))
        return self._mark(scope) or Mark(scope, None, 0)

    def confirm(self, mark: Mark) -> None:
        """Hold the mark. Raises MarkMoved when the range does not stand there any more."""
        found = self._mark(mark.scope)
        if found is None or (found.upto, found.finished) != (mark.upto, mark.finished):
            raise MarkMoved(f"{mark.scope} stands elsewhere by now; nothing was written.")

    def write(self, mark: Mark) -> None:
        upto = None if mark.upto is None else json.dumps(mark.upto)
        values = {"upto": upto, "rows_there": mark.rows, "finished": int(mark.finished)}
        self._connection.execute(sa.update(self._table).where(self._at("mark", mark.scope)).values(values))

    def marks(self, prefix: str) -> Mapping[str, Mark]:
        found = self._connection.execute(sa.select(self._table).where(self._table.c.kind == "mark")).mappings()
        # LIKE folds the case in some databases.
        return {row["scope"]: _mark(row) for row in found if row["scope"].startswith(prefix)}

    def forget(self, prefix: str) -> None:
        for scope in self._connection.execute(sa.select(self._table.c.scope).distinct()).scalars().all():
            if scope.startswith(prefix):
                self._connection.execute(sa.delete(self._table).where(self._table.c.scope == scope))

    def drop_when_empty(self) -> None:
        """On a connection in autocommit. A table that nothing is left in harms nobody where it cannot go."""
        preparer = self._connection.dialect.identifier_preparer
        none = sa.select(sa.func.count()).select_from(self._table)
        if self._name in OF_MYSQL:
            with suppress(exc.DBAPIError):
                self._connection.exec_driver_sql(f"LOCK TABLES {preparer.format_table(self._table)} WRITE")
                try:
                    if not self._connection.execute(none).scalar():
                        self._table.drop(self._connection, checkfirst=False)
                finally:
                    self._connection.exec_driver_sql("UNLOCK TABLES")

    def drops_in_transaction(self) -> None:
        """Within the transaction that forgot, where tables can go so."""
        if abilities_of(self._name).transactional_ddl:
            none = sa.select(sa.func.count()).select_from(self._table)
            if not self._connection.execute(none).scalar():
                self._table.drop(self._connection, checkfirst=False)

    def name_session(self, worker: WorkerToken) -> None:
        """So that a successor finds this session, and none but this one."""
        if self._name in OF_MYSQL:
            self._connection.execute(sa.select(sa.func.get_lock(_session(worker.scope, worker.token), 0)))

    def end_predecessor(self, worker: WorkerToken) -> None:
        """In autocommit. One that froze in the middle of a chunk would hold its fence, and the chunk, for ever."""
        if self._name not in OF_MYSQL:
            return
        known = self._connection.execute(sa.select(self._table.c.token).where(self._at("fence", worker.scope))).scalar()
        if known is None or known >= worker.token:
            return
        session = self._connection.execute(sa.select(sa.func.is_used_lock(_session(worker.scope, known)))).scalar()
        if session is not None:
            with suppress(exc.DBAPIError):  # it has ended by itself meanwhile
                self._connection.exec_driver_sql(f"KILL {int(session)}")

    def _mark(self, scope: str) -> Mark | None:
        held = sa.select(self._table).where(self._at("mark", scope)).with_for_update()
        row = self._connection.execute(held).mappings().first()
        return None if row is None else _mark(row)

    def _at(self, kind: str, scope: str) -> sa.ColumnElement[bool]:
        return sa.and_(self._table.c.kind == kind, self._table.c.scope == scope)


def _mark(row: sa.RowMapping) -> Mark:
    return Mark(row["scope"], _key(row["upto"]), int(row["rows_there"]), bool(row["finished"]))


def _session(scope: str, token: int) -> str:
    """MySQL's names of locks have 64 characters at most, and belong to the whole server."""
    return f"snakeweb:{hashlib.sha256(scope.encode()).hexdigest()[:32]}:{token}"


def _key(text: str | None) -> KeyValue | None:
    return None if text is None else tuple(json.loads(text))
