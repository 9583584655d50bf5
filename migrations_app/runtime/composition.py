"""The only place that picks implementations: builds the executor of a run from rows, ports and settings."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any

from django.conf import settings as django_settings

from migrations_app.engine.background import Background, BackgroundContext
from migrations_app.engine.brief import Limits, RunBrief
from migrations_app.engine.errors import HandlerMissing, PlanIsStale
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.executor import Executor
from migrations_app.engine.handler import Handler
from migrations_app.engine.impact import Gauge
from migrations_app.engine.journal import fold
from migrations_app.engine.plan import Plan, Target, content_digest
from migrations_app.engine.ports import Clock, ExecutionPorts, Journal, WorkerToken
from migrations_app.engine.redaction import LONGEST_MESSAGE
from migrations_app.engine.vocabulary import RunKind, TargetKind
from migrations_app.handlers import registry
from migrations_app.models import RouteLease, Run, StoredSecret
from migrations_app.models import Target as TargetRow
from migrations_app.pools.gauge import open_gauge as open_pool_gauge
from migrations_app.runtime import secrets
from migrations_app.runtime.artifacts import DirectoryArtifacts
from migrations_app.runtime.clock import SystemClock
from migrations_app.runtime.file_roots import require_beneath
from migrations_app.runtime.journal import OrmJournal, read_events
from migrations_app.runtime.live import OrmLive, Urgent
from migrations_app.runtime.routes import OrmRoutes
from migrations_app.runtime.settings import RuntimeSettings, runtime_settings
from migrations_app.stores.gauges import open_gauge as open_store_gauge

GAUGES: Mapping[TargetKind, Callable[[Target], AbstractContextManager[Gauge]]] = {
    TargetKind.SESSION_STORE: open_store_gauge,
    TargetKind.DATABASE: open_store_gauge,
    TargetKind.WORKER_POOL: open_pool_gauge,
}
"""How a target of each kind is asked how busy it is; the kinds that are left out are files."""


def clock() -> Clock:
    return SystemClock()


def run_settings() -> RuntimeSettings:
    return runtime_settings()


def artifacts() -> DirectoryArtifacts:
    return DirectoryArtifacts.from_url(django_settings.SNAKEWEB_ARTIFACTS_URL)


def resolve_target(row: TargetRow) -> Target:
    """A target with its credentials, as workers and connection tests use it.

    Raises SecretUnreadable, and ValidationFailed for a file where none may be opened.
    """
    require_beneath(row.name, row.config)
    return Target(
        id=row.pk,
        name=row.name,
        kind=TargetKind(row.kind),
        environment=row.environment.name,
        config=row.config,
        secrets=secrets.reveal_all(row.pk),
        roots=tuple(django_settings.SNAKEWEB_FILE_ROOTS),
    )


def handler_of(plan: Plan) -> Handler:
    """The handler that made this plan. Raises HandlerMissing where this process has none that runs it."""
    handler = registry.all_handlers().get(plan.handler)
    if handler is not None and handler.runs_plans_of(plan.handler_version):
        return handler
    here = handler.version if handler else ""
    raise HandlerMissing(
        f"The plan was made with {plan.handler} {plan.handler_version}; "
        + (f"{here} is installed here, which does not run its plans." if here else "it is not installed here."),
        details={"handler": plan.handler, "planned_with": plan.handler_version, "installed": here},
    )


def executor(
    run: Run, worker: WorkerToken, *, clock: Clock, alive: Callable[[], None], urgent: Urgent = nullcontext
) -> Executor:
    """The driver of this run under this lease.

    Raises HandlerMissing (another worker may have it), SecretUnreadable, PlanIsStale (a target's connection changed
    since it was signed) and ValidationFailed (a file outside of the roots): then this worker cannot drive the run.
    """
    plan = Plan.from_content(run.revision.content)
    settings = runtime_settings()
    return Executor(
        _brief(run, plan),
        handler_of(plan),
        _ports(run, plan, worker, clock, urgent),
        worker,
        Limits(slice_seconds=settings.slice_seconds, backoff_seconds=settings.backoff_seconds),
        alive,
    )


def _brief(run: Run, plan: Plan) -> RunBrief:
    undone = run.undoes
    view = fold(read_events(undone.pk), plan) if undone else None
    return RunBrief(
        run_id=run.pk,
        kind=RunKind(run.kind),
        plan=plan,
        targets=resolve_targets(plan),
        prior_results=view.results if view else {},
        prior_started=view.started_steps if view else (),
        undoes=undone.pk if undone else None,
        migration_id=str(run.migration_id),
        secrets=resolve_secrets(plan),
    )


def resolve_targets(plan: Plan) -> dict[str, Target]:
    """The plan's targets by role.

    Raises PlanIsStale when one is not configured as it was signed, and what `resolve_target` raises.
    """
    rows = TargetRow.objects.select_related("environment").in_bulk([ref.id for ref in plan.targets])
    resolved = {}
    for ref in plan.targets:
        row = rows.get(ref.id)
        if row is None or content_digest(row.config) != ref.config_digest:
            raise PlanIsStale(
                f"Target {ref.name} is no longer configured as it was when the plan was signed.",
                details={"target": ref.name, "role": ref.role},
            )
        resolved[ref.role] = resolve_target(row)
    return resolved


def resolve_secrets(plan: Plan) -> dict[str, str]:
    """The values of the secrets that the plan's parameters name, as they are now, by the parameter.

    Raises PlanIsStale where one is not there under its name and in its environment any more, and SecretUnreadable.
    """
    rows = StoredSecret.objects.select_related("environment").in_bulk([ref.id for ref in plan.secrets])
    resolved = {}
    for ref in plan.secrets:
        row = rows.get(ref.id)
        if row is None or (row.name, row.environment.name) != (ref.name, plan.environment):
            raise PlanIsStale(
                f"The secret “{ref.name}” is no longer the one that the plan was signed with.",
                details={"secret": ref.name, "parameter": ref.parameter},
            )
        resolved[ref.parameter] = secrets.reveal_named(row)
    return resolved


def background(
    run: Run, name: str, worker: WorkerToken, *, clock: Clock, alive: Callable[[], None]
) -> tuple[Background, BackgroundContext]:
    """A background driver of this run and what it may touch. Raises as `executor`; KeyError when there is none."""
    plan = Plan.from_content(run.revision.content)
    ports = _ports(run, plan, worker, clock, nullcontext)
    context = BackgroundContext(
        run_id=run.pk,
        options=plan.options,
        parameters=plan.parameters,
        targets=resolve_targets(plan),
        worker=worker,
        clock=clock,
        routes=ports.routes,
        live=ports.live,
        log=BackgroundLog(ports.journal),
        alive=alive,
        extra=ports.extra,
        secrets=resolve_secrets(plan),
    )
    return handler_of(plan).background()[name], context


class BackgroundLog:
    """What a background driver has to say goes into the run's journal, under its own lease."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def info(self, message: str) -> None:
        self._write("info", message)

    def warning(self, message: str) -> None:
        self._write("warning", message)

    def _write(self, level: str, message: str) -> None:
        payload = {"level": level, "message": message[:LONGEST_MESSAGE]}
        self._journal.append([NewEvent(EventType.LOGGED, payload=payload)])


