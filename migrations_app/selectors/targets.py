"""Targets: the list and one page. Secrets are named, never shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from migrations_app.engine.vocabulary import TargetKind
from migrations_app.models import ClaimedTarget, Target, TargetProbe
from migrations_app.models.actor import Actor
from migrations_app.selectors.access import Permission, access_of
from migrations_app.selectors.plans import pairs
from migrations_app.selectors.refusals import NotFound

LARGEST_ID = 2**63 - 1
OK, FAILING, UNKNOWN = "ok", "failing", "unknown"
_MIGRATIONS_SHOWN = 50


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
    can_restore: bool
    why_not_edit: str


@dataclass(frozen=True, slots=True)
class TargetFilters:
    """Empty means any. `archived`: those too. `health` is ok, failing or unknown."""

    environment: str = ""
    kind: str = ""
    q: str = ""
    archived: bool = False
    health: str = ""


ANY_TARGET = TargetFilters()


def list_targets(*, actor: Actor, filters: TargetFilters = ANY_TARGET) -> tuple[TargetRow, ...]:
    """Those in environments that the actor may see, by environment and name."""
    matching = Target.objects.filter(access_of(actor).within(Permission.VIEW))
    if not filters.archived:
        matching = matching.filter(archived_at=None)
    if filters.environment:
        matching = matching.filter(environment__name=filters.environment)
    if filters.kind:
        matching = matching.filter(kind=filters.kind)
    for word in filters.q.replace("\x00", "").split()[:8]:
        matching = matching.filter(Q(name__icontains=word) | Q(environment__name__icontains=word))
    rows = rows_of(matching.select_related("environment").order_by("environment__position", "name"))
    return tuple(row for row in rows if filters.health in ("", row.health))


def target_row(*, actor: Actor, target_id: int) -> TargetRow:
    """Raises NotFound."""
    return rows_of([visible_target(actor, target_id)])[0]


def target_page(*, actor: Actor, target_id: int) -> TargetPage:
    """Raises NotFound."""
    target = visible_target(actor, target_id)
    access = access_of(actor)
    row = rows_of([target])[0]
    probe = TargetProbe.objects.filter(target=target).first()
    used = target.migration_roles.select_related("migration").order_by("-migration_id")[:_MIGRATIONS_SHOWN]
    manages = access.can(Permission.MANAGE_TARGETS, target.environment_id)
    why = "" if manages else f"only admins of {target.environment.name} change its targets"
    if row.archived:
        why = why or "it is archived"
    if row.used_by_run is not None:
        why = why or f"run {row.used_by_run} uses it"
    return TargetPage(
        row=row,
        config=target.config,
        secret_names=tuple(target.secrets.order_by("name").values_list("name", flat=True)),
        facts=pairs(probe.facts) if probe else (),
        fingerprint=pairs(probe.fingerprint) if probe else (),
        migrations=tuple(
            dict.fromkeys((u.migration_id, u.migration.title, u.migration.get_status_display()) for u in used)
        ),
        can_edit=not why,
        can_test=access.can(Permission.TEST_TARGET, target.environment_id) and not row.archived,
        can_restore=manages and row.archived,
        why_not_edit=why,
    )


def visible_target(actor: Actor, target_id: int) -> Target:
    """Raises NotFound, the same for one that is hidden."""
    usable = isinstance(target_id, int) and 0 < target_id <= LARGEST_ID
    here = access_of(actor).within(Permission.VIEW)
    found = Target.objects.filter(here, pk=target_id).select_related("environment").first() if usable else None
    if found is None:
        absent = NotFound(f"There is no target {str(target_id)[:20]} that you may see.", "Look at the list of targets.")
        raise absent.unless_hidden(Target.objects.filter(pk=target_id if usable else 0))
    return found


def rows_of(targets: Iterable[Target]) -> tuple[TargetRow, ...]:
    """In their order, with two queries for all their probes and claims."""
    listed = list(targets)
    ids = [target.pk for target in listed]
    probes = {probe.target_id: probe for probe in TargetProbe.objects.filter(target__in=ids)}
    claims = dict(ClaimedTarget.objects.filter(target__in=ids).values_list("target_id", "run_id"))
    return tuple(_row(target, probes.get(target.pk), claims.get(target.pk)) for target in listed)


def _row(target: Target, probe: TargetProbe | None, run_id: int | None) -> TargetRow:
    health = UNKNOWN if probe is None else OK if probe.ok else FAILING
    return TargetRow(
        id=target.pk,
        name=target.name,
        kind=TargetKind(target.kind),
        store=str(target.config.get("store") or target.config.get("engine", "")),
        environment_id=target.environment_id,
        environment=target.environment.name,
        protected=target.environment.protected,
        address=address_of(target.config),
        version=target.version,
        archived=target.archived_at is not None,
        health=health,
        health_message=probe.message if probe else "",
        probed_at=probe.at if probe else None,
        used_by_run=run_id,
        changed_at=target.changed_at,
    )


def address_of(config: Mapping[str, Any]) -> str:
    """Where a target is, in one line: `redis db.example:6379/0 session:*`."""
    if config.get("engine"):
        return _address_of_database(config)
    store = config.get("store")
    if store == "redis":
        place = f"{config.get('host')}:{config.get('port', 6379)}/{config.get('db', 0)}"
        return f"redis {place} {config.get('prefix', 'session:')}*"
    if store == "postgres":
        place = f"{config.get('host')}:{config.get('port', 5432)}/{config.get('database')}"
        return f"postgres {place} {config.get('table', '')}".rstrip()
    if store == "sqlite":
        return f"sqlite {config.get('path')} {config.get('table', '')}".rstrip()
    if store == "snapshot":
        return f"snapshot {config.get('path')}"
    if store == "beam":
        return f"beam {config.get('node')} {config.get('table', '')}".rstrip()
    if config.get("driver") == "beam":
        return f"beam {config.get('node')} pool {config.get('pool', 'default')}"
    if config.get("driver") == "http":
        return f"http pool {config.get('url')}"
    if config.get("driver") == "process":
        return f"process pool {config.get('path')}"
    return str(config.get("path", ""))


def _address_of_database(config: Mapping[str, Any]) -> str:
    engine = config["engine"]
    if engine == "sqlite":
        return f"sqlite {config.get('path')}"
    port = f":{config['port']}" if config.get("port") else ":5432" if engine == "postgres" else ""
    kind = config.get("driver") if engine == "sqlalchemy" else engine
    return f"{kind} {config.get('host')}{port}/{config.get('database')} {config.get('schemas', '')}".rstrip()
