"""The rights of clients on what a route adds beside their table (docs/client-protocol.md, section 8).

The functions run with the caller's rights, and the tables are the worker's: who may write to the session table, its
owner and every role that was granted a write there, gets what a guarded call needs. Nobody gets anything on the session
table itself. A right that a role has already, in whatever way, is not given again: it need not be ours to give.
"""

from collections.abc import Iterator

from psycopg.sql import SQL, Identifier

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.routed.postgres.parts import Parts
from migrations_app.stores.sessions.postgres.table import raw

_TABLE = ("SELECT", "INSERT", "UPDATE", "DELETE")

# PUBLIC is role 0, and has no name.
_LACKING = """
SELECT n.kind, n.name, n.need, pg_get_userbyid(w.role), w.role = 0
FROM unnest(%s::text[], %s::text[], %s::text[]) n(kind, name, need),
     (SELECT c.relowner AS role FROM pg_class c WHERE c.oid = to_regclass(%s)
      UNION SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = to_regclass(%s) AND a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')) w
WHERE NOT CASE n.kind WHEN 'TABLE' THEN has_table_privilege(w.role, n.name, n.need)
                      WHEN 'SEQUENCE' THEN has_sequence_privilege(w.role, n.name, n.need)
                      ELSE has_function_privilege(w.role, to_regproc(n.name)::oid, n.need) END
"""


def grant_to_writers(connection: Connection, parts: Parts) -> None:
    """Within the transaction of the join, when everything is there. Raises psycopg's errors."""
    kinds, names, needs = zip(*_needed(connection, parts), strict=True)
    main = parts.names.main
    lacking = connection.execute(_LACKING, [list(kinds), list(names), list(needs), main, main]).fetchall()
    for kind, name, need, role, is_everybody in lacking:
        receiver = SQL("PUBLIC") if is_everybody else Identifier(role)
        connection.execute(SQL("GRANT {} ON {} {} TO {}").format(raw(need), raw(kind), raw(name), receiver))


def _needed(connection: Connection, parts: Parts) -> Iterator[tuple[str, str, str]]:
    names = parts.names
    yield from (("TABLE", table, "SELECT") for table in (names.buckets, names.state))
    yield from (("TABLE", names.route, right) for right in _TABLE[:3])
    yield "SEQUENCE", names.of("seq"), "USAGE"
    yield from (("FUNCTION", names.of(function), "EXECUTE") for function in ("write1", "touch1", "delete1"))
    # Clients that write plainly what may lie beside the table say so there, as workers do.
    fences = parts.layout.names.fences.as_string(connection)
    yield from (("TABLE", fences, right) for right in _TABLE[:3])
    if parts.side:
        yield from (("TABLE", names.side, right) for right in _TABLE)
