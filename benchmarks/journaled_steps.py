"""What one journaled step costs in Snakeweb on SQLite: `python -m benchmarks.journaled_steps STEPS`.

The real executor over the real journal (lease check, fold, projections, doorbell), with actions that do nothing, so
that only the durability is measured; `followed` as a worker is, for logs and traces. Expects a migrated, empty
database in SNAKEWEB_STATE. Prints seconds a step.
"""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any, ClassVar

import django

django.setup()

from migrations_app.engine.brief import RunBrief  # noqa: E402  models load only after django.setup()
from migrations_app.engine.errors import Problem  # noqa: E402
from migrations_app.engine.events import EventType, NewEvent  # noqa: E402
from migrations_app.engine.executor import Executor, OutcomeKind  # noqa: E402
from migrations_app.engine.handler import Action, ActionContext, Handler, Spec  # noqa: E402
from migrations_app.engine.plan import Analysis, Plan, Step  # noqa: E402
from migrations_app.engine.ports import ExecutionPorts  # noqa: E402
from migrations_app.engine.vocabulary import MigrationType, RunKind, StepKind  # noqa: E402
from migrations_app.models import Environment, Migration, Person, PlanRevision, Run  # noqa: E402
from migrations_app.runtime import driver_spans, leases  # noqa: E402
from migrations_app.runtime.clock import SystemClock  # noqa: E402
from migrations_app.runtime.journal import OrmJournal, append_by_person  # noqa: E402
from migrations_app.runtime.leases import Scope  # noqa: E402
from migrations_app.runtime.routes import OrmRoutes  # noqa: E402
from migrations_app.testing.memory import MemoryArtifacts  # noqa: E402

LEASE_SECONDS = 600.0


class Nothing(Action):
    def do(self, ctx: ActionContext) -> Mapping[str, Any]:
        return {"number": ctx.step.parameters["number"]}


class Idle(Handler):
    name: ClassVar[str] = "idle"
    version: ClassVar[str] = "1"
    type: ClassVar[MigrationType] = MigrationType.CUSTOM
    label: ClassVar[str] = "Nothing"
    summary: ClassVar[str] = "Steps that do nothing."
    roles = ()

    def analyze(self, spec: Spec) -> Analysis:
        return Analysis({}, {}, {})

    def check(self, spec: Spec, analysis: Analysis) -> Sequence[Problem]:
        return ()

    def steps(self, spec: Spec, analysis: Analysis) -> Sequence[Step]:
        return ()

    def actions(self) -> Mapping[str, Action]:
        return {"nothing": Nothing()}


def plan_of(steps: int) -> Plan:
    return Plan(
        environment="bench",
        type=MigrationType.CUSTOM,
        handler=Idle.name,
        handler_version=Idle.version,
        options={},
        parameters={},
        targets=(),
        steps=tuple(
            Step(f"step-{n}", StepKind.MIGRATION, f"Step {n}", "nothing", parameters={"number": n})
            for n in range(steps)
        ),
        rollback_steps=(),
        claims=(),
    )


def queued_run(plan: Plan, now: datetime) -> Run:
    person = Person.objects.create_user(f"bench-{time.time_ns()}")
    environment, _ = Environment.objects.get_or_create(name="bench", defaults={"position": 1, "created_at": now})
    migration = Migration.objects.create(
        title="bench",
        type=plan.type,
        handler=plan.handler,
        environment=environment,
        created_by=person,
        created_at=now,
        changed_at=now,
        status="planned",
    )
    revision = PlanRevision.objects.create(
        migration=migration,
        number=1,
        digest=plan.digest,
        content=plan.content(),
        findings_digest="",
        risk_score=0,
        risk_level="low",
        estimated_seconds=1,
        created_by=person,
        created_at=now,
    )
    run = Run.objects.create(
        migration=migration,
        environment=migration.environment,
        revision=revision,
        kind=RunKind.APPLY,
        started_by=person,
        created_at=now,
    )
    append_by_person(run, [NewEvent(EventType.RUN_QUEUED)], now=now)
    return run


def seconds_a_step(steps: int, *, followed: bool = False) -> float:
    plan = plan_of(steps)
    clock = SystemClock()
    run = queued_run(plan, datetime.now(UTC))
    leases.schedule([Scope(run.pk)])
    worker = leases.claim(Scope(run.pk), "bench", LEASE_SECONDS)
    assert worker is not None
    ports = ExecutionPorts(
        clock=clock,
        journal=OrmJournal(run_id=run.pk, kind=RunKind.APPLY, plan=plan, worker=worker, clock=clock),
        artifacts=MemoryArtifacts(),
        routes=OrmRoutes(environment_id=run.migration.environment_id, clock=clock),
    )
    executor = Executor(RunBrief(run.pk, RunKind.APPLY, plan, {}), Idle(), ports, worker)
    began = time.perf_counter()
    with driver_spans.attempt(Scope(run.pk), worker, "") if followed else nullcontext():
        outcome = executor.drive()
    taken = time.perf_counter() - began
    assert outcome.kind is OutcomeKind.FINISHED, outcome
    assert outcome.reason == "succeeded", outcome
    return taken / steps


if __name__ == "__main__":
    by_a_worker = "followed" in sys.argv
    seconds_a_step(10, followed=by_a_worker)  # warm
    print(seconds_a_step(int(sys.argv[1]), followed=by_a_worker))
