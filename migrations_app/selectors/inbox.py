"""What wants this person."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.models.actor import Actor


@dataclass(frozen=True, slots=True)
class InboxItem:
    """`kind` e.g. signature_wanted, run_failed, run_stuck, confirmation_wanted. `open`: it still wants the person."""

    id: int
    kind: str
    text: str
    migration_id: int | None
    run_id: int | None
    environment: str
    at: datetime
    unread: bool
    open: bool


@dataclass(frozen=True, slots=True)
class Inbox:
    open: tuple[InboxItem, ...]
    done: tuple[InboxItem, ...]


def inbox(*, actor: Actor) -> Inbox:
    """Open ones first, the newest 50 done ones after."""
    raise NotImplementedError


def open_count(*, actor: Actor) -> int:
    raise NotImplementedError
