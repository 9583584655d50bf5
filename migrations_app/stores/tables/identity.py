"""What tells one database from another, and what a plan remembers of one."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from migrations_app.stores.connections.hosts import host_of
from migrations_app.stores.tables.base import DatabaseProbe
from migrations_app.stores.tables.configuration import parse_config
from migrations_app.stores.tables.schema import Catalogue


def endpoint(config: Mapping[str, Any]) -> str:
    """The database, one text for every way to write it, the same that a session store in it has.

    Schemas are not part of it. Raises ValidationFailed.
    """
    parsed = parse_config(config)
    if parsed.engine == "sqlite":
        return f"sqlite://{os.path.realpath(parsed['path'])}"
    kind = _KINDS.get(parsed.dialect, parsed.dialect)
    port = parsed["port"] or _PORTS.get(kind, "")
    return f"{kind}://{host_of(parsed['host'])}:{port}/{parsed['database']}"


def fingerprint(probe: DatabaseProbe, catalogue: Catalogue) -> dict[str, Any]:
    """What must still hold when an approved plan starts: the same database, with the same tables."""
    return {
        "identity": probe.identity,
        "version": probe.version,
        "encoding": probe.encoding,
        "tables": len(catalogue.tables),
        "schema": schema_digest(catalogue),
    }


def schema_digest(catalogue: Catalogue) -> str:
    """SHA-256 (hex) of columns, keys, foreign keys and triggers. Rows, sizes, indexes and sequences may change."""
    kept = {
        name: {key: value for key, value in asdict(table).items() if key in _KEPT}
        for name, table in catalogue.tables.items()
    }
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


_KINDS = {"postgres": "postgresql", "mariadb": "mysql"}
_PORTS = {"mysql": 3306, "mssql": 1433, "oracle": 1521}
_KEPT = ("columns", "keys", "foreign_keys", "triggers")
