"""Can this process serve? Its database, its schema, the channel layer, and whether anybody attends to schedules."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from migrations_app.selectors.attendance import attention

PATIENCE = 2.0  # seconds for the channel layer to answer


@dataclass(frozen=True, slots=True)
class Check:
    """`required`: without it nothing works. Without the others pages work, more slowly."""

    name: str
    ok: bool
    required: bool
    message: str


def checks(now: datetime) -> tuple[Check, ...]:
    database = _database()
    schema = _schema() if database.ok else Check("schema", False, True, "not looked at: the database does not answer")
    attended = _schedules(now) if schema.ok else Check("schedules_attended", False, False, "not looked at")
    return (database, schema, _channel_layer(), attended)


def _database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        return Check("database", False, True, f"the database does not answer ({type(error).__name__})")
    return Check("database", True, True, "answers")


def _schema() -> Check:
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        return Check("schema", False, True, f"the schema cannot be read ({type(error).__name__})")
    if missing:
        return Check("schema", False, True, f"{len(missing)} schema migrations are missing: run manage.py migrate")
    return Check("schema", True, True, "is up to date")


def _channel_layer() -> Check:
    try:
        async_to_sync(_knock)()
    except Exception as error:  # noqa: BLE001  whatever its client raises: it does not answer
        return Check("channel_layer", False, False, f"does not answer ({type(error).__name__}); pages are not live")
    return Check("channel_layer", True, False, "answers")


def _schedules(now: datetime) -> Check:
    found = attention(now=now)
    if not found.is_missing:
        return Check("schedules_attended", True, False, f"{found.waiting} waiting")
    message = (
        f"nobody has attended to {found.waiting} for {found.seconds:.0f} s: are Celery's beat and a worker running?"
    )
    return Check("schedules_attended", False, False, message)


async def _knock() -> None:
    """With a connection of its own: the process's may be busy listening, or belong to another event loop."""
    layer: Any = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_add("readiness", "specific.readiness!probe")
            await layer.group_discard("readiness", "specific.readiness!probe")
    finally:
        await layer.close_pools()
