"""Can this process serve? Its database and schema, the channel layer, and whether others attend to what has to happen
by itself. Anybody may ask, so numbers are said and no names."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import channel_layers
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from migrations_app.models import DISPATCHING
from migrations_app.runtime import leases
from migrations_app.selectors.attendance import attention, audit_attention, for_dispatcher, receivers

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
    by_itself = [look(now) for look in _BY_ITSELF] if schema.ok else []
    return (database, schema, _channel_layer(), *by_itself)


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


def _dispatched(now: datetime) -> Check:
    """Mails, messages of webhooks and alerts, and runs of a worker that died wait for it."""
    needed = for_dispatcher(now=now)
    if leases.is_led(DISPATCHING) or not (needed.rows or needed.rules):
        return Check("work_dispatched", True, False, f"{needed.rows} waiting")
    message = f"no dispatcher runs: {needed.rows} pieces of work wait and {needed.rules} alert rules are not watched"
    return Check("work_dispatched", False, False, f"{message}. Start manage.py dispatcher.")


def _audit(now: datetime) -> Check:
    found = audit_attention(now=now)
    if found.broken:
        return Check("audit_watched", False, False, "the audit chain is broken: see the audit page")
    if found.unseen is not None:
        message = f"nobody has looked at audit entries from {found.unseen} on: are Celery's beat and a worker running?"
        return Check("audit_watched", False, False, message)
    return Check("audit_watched", True, False, "new entries are looked at")


def _receivers(now: datetime) -> Check:
    found = receivers()
    said = f"{found.failing} of {found.known} receivers of webhooks and alerts take nothing: see Settings"
    return Check("receivers_take", not found.failing, False, said if found.failing else f"{found.known} known")


_BY_ITSELF = (_schedules, _dispatched, _audit, _receivers)


async def _knock() -> None:
    """With a connection of its own: the process's may be busy listening, or belong to another event loop."""
    layer: Any = channel_layers.make_backend(DEFAULT_CHANNEL_LAYER)
    try:
        async with asyncio.timeout(PATIENCE):
            await layer.group_add("readiness", "specific.readiness!probe")
            await layer.group_discard("readiness", "specific.readiness!probe")
    finally:
        await layer.close_pools()
