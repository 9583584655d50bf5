"""The seed's Plan, Status and result maps under the seed's own names."""

from datetime import datetime
from typing import Any

from migrations_app.models.actor import Actor


def plan_dict(*, actor: Actor, migration_id: int) -> dict[str, Any]:
    """The seed's Plan of the newest revision. Raises NotFound, also when there is no plan yet."""
    raise NotImplementedError


def status_dict(*, actor: Actor, migration_id: int, now: datetime) -> dict[str, Any]:
    """The seed's Status. Raises NotFound."""
    raise NotImplementedError


def run_dict(*, actor: Actor, run_id: int, now: datetime) -> dict[str, Any]:
    """The seed's execution result with progress, of one run. Raises NotFound."""
    raise NotImplementedError
