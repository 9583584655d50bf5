"""Environments: the list and one page."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from migrations_app.engine.policy import Policy
from migrations_app.engine.vocabulary import MigrationStatus, Role
from migrations_app.models import Environment, Migration, RoleGrant, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.selectors import migration_rows, targets
from migrations_app.selectors.access import Access, Permission, access_of
from migrations_app.selectors.migration_rows import MigrationRow
from migrations_app.selectors.policy_rules import in_force, least_signatures
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.run_rows import LIVE_RUN_STATES
from migrations_app.selectors.targets import TargetRow

LARGEST_ID = 2**63 - 1
_MIGRATIONS_SHOWN = 20
_CLOSED = (MigrationStatus.COMPLETED, MigrationStatus.CANCELLED, MigrationStatus.ROLLED_BACK)


@dataclass(frozen=True, slots=True)
class EnvironmentRow:
    id: int
    name: str
    position: int
    protected: bool
    required_approvals: int
    break_glass_allowed: bool
    description: str
    version: int
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
    """`required_approvals` of the row is what every plan there needs; some may need more (see the policies)."""

    row: EnvironmentRow
    targets: tuple[TargetRow, ...]
    migrations: tuple[MigrationRow, ...]
    grants: tuple[GrantRow, ...]
    can_edit: bool
    can_add_target: bool


def list_environments(
    *, actor: Actor, access: Access | None = None, policies: Iterable[Policy] | None = None
) -> tuple[EnvironmentRow, ...]:
    """Those that the actor may see, in order of promotion.

    `access` of the actor and `policies` in force: where they have been read already.
    """
    here = (access or access_of(actor)).within(Permission.VIEW, "pk")
    return _rows(Environment.objects.filter(here).order_by("position"), policies)


def environment_row(*, actor: Actor, environment_id: int) -> EnvironmentRow:
    """Raises NotFound."""
    return _rows([_visible(access_of(actor), environment_id)])[0]


def environment_page(*, actor: Actor, environment_id: int, now: datetime) -> EnvironmentPage:
    """Raises NotFound."""
    access, policies = access_of(actor), in_force()
    environment = _visible(access, environment_id)
    migrations = migration_rows.with_newest_plan(environment.migrations.order_by("-pk"))[:_MIGRATIONS_SHOWN]
    here = Target.objects.filter(environment=environment, archived_at=None).select_related("environment")
    return EnvironmentPage(
        row=_rows([environment], policies)[0],
        targets=targets.rows_of(here.order_by("name")),
        migrations=migration_rows.rows_of(migrations, now=now, policies=policies),
        grants=_grants(environment),
        can_edit=access.can(Permission.MANAGE_ENVIRONMENTS, environment.pk),
        can_add_target=access.can(Permission.MANAGE_TARGETS, environment.pk),
    )


def _visible(access: Access, environment_id: int) -> Environment:
    usable = isinstance(environment_id, int) and 0 < environment_id <= LARGEST_ID
    here = access.within(Permission.VIEW, "pk")
    found = Environment.objects.filter(here, pk=environment_id).first() if usable else None
    if found is None:
        said = f"There is no environment {str(environment_id)[:20]} that you may see."
        absent = NotFound(said, "Look at the list of environments.")
        raise absent.unless_hidden(Environment.objects.filter(pk=environment_id if usable else 0), "name")
    return found


def _rows(environments: Iterable[Environment], policies: Iterable[Policy] | None = None) -> tuple[EnvironmentRow, ...]:
    listed = list(environments)
    ids = [environment.pk for environment in listed]
    targets_in = _counts(Target.objects.filter(environment__in=ids, archived_at=None).values_list("environment"))
    open_in = _counts(
        Migration.objects.filter(environment__in=ids).exclude(status__in=_CLOSED).values_list("environment")
    )
    live = Run.objects.filter(environment__in=ids, state__in=LIVE_RUN_STATES)
    least = least_signatures(listed, policies)
    live_in = _counts(live.values_list("environment"))
    return tuple(
        EnvironmentRow(
            id=environment.pk,
            name=environment.name,
            position=environment.position,
            protected=environment.protected,
            required_approvals=least[environment.pk],
            break_glass_allowed=environment.break_glass_allowed,
            description=environment.description,
            version=environment.version,
            created_at=environment.created_at,
            targets=targets_in.get(environment.pk, 0),
            open_migrations=open_in.get(environment.pk, 0),
            live_runs=live_in.get(environment.pk, 0),
        )
        for environment in listed
    )


def _counts(rows: QuerySet[Any, Any]) -> dict[int, int]:
    """Environment id -> how many rows."""
    return dict(rows.annotate(number=Count("pk")).order_by())


def _grants(environment: Environment) -> tuple[GrantRow, ...]:
    rows = RoleGrant.objects.filter(Q(environment=environment) | Q(environment=None))
    return tuple(
        GrantRow(
            id=row.pk,
            holder=str(row.person or row.group),
            is_group=row.group_id is not None,
            role=Role(row.role),
            environment=environment.name,
            everywhere=row.environment_id is None,
            granted_by=str(row.granted_by or "Snakeweb"),
            granted_at=row.granted_at,
        )
        for row in rows.select_related("person", "group", "granted_by").order_by("role", "pk")
    )
