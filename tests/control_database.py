"""The control database of the tests: a SQLite file, or PostgreSQL with SNAKEWEB_TEST_DATABASE=postgres."""

import os
from pathlib import Path

import dj_database_url
import pytest
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections

from migrations_app.testing.servers import PostgresServer, scratch_directory

_KEPT: list[object] = []


def choose(config: pytest.Config) -> None:
    """Call before anything connects. Each test process starts a PostgreSQL of its own."""
    wanted = os.environ.get("SNAKEWEB_TEST_DATABASE", "sqlite")
    if wanted not in ("sqlite", "postgres"):
        raise pytest.UsageError(f"SNAKEWEB_TEST_DATABASE={wanted}: use sqlite or postgres.")
    hands_out_work = getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput")
    if wanted == "sqlite" or hands_out_work:
        return
    scratch = scratch_directory()
    server = PostgresServer(Path(scratch.__enter__()) / "control")
    server.__enter__()
    _KEPT.extend((server, scratch))
    _use(server.url)


def _use(url: str) -> None:
    """Django has read its settings by now, but has not connected."""
    chosen = settings.DATABASES["default"]
    chosen.clear()
    chosen.update(dj_database_url.parse(url, conn_max_age=0))
    connections.configure_settings(settings.DATABASES)
    if hasattr(connections._connections, DEFAULT_DB_ALIAS):
        del connections[DEFAULT_DB_ALIAS]


def stop() -> None:
    while _KEPT:
        _KEPT.pop(0).__exit__(None, None, None)  # type: ignore[attr-defined]
