"""Which history of the server this is: after a fail-over acknowledged writes may be missing."""

from psycopg import errors

from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.sessions.configuration import StoreConfig


def incarnation(connection: Connection, config: StoreConfig) -> str:
    """`postgresql:<system identifier>/<timeline>`; the address instead of the identifier where it is not shown.

    The timeline is that of the log that is being written: a promotion changes it at once, and the control file only
    with the next checkpoint.
    """
    try:
        row = connection.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
        system = str(row[0]) if row else ""
    except errors.InsufficientPrivilege:
        system = f"{config['host']}:{config['port']}"
    return f"postgresql:{system}/{_timeline(connection)}"


def _timeline(connection: Connection) -> str:
    for statement in (
        "SELECT CASE WHEN NOT pg_is_in_recovery() THEN left(pg_walfile_name(pg_current_wal_lsn()), 8) END",
        "SELECT lpad(upper(to_hex(timeline_id)), 8, '0') FROM pg_control_checkpoint()",
    ):
        try:
            row = connection.execute(statement).fetchone()
        except errors.InsufficientPrivilege:
            continue
        if row and row[0] is not None:
            return str(row[0])
    return "unknown"
