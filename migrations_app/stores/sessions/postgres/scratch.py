"""The table of a rehearsal: made like the target's where that is somebody else's, and dropped whole."""

from psycopg.sql import SQL

from migrations_app.engine.errors import Problem, ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.postgres.fences import Fences
from migrations_app.stores.sessions.postgres.table import Names

_SHARED = """
SELECT a.attname FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
WHERE d.adrelid = to_regclass(%s) AND pg_get_expr(d.adbin, d.adrelid) LIKE '%%nextval(%%'
"""


def create_like(connection: Connection, fences: Fences, names: Names, original: Names, worker: WorkerToken) -> None:
    """Columns, defaults, checks and indexes; no triggers, no foreign keys. An earlier one of this run stays.

    Raises ValidationFailed where a default counts on in a sequence of the original: that would be written to.
    """
    with connection.transaction():
        fences.check(worker)
        fences.mark_created(names.plain, worker)
        statement = SQL("CREATE TABLE IF NOT EXISTS {} (LIKE {} INCLUDING ALL)")
        connection.execute(statement.format(names.table, original.table))
        shared = connection.execute(_SHARED, [names.table.as_string(connection)]).fetchone()
        if shared:
            message = (
                f"Column “{shared[0]}” of “{original.plain}” takes its numbers from a sequence, which a rehearsal "
                "would count on."
            )
            fix = "Make it an identity column, or rehearse against a copy of the table."
            raise ValidationFailed(message, problems=[Problem("config.table", message, fix, "shared_sequence")])


def drop(connection: Connection, fences: Fences, names: Names, side_name: str, worker: WorkerToken) -> None:
    with connection.transaction():
        fences.check(worker)
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(names.side))
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(names.table))
    for table in (side_name, names.plain):
        fences.forget(f"created:{table}:")
