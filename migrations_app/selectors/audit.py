"""The audit trail as sentences with their changes, its facets and the state of the chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from migrations_app.models.actor import Actor
from migrations_app.selectors.paging import PAGE
from migrations_app.selectors.plans import Change


@dataclass(frozen=True, slots=True)
class AuditRow:
    """`sentence` says who did what to which thing. `outcome` is allowed or denied."""

    seq: int
    at: datetime
    actor: str
    on_behalf_of: str
    token: str
    action: str
    sentence: str
    object_type: str
    object_id: str
    environment: str
    outcome: str
    reason: str
    request_id: str
    address: str
    changes: tuple[Change, ...]
    hash: str
    previous: str


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """Empty means any. `q` is looked for in actor, action and object id."""

    q: str = ""
    actor: str = ""
    action: str = ""
    outcome: str = ""
    environment: str = ""
    object_type: str = ""
    object_id: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facet:
    name: str
    values: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ChainStatus:
    """The last proof. `verified_at` None: never verified. `entries` and `head` are of the chain as it is now."""

    entries: int
    head: str
    verified_at: datetime | None
    verified_entries: int
    ok: bool
    problem: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    rows: tuple[AuditRow, ...]
    next_cursor: str
    total: int
    facets: tuple[Facet, ...]
    filters: AuditFilters
    chain: ChainStatus
    can_verify: bool


def audit_page(
    *, actor: Actor, filters: AuditFilters = AuditFilters(), cursor: str = "", limit: int = PAGE
) -> AuditPage:
    """Newest first. An auditor of one environment sees its entries and those of no environment at all never.

    Raises PermissionDenied.
    """
    raise NotImplementedError


def export_lines(*, actor: Actor, after: int = 0) -> Iterator[bytes]:
    """The chain as JSON lines in order: `{"seq","hash","previous","body"}` with the stored canonical body as text.

    Needs READ_AUDIT everywhere. Raises PermissionDenied before the first line.
    """
    raise NotImplementedError


def chain_status(*, actor: Actor) -> ChainStatus:
    """Raises PermissionDenied."""
    raise NotImplementedError
