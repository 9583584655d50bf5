"""Every place in code that may hold a secret by its name or its type, found by looking."""

import dataclasses
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator

from django.apps import apps
from django.conf import settings
from django.db import models

from migrations_app import services
from migrations_app.engine.hiding import SECRET_NAME
from migrations_app.engine.options import OPTION_FIELDS
from migrations_app.engine.parameters import Field, FieldKind
from migrations_app.handlers import registry
from migrations_app.pools.configuration import POOL_FIELDS
from migrations_app.services.targets import SECRET_NAMES
from migrations_app.stores.sessions.configuration import CONFIG_FIELDS as STORES
from migrations_app.stores.tables.configuration import CONFIG_FIELDS as TABLES

#: Further names that a secret goes by; what `hiding` hides by name is not meant to be complete.
MAY_BE = re.compile(
    rf"{SECRET_NAME.pattern}|(^|_)(key|keys|hash|seed|pin|url|urls|dsn|headers|sealed|wrapped)($|_)", re.IGNORECASE
)
OPEN_TYPES = (models.JSONField, models.BinaryField, models.TextField)
OF_OTHERS = ("mfa", "sessions", "usersessions", "account", "axes")


def found() -> list[str]:
    """`what: name`, sorted, each once."""
    return sorted({*_columns(), *_inputs(), *_parameters(), *_settings()})


def _columns() -> Iterator[str]:
    for model in apps.get_models():
        if model._meta.app_label not in ("migrations_app", *OF_OTHERS):
            continue
        for field in model._meta.concrete_fields:
            if MAY_BE.search(field.name) or isinstance(field, OPEN_TYPES):
                yield f"column: {model.__name__}.{field.name}"


def _inputs() -> Iterator[str]:
    for found_module in pkgutil.iter_modules(services.__path__):
        module = importlib.import_module(f"{services.__name__}.{found_module.name}")
        for name, value in vars(module).items():
            if getattr(value, "__module__", "") != module.__name__:
                continue
            inside: list[str] = []
            if inspect.isfunction(value) and not name.startswith("_"):
                inside = list(inspect.signature(value).parameters)
            elif dataclasses.is_dataclass(value):
                inside = [field.name for field in dataclasses.fields(value)]
            yield from (f"input: {found_module.name}.{name}.{each}" for each in inside if MAY_BE.search(each))


def _parameters() -> Iterator[str]:
    for handler in registry.all_handlers().values():
        yield from (f"parameter: {handler.name}.{name}" for name in _open(handler.parameters))
    yield from (f"option: {name}" for name in _open(OPTION_FIELDS))
    for room in (STORES, TABLES, POOL_FIELDS):
        for kind, fields in room.items():
            yield from (f"target: {kind}.{name}" for name in _open(fields))
    yield from (f"credential: {name}" for name in SECRET_NAMES)


def _open(fields: tuple[Field, ...]) -> list[str]:
    """Documents hold anything; a text is looked at by its name."""
    texts = [each for each in fields if each.kind in (FieldKind.TEXT, FieldKind.DOCUMENT)]
    return [each.name for each in texts if each.kind is FieldKind.DOCUMENT or MAY_BE.search(each.name)]


def _settings() -> Iterator[str]:
    for name in dir(settings):
        if name.isupper() and (name.startswith("SNAKEWEB_") or name in _OURS) and MAY_BE.search(name):
            yield f"setting: {name}"


_OURS = {"SECRET_KEY", "SECRET_KEY_FALLBACKS", "CELERY_BROKER_URL", "EMAIL_HOST_PASSWORD"}
