"""Steps of a break-glass that several tests take."""

from datetime import datetime
from typing import Any

from migrations_app.models import BreakGlass, Migration
from migrations_app.models.actor import Actor
from migrations_app.services import break_glass
from tests.stores_on_disk import Stage, newest

REASON = "Logins fail in production; the old store is full."


def broken(stage: Stage, migration: Migration, actor: Actor | None = None, **changes: Any) -> int:
    given: dict[str, Any] = {"digest": newest(migration).digest, "reason": REASON}
    return break_glass.start(
        actor=actor or stage.operator, now=stage.now, migration_id=migration.pk, **{**given, **changes}
    )


def opened(stage: Stage) -> tuple[Migration, BreakGlass]:
    migration = stage.planned()
    broken(stage, migration)
    return migration, BreakGlass.objects.get()


def close(actor: Actor, item: BreakGlass, now: datetime, comment: str = "It was right.") -> None:
    break_glass.close(actor=actor, now=now, migration_id=item.migration_id, break_glass_id=item.pk, comment=comment)
