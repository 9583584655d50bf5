"""Snakeweb's own database and broker are no targets: a migration must not move the ground it stands on."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from migrations_app.stores.sessions import endpoint


def own_store(config: Mapping[str, Any]) -> str:
    """What of Snakeweb's own this configuration reaches ('' when nothing); the configuration has been checked."""
    # A file is the same file, whatever a target takes it for.
    there = endpoint({"store": "sqlite", "path": config["path"]} if "path" in config else config)
    if there == endpoint(_broker()):
        return "Snakeweb's own message broker"
    database = _database()
    if database is not None and there == endpoint(database):
        return "Snakeweb's own database"
    return ""


def _broker() -> dict[str, Any]:
    url = urlsplit(settings.CELERY_BROKER_URL)
    number = url.path.strip("/")
    return {
        "store": "redis",
        "host": url.hostname or "localhost",
        "port": url.port or 6379,
        "db": int(number) if number.isdigit() else 0,
    }


def _database() -> dict[str, Any] | None:
    own = connection.settings_dict
    if connection.vendor == "sqlite":
        return {"store": "sqlite", "path": str(own["NAME"])}
    if connection.vendor == "postgresql":
        return {
            "store": "postgres",
            "host": own["HOST"] or "localhost",
            "port": int(own["PORT"] or 5432),
            "database": own["NAME"],
            "username": own["USER"] or "snakeweb",
        }
    return None
