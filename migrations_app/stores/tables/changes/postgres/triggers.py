"""The triggers of the change log and of the guard, and how they get onto a table with everything that inherits from it.

Triggers for each row, always enabled: a replica's apply worker fires no others. Only the key is written down, as text
under settings that make it read the same in every session.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.changes.postgres.names import (
    CHANGED,
    CLOSED,
    CLOSED_EMPTIED,
    EMPTIED,
    MEMBERS,
    SCHEMA,
    function_name,
    table_name,
)

# A column of the key that was renamed must not make its users' writes fail: then any row may have changed. The block
# around the reading of the key writes nothing, so its subtransaction costs no transaction id.
_FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp SET "DateStyle" = 'ISO, YMD' SET "IntervalStyle" = 'postgres'
  SET "TimeZone" = 'UTC' SET extra_float_digits = 3 SET bytea_output = 'hex' SET lc_monetary = 'C' AS $snakeweb$
DECLARE before text[]; after text[];
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    INSERT INTO {schema}.log (number, key) VALUES ({number}, NULL);
    RETURN NULL;
  END IF;
  BEGIN
    IF TG_OP <> 'INSERT' THEN before := ARRAY[{old}]; END IF;
    IF TG_OP <> 'DELETE' THEN after := ARRAY[{new}]; END IF;
  EXCEPTION WHEN undefined_column THEN
    INSERT INTO {schema}.log (number, key) VALUES ({number}, NULL);
    RETURN NULL;
  END;
  IF before IS NOT NULL AND before::text COLLATE "C" IS DISTINCT FROM after::text COLLATE "C" THEN
    INSERT INTO {schema}.log (number, key) VALUES ({number}, before);
  END IF;
  IF after IS NOT NULL THEN
    INSERT INTO {schema}.log (number, key) VALUES ({number}, after);
  END IF;
  RETURN NULL;
END $snakeweb$
"""

_GUARD = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $snakeweb$
BEGIN
  IF current_setting('application_name') LIKE 'snakeweb%' AND TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  IF current_setting('application_name') LIKE 'snakeweb%' THEN RETURN NEW; END IF;
  RAISE EXCEPTION USING ERRCODE = 'read_only_sql_transaction', MESSAGE = {message};
END $snakeweb$
"""
_GUARD_NAME = table_name(SCHEMA, "closed")


@dataclass(frozen=True, slots=True)
class Pair:
    """The names of a trigger for each row and of one for TRUNCATE, and when they fire."""

    rows: str
    emptied: str
    moment: str


LOGGING = Pair(CHANGED, EMPTIED, "AFTER")
GUARDING = Pair(CLOSED, CLOSED_EMPTIED, "BEFORE")


def make_function(connection: Connection, number: int, key: Sequence[str]) -> None:
    parts = {
        side: SQL(", ").join(SQL("{}.{}::text").format(SQL(record), Identifier(column)) for column in key)
        for side, record in (("old", "OLD"), ("new", "NEW"))
    }
    connection.execute(
        SQL(_FUNCTION).format(name=function_name(number), schema=Identifier(SCHEMA), number=Literal(number), **parts)
    )


def make_guard_function(connection: Connection, message: str) -> None:
    connection.execute(SQL(_GUARD).format(name=_GUARD_NAME, message=Literal(message)))


def guard_function() -> Composed:
    return _GUARD_NAME


def put_on(connection: Connection, relation: int, pair: Pair, function: Composable) -> list[int]:
    """Make what is missing, in the transaction of the caller; the oids of all. Waits for whoever writes."""
    members = connection.execute(MEMBERS, [relation]).fetchall()
    partitioned = any(kind == "p" for _, _, _, kind in members)
    for oid, schema, name, _ in members:
        table = table_name(schema, name)
        # What is put on a partitioned table the database puts on its partitions itself.
        if oid == relation or not partitioned:
            _make(connection, table, pair.rows, f"{pair.moment} INSERT OR UPDATE OR DELETE ON", "ROW", function)
        _make(connection, table, pair.emptied, f"{pair.moment} TRUNCATE ON", "STATEMENT", function)
    for _, schema, name, _ in members:
        for trigger in (pair.rows, pair.emptied):
            connection.execute(
                SQL("ALTER TABLE ONLY {} ENABLE ALWAYS TRIGGER {}").format(
                    table_name(schema, name), Identifier(trigger)
                )
            )
    return [oid for oid, _, _, _ in found(connection, relation, pair)]


def take_off(connection: Connection, relation: int, pair: Pair) -> None:
    for _, schema, name, trigger in found(connection, relation, pair):
        connection.execute(SQL("DROP TRIGGER IF EXISTS {} ON {}").format(Identifier(trigger), table_name(schema, name)))


def found(connection: Connection, relation: int, pair: Pair) -> list[tuple[int, str, str, str]]:
    """(oid, schema, table, trigger) of those that stand by themselves, so without the clones on partitions."""
    return connection.execute(
        f"WITH members AS ({MEMBERS}) SELECT t.oid, m.nspname, m.relname, t.tgname FROM members m "  # noqa: S608
        "JOIN pg_trigger t ON t.tgrelid = m.oid WHERE t.tgname = ANY(%s) AND t.tgparentid = 0 ORDER BY t.oid",
        [relation, [pair.rows, pair.emptied]],
    ).fetchall()


def switched_off(connection: Connection, relation: int, pair: Pair) -> list[str]:
    """The members whose triggers do not fire always, clones included."""
    rows = connection.execute(
        f"WITH members AS ({MEMBERS}) SELECT DISTINCT m.relname FROM members m JOIN pg_trigger t "  # noqa: S608
        "ON t.tgrelid = m.oid WHERE t.tgname = ANY(%s) AND t.tgenabled <> 'A' ORDER BY 1",
        [relation, [pair.rows, pair.emptied]],
    ).fetchall()
    return [name for (name,) in rows]


def without_emptied(connection: Connection, relation: int, pair: Pair) -> list[str]:
    """The members that nobody would see a TRUNCATE of: partitions that came later."""
    rows = connection.execute(
        f"WITH members AS ({MEMBERS}) SELECT m.relname FROM members m WHERE NOT EXISTS "  # noqa: S608
        "(SELECT FROM pg_trigger t WHERE t.tgrelid = m.oid AND t.tgname = %s) ORDER BY 1",
        [relation, pair.emptied],
    ).fetchall()
    return [name for (name,) in rows]


def _make(connection: Connection, table: Composed, name: str, events: str, each: str, function: Composable) -> None:
    there = connection.execute(
        "SELECT FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s", [table.as_string(connection), name]
    ).fetchone()
    if there is None:
        connection.execute(
            SQL("CREATE TRIGGER {} {} {} FOR EACH {} EXECUTE FUNCTION {}()").format(
                Identifier(name),
                SQL(events),
                table,
                SQL(each),
                function,
            )
        )
