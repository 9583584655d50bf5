"""Secrets that are planted in every credential field, and looking for them in everything that was written."""

import base64
import html
import json
import os
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from migrations_app.testing.servers import find_postgres


def planted(name: str) -> str:
    """Unique, and other in an address, in JSON, in HTML and in a connection string than by itself."""
    return f"pl4nted:{name}/&\"'Ö={len(name)}"


def forms(secret: str) -> dict[str, bytes]:
    """How it may have been written, by what wrote it so."""
    raw = secret.encode()
    texts = {
        "as it is": secret,
        "in an address": quote(secret, safe=""),
        "in JSON": json.dumps(secret)[1:-1],
        "in readable JSON": json.dumps(secret, ensure_ascii=False)[1:-1],
        "in HTML": html.escape(secret),
        "in Python": repr(secret)[1:-1],
        "in hexadecimal": raw.hex(),
        "in base64": base64.b64encode(raw).decode().rstrip("="),
        "in base64, behind a user": base64.b64encode(b"u:" + raw).decode()[3:-4],
        "its beginning": secret.partition("/")[0],
    }
    return {name: text.encode() for name, text in texts.items()}


def leaks(secrets: Mapping[str, str], written: Iterable[tuple[str, bytes]]) -> list[str]:
    """`which secret, how it was written, where`, for each that is found."""
    wanted = [(name, how, form) for name, secret in secrets.items() for how, form in forms(secret).items()]
    return [f"{name} {how}: {place}" for place, content in written for name, how, form in wanted if form in content]


def database() -> Iterator[tuple[str, bytes]]:
    """Every value of every table, as text and as bytes."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  the database's own names
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    stored = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
                    yield f"{table}.{column}", stored


def files(*directories: Path) -> Iterator[tuple[str, bytes]]:
    for directory in directories:
        for path in sorted(directory.rglob("*")):
            if path.is_file():
                yield str(path), path.read_bytes()


def dump() -> Iterator[tuple[str, bytes]]:
    """The whole database as its own tool writes it, and for a file its bytes, freed pages and write-ahead log too."""
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        name = str(values["NAME"])
        with closing(sqlite3.connect(name)) as opened:
            yield "dump", "\n".join(opened.iterdump()).encode(errors="surrogateescape")
        # By another process: one that closes such a file loses all its locks on it, those of its connections too.
        for path in filter(os.path.exists, (name, f"{name}-wal")):
            yield path, subprocess.run(["cat", path], capture_output=True, check=True).stdout
        return
    words = ["--host", str(values["HOST"]), "--port", str(values["PORT"] or 5432), "--username", str(values["USER"])]
    ended = subprocess.run(
        [find_postgres("pg_dump"), *words, str(values["NAME"])],
        env={**os.environ, "PGPASSWORD": str(values["PASSWORD"] or "")},
        capture_output=True,
        check=True,
    )
    yield "dump", ended.stdout
