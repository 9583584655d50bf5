"""What is no target: Snakeweb's own database and broker, and a place that another environment guards better.

A migration must not move the ground it stands on, nor reach what production's policies guard through an environment
that somebody made for that.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from migrations_app.engine.errors import ValidationFailed
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.models import Environment, Target
from migrations_app.selectors.policy_rules import least_signatures
from migrations_app.stores.sessions import endpoint, place
from migrations_app.stores.tables import identity as databases

_GUARDED = (TargetKind.SESSION_STORE, TargetKind.DATABASE)


def own_store(config: Mapping[str, Any]) -> str:
    """What of Snakeweb's own this configuration reaches ('' when nothing); the configuration has been checked."""
    there = _endpoint(config)
    if there == endpoint(_broker()):
        return "Snakeweb's own message broker"
    database = _database()
    if database is not None and there == endpoint(database):
        return "Snakeweb's own database"
    return ""


def guarded_in(config: Mapping[str, Any], here: Environment) -> Target | None:
    """The target of another environment that is this very store or database, where that one is protected or asks for
    more signatures than `here`; None otherwise. The configuration has been checked.

    A database holds every store in it. Two stores in one database are two places.
    """
    others = Target.objects.filter(kind__in=_GUARDED, archived_at=None).exclude(environment=here)
    same = [other for other in others.select_related("environment") if _is_same(other.config, config)]
    asked = least_signatures({other.environment for other in same} | {here}) if same else {}
    for other in same:
        there = other.environment
        if (there.protected and not here.protected) or asked[there.pk] > asked[here.pk]:
            return other
    return None


def _is_same(other: Mapping[str, Any], config: Mapping[str, Any]) -> bool:
    try:
        if "engine" in other or "engine" in config:
            return _endpoint(other) == _endpoint(config)
        return place(other) == place(config)
    except ValidationFailed:  # of an older version, which nobody can use before it is changed
        return False


def _endpoint(config: Mapping[str, Any]) -> str:
    """A file is the same file, whatever a target takes it for."""
    if "path" in config:
        return endpoint({"store": "sqlite", "path": config["path"]})
    return databases.endpoint(config) if "engine" in config else endpoint(config)


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
