"""How PostgreSQL orders text, in words that can be compared between servers."""

from collections.abc import Mapping
from typing import Any

from migrations_app.stores.connections.postgres import Connection

_PROVIDERS = {"c": "libc", "i": "icu", "b": "builtin"}
BYTES = "C"


def database_collation(connection: Connection) -> str:
    row = connection.execute(
        "SELECT to_jsonb(d) FROM pg_catalog.pg_database d WHERE datname = current_database()"
    ).fetchone()
    return _words(row[0], "dat") if row else BYTES


def collation_of(collation: Mapping[str, Any]) -> str:
    """Of a row of `pg_collation`, whose columns differ between versions."""
    words = _words(collation, "coll")
    return words if collation.get("collisdeterministic", True) else f"{words}:nondeterministic"


def _words(row: Mapping[str, Any], prefix: str) -> str:
    """`C` for the order of bytes, in UTF-8 that of code points too."""
    provider = _PROVIDERS.get(row.get(f"{prefix}locprovider") or row.get(f"{prefix}provider") or "c", "libc")
    locale = row.get(f"{prefix}locale") or row.get(f"{'datic' if prefix == 'dat' else 'collic'}ulocale")
    name = str((locale if provider != "libc" else None) or row.get(f"{prefix}collate") or BYTES)
    if name in ("C", "POSIX") or (provider == "builtin" and name == "C.UTF-8"):
        return BYTES
    version = row.get(f"{prefix}collversion") or row.get(f"{prefix}version")
    return ":".join(filter(None, (provider, name, version)))
