"""Where a rehearsal copies tables to: a namespace beside the target's own that belongs to one run alone.

PostgreSQL: a schema of the same database. SQLite: a file in the same directory. The rest of the configuration is the
target's, so connection and credentials are those that the migration is going to use.
"""

import hashlib
import os
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import Any

from psycopg import sql

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.connections import postgres
from migrations_app.stores.tables.configuration import DatabaseConfig, parse_config

SCHEMA = "snakeweb_rehearsal_"
SUFFIX = ".rehearsal-"
BESIDE = ("-wal", "-shm", "-journal")
LONGEST_NAME = 63


def why_no_scratch(config: Mapping[str, Any]) -> str:
    """Why a target like this has no place to rehearse in; '' when it has. For people."""
    engine = parse_config(config).engine
    return "" if engine in ("postgres", "sqlite") else f"A database of the kind {engine} has no place to rehearse in."


def scratch_config(config: Mapping[str, Any], run_id: int) -> dict[str, Any]:
    """The target's configuration with the namespace of that run. Raises ValidationFailed where there is none."""
    if why_not := why_no_scratch(config):
        raise ValidationFailed(why_not)
    if config["engine"] == "postgres":
        return {**config, "schemas": f"{SCHEMA}{run_id}"}
    return {**config, "path": f"{os.path.realpath(config['path'])}{SUFFIX}{run_id}"}


def renamed(table: str, scratch: Mapping[str, Any]) -> str:
    """What a table of the target is called in a run's namespace."""
    if scratch["engine"] != "postgres":
        return table
    schema, _, name = table.partition(".")
    short = name if schema == "public" else f"{schema}__{name}"
    if len(short.encode()) > LONGEST_NAME:
        short = f"t_{hashlib.sha256(table.encode()).hexdigest()[:32]}"
    return f"{scratch['schemas']}.{short}"


def make(config: Mapping[str, Any], secrets: Mapping[str, str], worker: WorkerToken) -> None:
    """Make the namespace; one that is there already stays. A SQLite file is made by what is written to it."""
    parsed = _own(config, worker)
    if parsed.engine == "postgres":
        _execute(parsed, secrets, "CREATE SCHEMA IF NOT EXISTS {}")


def remove(config: Mapping[str, Any], secrets: Mapping[str, str], worker: WorkerToken) -> None:
    """Remove the namespace with everything in it; one that is not there is no error."""
    parsed = _own(config, worker)
    if parsed.engine == "postgres":
        _execute(parsed, secrets, "DROP SCHEMA IF EXISTS {} CASCADE")
        return
    # What lies beside the file goes first: a repeat after a crash goes by the file.
    for name in (*(f"{parsed['path']}{suffix}" for suffix in BESIDE), parsed["path"]):
        with suppress(FileNotFoundError):
            os.unlink(name)


def shown(config: Mapping[str, Any]) -> str:
    """What is to be removed by hand, when nothing else helps."""
    if config["engine"] == "postgres":
        return f"the schema “{config['schemas']}” with everything in it"
    return f"every file whose name begins with {config['path']}"


def _own(config: Mapping[str, Any], worker: WorkerToken) -> DatabaseConfig:
    """Raises ValidationFailed for what is not the namespace of the worker's run."""
    parsed, run_id = parse_config(config), worker.scope.split(":")[1]
    is_own = (
        parsed.schemas == (f"{SCHEMA}{run_id}",)
        if parsed.engine == "postgres"
        else str(parsed["path"]).endswith(f"{SUFFIX}{run_id}")
    )
    if not is_own:
        raise ValidationFailed("This is not what the run rehearses in; nothing was touched.")
    return parsed


def _execute(config: DatabaseConfig, secrets: Mapping[str, str], statement: str) -> None:
    server = postgres.Server(config["host"], config["port"], config["database"], config["username"], config["tls"])
    with (
        postgres.domain_errors(server),
        closing(postgres.connect(server, secrets.get("password", ""), read_only=False)) as connection,
    ):
        connection.execute(sql.SQL(statement).format(sql.Identifier(config.schemas[0])))
