"""Why a change log cannot be installed, found by looking."""

from collections.abc import Iterator, Sequence

from migrations_app.engine.errors import Problem
from migrations_app.stores.connections.postgres import Connection
from migrations_app.stores.tables.changes.base import Watched
from migrations_app.stores.tables.changes.postgres.names import FIND, MEMBERS, SCHEMA


def problems(connection: Connection, place: str, watched: Sequence[Watched]) -> list[Problem]:
    found = [problem for each in watched for problem in _of_table(connection, each)]
    may, there = connection.execute(
        "SELECT has_database_privilege(current_database(), 'CREATE'), to_regclass(%s)", [f"{SCHEMA}.owner"]
    ).fetchone() or (False, None)
    if there is not None:
        owner = connection.execute(f"SELECT run FROM {SCHEMA}.owner").fetchone()  # noqa: S608
        run = f"run {owner[0]}" if owner else "somebody"
        message = f"{place} has a change log already, of {run}; one database has one."
        found.append(Problem("parameters.live", message, f"Finish or roll back {run} first.", "log_of_another"))
    elif not may:
        message = f"The user may not create a schema for the change log in the database at {place}."
        found.append(
            Problem(
                "parameters.live", message, "GRANT CREATE ON DATABASE … to the user of the target.", "not_permitted"
            )
        )
    return found


def _of_table(connection: Connection, watched: Watched) -> Iterator[Problem]:
    row = connection.execute(FIND, [watched.table]).fetchone()
    if row is None:
        yield Problem("parameters.tables", f"There is no table {watched.table}.", "Name one that is there.", "missing")
        return
    relation, _, _, _, owned = row
    if not watched.key:
        yield Problem(
            "parameters.tables",
            f"{watched.table} has no key, so nobody could say which of its rows changed.",
            "Give it a primary key, or copy it while nobody writes to it.",
            "no_key",
        )
    if not owned:
        yield Problem(
            "parameters.live",
            f"The user may not make triggers on {watched.table} that fire always: only its owner may.",
            f"Connect as the owner, or as a member of the owner's role; or choose a change column for {watched.table}.",
            "not_permitted",
        )
    members = connection.execute(MEMBERS, [relation]).fetchall()
    foreign = [name for _, _, name, kind in members if kind == "f"]
    if foreign:
        yield Problem(
            "parameters.tables",
            f"Parts of {watched.table} lie on another server ({', '.join(foreign)}), where writes pass no trigger.",
            "Move those parts from their own server.",
            "foreign_part",
        )
