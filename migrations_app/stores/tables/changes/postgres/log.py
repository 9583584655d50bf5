"""The change log of a PostgreSQL database."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg.sql import SQL

from migrations_app.engine.errors import IllegalTransition, Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection, Server, domain_errors
from migrations_app.stores.tables.changes.base import Change, ChangeLog, Patience, Pending, Watched
from migrations_app.stores.tables.changes.ownership import of_another, outranked, rank
from migrations_app.stores.tables.changes.postgres import planning, rights, triggers
from migrations_app.stores.tables.changes.postgres.locking import held, patiently
from migrations_app.stores.tables.changes.postgres.names import COLUMNS, FIND, SCHEMA, TABLES, function_name, table_name
from migrations_app.stores.tables.changes.postgres.triggers import GUARDING, LOGGING
from migrations_app.stores.tables.postgres.canonical import text_of

MARGIN_MS = 1000
BYTES_A_CHANGE = 120  # with its index, roughly: a table does not shrink when rows go, it takes new ones in
_NUMBER = "(SELECT number FROM snakeweb_changes.watched WHERE name = %s)"


class PostgresChangeLog(ChangeLog):
    """`run` is the one whose log it is: in a rollback run, the run that it undoes."""

    guards_us = False

    def __init__(self, connection: Connection, server: Server, run: int) -> None:
        self._connection = connection
        self._server = server
        self._run = run

    def close(self) -> None:
        self._connection.close()

    def problems(self, watched: Sequence[Watched]) -> list[Problem]:
        with domain_errors(self._server):
            return planning.problems(self._connection, self._server.place, watched)

    def install(self, watched: Sequence[Watched], worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._server):
            with self._connection.transaction():
                # Two that begin at once would both find no schema.
                self._connection.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [SCHEMA])
                self._connection.execute(TABLES)
                self._own(worker, first=True)
            for each in watched:
                patiently(self._connection, patience, lambda each=each: self._install(each, worker))  # type: ignore[misc]

    def _install(self, watched: Watched, worker: WorkerToken) -> None:
        self._own(worker)
        found = self._connection.execute(FIND, [watched.table]).fetchone()
        if found is None:
            raise ValidationFailed(f"There is no table {watched.table}. Nothing was changed there.")
        relation, key = found[0], list(watched.key)
        known = "SELECT count(*) FROM snakeweb_changes.watched WHERE name = %s AND relation = %s AND key = %s"
        if self._one(known, [watched.table, relation, key])[0]:
            return
        (number,) = self._one(
            "INSERT INTO snakeweb_changes.watched (name, relation, key, columns, triggers) "
            "VALUES (%s, %s, %s, %s, '{}') RETURNING number",
            [watched.table, relation, key, *self._one(COLUMNS, [relation])],
        )
        triggers.make_function(self._connection, number, key)
        made = triggers.put_on(self._connection, relation, LOGGING, function_name(number))
        self._connection.execute("UPDATE snakeweb_changes.watched SET triggers = %s WHERE number = %s", [made, number])

    def remove(self, worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._server):
            if not self._there():
                return
            with self._connection.transaction():
                self._own(worker)
                rights.give_back(self._connection)
            for relation in self._relations():
                for pair in (LOGGING, GUARDING):
                    self._take_off(relation, pair, worker, patience)
            with self._connection.transaction():
                self._own(worker)
                self._connection.execute("DROP SCHEMA snakeweb_changes CASCADE")

    def _take_off(self, relation: int, pair: triggers.Pair, worker: WorkerToken, patience: Patience) -> None:
        def work() -> None:
            self._own(worker)
            triggers.take_off(self._connection, relation, pair)

        patiently(self._connection, patience, work)

    def installed(self) -> bool:
        with domain_errors(self._server):
            mine = "SELECT count(*) FROM snakeweb_changes.owner WHERE run = %s"
            return self._there() and self._one(mine, [self._run])[0] > 0

    def damage(self) -> tuple[str, ...]:
        with domain_errors(self._server):
            if not self._there():
                return ("The change log was removed.",)
            rows = self._connection.execute(
                "SELECT name, relation, columns, triggers FROM snakeweb_changes.watched ORDER BY number"
            ).fetchall()
            return tuple(line for row in rows for line in self._damage(*row))

    def _damage(self, name: str, relation: int, columns: list[str], made: list[int]) -> Iterator[str]:
        now = self._connection.execute(FIND, [name]).fetchone()
        if now is None or now[0] != relation:
            yield f"{name} was dropped, renamed or made anew."
            return
        (are,) = self._one(COLUMNS, [relation])
        if changed := sorted(set(columns) ^ set(are)):
            yield f"{name} was altered: {', '.join(changed)}."
        standing = {oid for oid, _, _, _ in triggers.found(self._connection, relation, LOGGING)}
        if gone := set(made) - standing:
            yield f"{len(gone)} trigger(s) of {name} were dropped."
        for table in triggers.switched_off(self._connection, relation, LOGGING):
            yield f"A trigger of {table} was switched off."
        for table in triggers.without_emptied(self._connection, relation, LOGGING) if not gone else ():
            yield f"{table} became a part of {name}, and nobody would see that it is emptied."

    def pending(self) -> Pending:
        with domain_errors(self._server):
            rows = self._connection.execute(
                "SELECT w.name, count(*), (extract(epoch FROM clock_timestamp() - min(l.at)) * 1000)::bigint "
                "FROM snakeweb_changes.watched w JOIN snakeweb_changes.log l USING (number) "
                "GROUP BY w.number, w.name ORDER BY w.number"
            ).fetchall()
        oldest = max((max(0, age) for _, _, age in rows), default=0)
        changes = sum(count for _, count, _ in rows)
        return Pending(changes, oldest, changes * BYTES_A_CHANGE, {name: count for name, count, _ in rows})

    def read(self, watched: Watched, after: int, limit: int) -> list[Change]:
        parts = [
            text_of(f"(key[{number}])::{held.native}", held, wanted)
            for number, (held, wanted) in enumerate(zip(watched.held, watched.wanted, strict=True), start=1)
        ]
        with domain_errors(self._server):
            rows = self._connection.execute(
                f"SELECT id, key IS NULL, {', '.join(parts)} FROM snakeweb_changes.log "  # noqa: S608
                f"WHERE number = {_NUMBER} AND id > %s ORDER BY id LIMIT %s",
                [watched.table, after, limit],
            ).fetchall()
        return [Change(id_, None if unknown else tuple(key)) for id_, unknown, *key in rows]

    def acknowledge(self, table: str, ids: Sequence[int]) -> None:
        with domain_errors(self._server):
            self._connection.execute(
                f"DELETE FROM snakeweb_changes.log WHERE number = {_NUMBER} AND id = ANY(%s)",  # noqa: S608
                [table, list(ids)],
            )

    def clear(self, worker: WorkerToken) -> None:
        with domain_errors(self._server), self._connection.transaction():
            self._own(worker)
            self._connection.execute("DELETE FROM snakeweb_changes.log")

    def compact(self) -> int:
        with domain_errors(self._server):
            # Only what this statement sees is compared: the newest of each row, and it is committed, stays.
            return self._connection.execute(
                "DELETE FROM snakeweb_changes.log WHERE (number, id) IN (SELECT number, id FROM (SELECT number, id, "
                "row_number() OVER (PARTITION BY number, key ORDER BY id DESC) AS place FROM snakeweb_changes.log) k "
                "WHERE place > 1)"
            ).rowcount

    @contextmanager
    def locked(self, longest_ms: int, patience: Patience) -> Iterator[float]:
        since = [0.0]

        def lock() -> None:
            # A worker that freezes keeps nobody's writes waiting for longer: the server ends its session.
            self._connection.execute(f"SET LOCAL idle_in_transaction_session_timeout = {longest_ms + MARGIN_MS}")
            tables = SQL(", ").join(table_name(*names) for names in self._names())
            since[0] = time.monotonic()
            self._connection.execute(SQL("LOCK TABLE {} IN EXCLUSIVE MODE").format(tables))

        with domain_errors(self._server), held(self._connection, patience, lock):
            yield since[0]

    def guard(self, message: str, worker: WorkerToken) -> None:
        with domain_errors(self._server):
            self._own(worker)
            triggers.make_guard_function(self._connection, message)
            for relation in self._relations():
                triggers.put_on(self._connection, relation, GUARDING, triggers.guard_function())

    def unguard(self, worker: WorkerToken, patience: Patience) -> None:
        with domain_errors(self._server):
            for relation in self._relations() if self._there() else ():
                self._take_off(relation, GUARDING, worker, patience)

    def guarded(self) -> bool:
        with domain_errors(self._server):
            return self._there() and any(
                triggers.found(self._connection, relation, GUARDING) for relation in self._relations()
            )

    def role_problems(self, watched: Sequence[Watched], roles: Sequence[str]) -> list[Problem]:
        with domain_errors(self._server):
            found = [self._connection.execute(FIND, [each.table]).fetchone() for each in watched]
            return rights.problems(self._connection, [row[0] for row in found if row is not None], roles)

    def revoke(self, roles: Sequence[str], longest_ms: int, worker: WorkerToken) -> None:
        with domain_errors(self._server), self._connection.transaction():
            self._own(worker)
            rights.revoke(self._connection, self._relations(), roles, longest_ms)

    def give_back(self, worker: WorkerToken | None, *, overdue: bool = False) -> int:
        with domain_errors(self._server):
            if not self._there():
                return 0
            with self._connection.transaction():
                if worker is not None:
                    self._own(worker)
                return rights.give_back(self._connection, overdue=overdue)

    def _own(self, worker: WorkerToken, *, first: bool = False) -> None:
        """Within a transaction: hold the log until its end. Raises LeaseLost, and IllegalTransition for another's."""
        row = self._connection.execute("SELECT run, by, token FROM snakeweb_changes.owner FOR UPDATE").fetchone()
        if row is None and not first:
            raise IllegalTransition(f"{self._server.place} has no change log. Nothing was changed.")
        if row is not None and row[0] != self._run:
            raise of_another(self._server.place, row[0])
        if row is not None and (row[1], row[2]) > rank(worker):
            raise outranked(worker, self._server.place)
        self._connection.execute(
            "INSERT INTO snakeweb_changes.owner (run, by, token) VALUES (%s, %s, %s) "
            "ON CONFLICT (one) DO UPDATE SET by = excluded.by, token = excluded.token",
            [self._run, *rank(worker)],
        )

    def _there(self) -> bool:
        return self._one("SELECT to_regclass(%s) IS NOT NULL", ["snakeweb_changes.owner"])[0] is True

    def _relations(self) -> list[int]:
        rows = self._connection.execute(
            "SELECT relation FROM snakeweb_changes.watched w JOIN pg_class c ON c.oid = w.relation ORDER BY number"
        ).fetchall()
        return [relation for (relation,) in rows]

    def _names(self) -> list[tuple[str, str]]:
        return self._connection.execute(
            "SELECT n.nspname, c.relname FROM snakeweb_changes.watched w JOIN pg_class c ON c.oid = w.relation "
            "JOIN pg_namespace n ON n.oid = c.relnamespace ORDER BY number"
        ).fetchall()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> tuple[Any, ...]:
        row = self._connection.execute(statement, values or None).fetchone()
        if row is None:
            raise IllegalTransition("The change log answered nothing.")
        return row
