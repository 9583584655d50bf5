"""Targets: the list and one page. Secrets are named, never shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class TargetRow:
    """`health` is ok, failing or unknown (never looked at). `address` is where it is, without credentials.
    `used_by_run` is the live run that claims it."""

    id: int
    name: str
    kind: TargetKind
    store: str
    environment_id: int
    environment: str
    protected: bool
    address: str
    version: int
    archived: bool
    health: str
    health_message: str
    probed_at: datetime | None
    used_by_run: int | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class TargetPage:
    """`facts` and `fingerprint` come from the last probe. `migrations` are (id, title, status) that use it."""

    row: TargetRow
    config: Mapping[str, Any]
    secret_names: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    fingerprint: tuple[tuple[str, str], ...]
    migrations: tuple[tuple[int, str, str], ...]
    can_edit: bool
    can_test: bool
    why_not_edit: str


@dataclass(frozen=True, slots=True)
class TargetFilters:
    environment: str = ""
    kind: str = ""
    q: str = ""
    archived: bool = False


def list_targets(*, actor: Actor, filters: TargetFilters = TargetFilters()) -> tuple[TargetRow, ...]:
    """Those in environments that the actor may see, by environment and name."""
    raise NotImplementedError


def target_row(*, actor: Actor, target_id: int) -> TargetRow:
    """Raises NotFound."""
    raise NotImplementedError


def target_page(*, actor: Actor, target_id: int) -> TargetPage:
    """Raises NotFound."""
    raise NotImplementedError
