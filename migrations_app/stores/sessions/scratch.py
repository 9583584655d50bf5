"""Where a rehearsal writes: a namespace beside the target's sessions that belongs to one run alone.

Redis: keys under a prefix of the run's own in the same database. PostgreSQL: a table in the same schema. SQLite and
snapshots: a file in the same directory. The rest of the configuration is the target's, so connection, credentials,
layout and codec are those that the migration is going to use.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.ports import WorkerToken
from migrations_app.stores.sessions.configuration import StoreConfig, parse_config
from migrations_app.stores.sessions.identity import endpoint

PREFIX = "snakeweb-rehearsal:"
TABLE = "snakeweb_rehearsal_"
SUFFIX = ".rehearsal-"


def scratch_config(config: Mapping[str, Any], run_id: int) -> dict[str, Any]:
    """The target's configuration with the namespace of that run. Raises ValidationFailed where there is none."""
    parsed = parse_config(config)
    place = _PLACES.get(parsed.store)
    if place is None:
        raise ValidationFailed(_no_place(parsed))
    return {**config, **place(parsed, run_id)}


def why_no_scratch(config: Mapping[str, Any], source: Mapping[str, Any]) -> str:
    """Why a target like this has no place to rehearse a copy of `source` in; '' when it has. For people."""
    parsed = parse_config(config)
    if parsed.store not in _PLACES:
        return _no_place(parsed)
    if parsed.store == "redis":
        here = [parsed["prefix"]]
        if endpoint(source) == endpoint(config):
            here.append(parse_config(source)["prefix"])
        for prefix in here:
            if PREFIX.startswith(prefix) or prefix.startswith(PREFIX):
                return (
                    f"Keys that begin with “{prefix}” count as sessions in that Redis database, and so those of a "
                    f"rehearsal (“{PREFIX}…”) would."
                )
    return ""


def is_scratch(config: StoreConfig, run_id: int) -> bool:
    """Whether this is the namespace of that run: what may be removed whole."""
    if config.store == "redis":
        return bool(config["prefix"] == _redis(config, run_id)["prefix"])
    if config.store == "postgres":
        return str(config["table"]).rpartition(".")[2] == f"{TABLE}{run_id}"
    return config.store in _PLACES and str(config["path"]).endswith(f"{SUFFIX}{run_id}")


def require_own(config: StoreConfig, worker: WorkerToken) -> None:
    """Before anything is removed whole. Raises ValidationFailed for what is not the namespace of the worker's run."""
    if not is_scratch(config, int(worker.scope.split(":")[1])):
        raise ValidationFailed("This is not what the run rehearsed in; nothing was removed.")


def shown(config: Mapping[str, Any]) -> str:
    """What is to be removed by hand, when nothing else helps."""
    parsed = parse_config(config)
    if parsed.store == "redis":
        return f"every key that begins with “{parsed['prefix']}” or with “snakeweb:meta:{{{parsed['prefix']}”"
    if parsed.store == "postgres":
        return f"the tables “{parsed['table']}” and “{parsed['table']}__snakeweb”"
    return f"every file whose name begins with {parsed['path']}"


def _no_place(config: StoreConfig) -> str:
    if config.store == "beam":
        return (
            "A live node has one table for its sessions, and its own code serves from it: there is no place beside it."
        )
    return f"A store of the kind {config.store} has no place to rehearse in."


def _redis(config: StoreConfig, run_id: int) -> dict[str, Any]:
    return {"prefix": f"{PREFIX}{run_id}:"}


def _postgres(config: StoreConfig, run_id: int) -> dict[str, Any]:
    schema, dot, _ = str(config["table"]).rpartition(".")
    return {"table": f"{schema}{dot}{TABLE}{run_id}"}


def _file(config: StoreConfig, run_id: int) -> dict[str, Any]:
    """Beside the file itself, not beside a link to it."""
    return {"path": f"{os.path.realpath(config['path'])}{SUFFIX}{run_id}"}


_PLACES: Mapping[str, Callable[[StoreConfig, int], dict[str, Any]]] = {
    "redis": _redis,
    "postgres": _postgres,
    "sqlite": _file,
    "snapshot": _file,
}
