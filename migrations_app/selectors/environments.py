"""Environments: the list and one page."""

from dataclasses import dataclass
from datetime import datetime

from migrations_app.engine.vocabulary import Role
from migrations_app.models.actor import Actor
from migrations_app.selectors.migrations import MigrationRow
from migrations_app.selectors.targets import TargetRow


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    id: int
    name: str
    position: int
    protected: bool
    required_approvals: int
    description: str
    created_at: datetime
    targets: int
    open_migrations: int
    live_runs: int


@dataclass(frozen=True, slots=True)
class GrantRow:
    """`holder` is a person's or a group's name; `everywhere`: the grant is for every environment."""

    id: int
    holder: str
    is_group: bool
    role: Role
    environment: str
    everywhere: bool
    granted_by: str
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class EnvironmentPage:
    row: EnvironmentRow
    targets: tuple[TargetRow, ...]
    migrations: tuple[MigrationRow, ...]
    grants: tuple[GrantRow, ...]
    can_edit: bool
    can_add_target: bool


def list_environments(*, actor: Actor) -> tuple[EnvironmentRow, ...]:
    """Those that the actor may see, in order of promotion."""
    raise NotImplementedError


def environment_row(*, actor: Actor, environment_id: int) -> EnvironmentRow:
    """Raises NotFound."""
    raise NotImplementedError


def environment_page(*, actor: Actor, environment_id: int) -> EnvironmentPage:
    """Raises NotFound."""
    raise NotImplementedError
