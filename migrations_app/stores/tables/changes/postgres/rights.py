"""Write privileges that are taken from roles for the time of a write stop, and given back exactly.

What is taken is written down in the transaction that takes it, so whoever comes later finds what to give back. A role
that would go on writing by another way (a superuser, PUBLIC, a role it is a member of) is said beforehand.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from psycopg.sql import SQL, Identifier

from migrations_app.engine.errors import IllegalTransition, Problem
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.changes.postgres.names import MEMBERS, table_name

WRITES = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
PUBLIC = "public"

# (schema, table, column or '', grantee, privilege, grantable, granted by the owner) of every write privilege.
_GRANTS = f"""
WITH members AS ({MEMBERS}),
held AS (
  SELECT m.nspname, m.relname, '' AS attname, c.relowner, a.* FROM members m JOIN pg_class c ON c.oid = m.oid,
    aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
  UNION ALL
  SELECT m.nspname, m.relname, t.attname, c.relowner, a.* FROM members m JOIN pg_class c ON c.oid = m.oid
    JOIN pg_attribute t ON t.attrelid = m.oid, aclexplode(t.attacl) a)
SELECT nspname, relname, attname, CASE grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(grantee) END, privilege_type,
  is_grantable, grantor = relowner FROM held WHERE privilege_type = ANY(%s) ORDER BY 1, 2, 3, 4, 5
"""  # noqa: S608 - constants


def problems(connection: Connection, relations: Sequence[int], roles: Sequence[str]) -> list[Problem]:
    found: list[Problem] = []
    for role in roles:
        found += _of_role(connection, role)
    if found:
        return found
    for relation in relations:
        found += _of_table(connection, relation, roles)
    return found


def _of_role(connection: Connection, role: str) -> Iterator[Problem]:
    if role == PUBLIC:
        return
    row = connection.execute(
        "SELECT rolsuper, rolname = current_user FROM pg_roles WHERE rolname = %s", [role]
    ).fetchone()
    if row is None:
        yield _problem(f"There is no role “{role}”.", "Name the roles that your services connect as.")
    elif row[1]:
        yield _problem(
            f"“{role}” is the user that Snakeweb itself connects as.",
            "Let the services use a role of their own, or stop the writers by lock.",
        )
    elif row[0]:
        yield _problem(f"“{role}” is a superuser, whom no privilege stops.", "Stop the writers by lock.")


def _of_table(connection: Connection, relation: int, roles: Sequence[str]) -> Iterator[Problem]:
    for schema, table, _, grantee, privilege, _, by_owner in _grants(connection, relation):
        if grantee in roles and not by_owner:
            yield _problem(
                f"{privilege} on {schema}.{table} was granted to “{grantee}” by somebody who does not own it.",
                "Let the owner grant it, so that it can be given back as it was.",
            )
        if grantee not in roles and (inherits := _inherits(connection, grantee, roles)):
            yield _problem(
                f"“{inherits}” may write to {schema}.{table} as “{grantee}” too.", f"Name “{grantee}” as well."
            )


def _inherits(connection: Connection, grantee: str, roles: Sequence[str]) -> str:
    """The first of the roles that has what was granted to the grantee; '' when none has."""
    named = [role for role in roles if role != PUBLIC]
    if grantee == PUBLIC:
        return named[0] if named else ""
    for role in named:
        row = connection.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [role, grantee]).fetchone()
        if row and row[0]:
            return role
    return ""


def revoke(connection: Connection, relations: Sequence[int], roles: Sequence[str], milliseconds: int) -> None:
    """Within a transaction. Takes what is held now; again takes what was granted meanwhile."""
    for relation in relations:
        for schema, table, column, grantee, privilege, grantable, by_owner in _grants(connection, relation):
            if grantee not in roles:
                continue
            if not by_owner:
                raise IllegalTransition(
                    f"{privilege} on {schema}.{table} was granted by somebody who does not own it; nothing was revoked."
                )
            connection.execute(
                "INSERT INTO snakeweb_changes.revoked (schema, name, field, grantee, privilege, grantable, until) "
                "VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))",
                [schema, table, column, grantee, privilege, grantable, milliseconds / 1000],
            )
    for schema, table, field, grantee, privilege, _ in _taken(connection):
        connection.execute(
            SQL("REVOKE {} ON {} FROM {}").format(_what(privilege, field), table_name(schema, table), _role(grantee))
        )


def give_back(connection: Connection, *, overdue: bool = False) -> int:
    """Within a transaction: how many privileges were given back; `overdue`: only those whose time is over."""
    connection.execute("LOCK TABLE snakeweb_changes.revoked IN EXCLUSIVE MODE")
    taken = _taken(connection, "HAVING max(until) < clock_timestamp()" if overdue else "")
    for schema, table, field, grantee, privilege, grantable in taken:
        if connection.execute(
            "SELECT to_regclass(%s) IS NULL", [table_name(schema, table).as_string(connection)]
        ).fetchone() == (True,):
            continue
        connection.execute(
            SQL("GRANT {} ON {} TO {}{}").format(
                _what(privilege, field),
                table_name(schema, table),
                _role(grantee),
                SQL(" WITH GRANT OPTION" if grantable else ""),
            )
        )
    for each in taken:
        connection.execute(
            "DELETE FROM snakeweb_changes.revoked WHERE (schema, name, field, grantee, privilege, grantable) "
            "= (%s, %s, %s, %s, %s, %s)",
            each,
        )
    return len(taken)


def _taken(connection: Connection, having: str = "") -> list[tuple[str, str, str, str, str, bool]]:
    columns = "schema, name, field, grantee, privilege, grantable"
    return connection.execute(
        f"SELECT {columns} FROM snakeweb_changes.revoked GROUP BY {columns} {having} ORDER BY {columns}"  # noqa: S608
    ).fetchall()


def _grants(connection: Connection, relation: int) -> list[tuple[Any, ...]]:
    return connection.execute(_GRANTS, [relation, list(WRITES)]).fetchall()


def _what(privilege: str, field: str) -> Any:
    return SQL("{} ({})").format(SQL(privilege), Identifier(field)) if field else SQL(privilege)


def _role(name: str) -> Any:
    return SQL("PUBLIC") if name == PUBLIC else Identifier(name)


def _problem(message: str, fix: str) -> Problem:
    return Problem("parameters.write_roles", message, fix, "not_stopped")