def _ports(run: Run, plan: Plan, worker: WorkerToken, clock: Clock, urgent: Urgent) -> ExecutionPorts:
    environment_id = run.migration.environment_id

    def unacknowledged(route: str, epoch: int) -> list[str]:
        """Live clients of a route that still go by an older record."""
        return behind(environment_id, route, epoch, clock.now())

    extra: dict[str, Any] = {
        "fingerprint_key": secrets.fingerprint_key(),
        "fingerprints": run.revision.fingerprints,
        "unacknowledged": unacknowledged,
    }
    return ExecutionPorts(
        clock=clock,
        journal=OrmJournal(run_id=run.pk, kind=RunKind(run.kind), plan=plan, worker=worker, clock=clock),
        artifacts=artifacts(),
        routes=OrmRoutes(environment_id=environment_id, clock=clock, worker=worker),
        live=OrmLive(run_id=run.pk, environment_id=environment_id, clock=clock, urgent=urgent),
        extra=extra,
    )


def behind(environment_id: int, route: str, epoch: int, now: datetime) -> list[str]:
    leases = RouteLease.objects.filter(
        route__environment_id=environment_id, route__name=route, acked_epoch__lt=epoch, expires_at__gt=now
    )
    return list(leases.order_by("client_id").values_list("client_id", flat=True))
