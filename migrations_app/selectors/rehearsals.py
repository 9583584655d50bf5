"""Which plans of a migration were rehearsed, whether its newest one can be, and what that would leave open."""

from dataclasses import dataclass

from migrations_app.engine.errors import MigrationError
from migrations_app.engine.handler import Handler
from migrations_app.engine.plan import Plan, Target
from migrations_app.engine.vocabulary import RunKind, RunState, TargetKind
from migrations_app.handlers import registry
from migrations_app.models import PlanRevision, Run
from migrations_app.models import Target as TargetRow


@dataclass(frozen=True, slots=True)
class Unproven:
    """What a rehearsal leaves open about one step of the plan."""

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class RehearsalFacts:
    """Of one plan. `why_not` is '' where it can be rehearsed; `done`: a rehearsal of it has succeeded."""

    why_not: str
    done: bool
    unproven: tuple[Unproven, ...]


def rehearsed_digests(migration_id: int | None) -> frozenset[str]:
    """Of the plans that a rehearsal has succeeded of."""
    if migration_id is None:
        return frozenset()
    runs = Run.objects.filter(migration=migration_id, kind=RunKind.REHEARSAL, state=RunState.SUCCEEDED)
    return frozenset(runs.values_list("revision__digest", flat=True).distinct())


def rehearsal_facts(revision: PlanRevision) -> RehearsalFacts:
    plan = Plan.from_content(revision.content)
    return RehearsalFacts(
        why_not=why_no_rehearsal(plan),
        done=revision.digest in rehearsed_digests(revision.migration_id),
        unproven=_unproven(plan),
    )


def why_no_rehearsal(plan: Plan) -> str:
    """As its targets are configured now; '' where it can be rehearsed."""
    handler = _handler(plan)
    if handler is None:
        return f"No worker here has the handler “{plan.handler}”."
    rows = TargetRow.objects.in_bulk([ref.id for ref in plan.targets])
    targets = {
        ref.role: Target(ref.id, ref.name, TargetKind(ref.kind), plan.environment, rows[ref.id].config)
        for ref in plan.targets
        if ref.id in rows
    }
    if any(role.required and role.name not in targets for role in handler.roles) or len(targets) < len(plan.targets):
        return "A target of it is gone."
    return handler.why_no_rehearsal(targets)


def _unproven(plan: Plan) -> tuple[Unproven, ...]:
    handler = _handler(plan)
    actions = handler.actions() if handler else {}
    known = [(step.title, actions[step.action].not_proven) for step in plan.steps if step.action in actions]
    return tuple(Unproven(title, text) for title, text in known if text)


def _handler(plan: Plan) -> Handler | None:
    try:
        return registry.get(plan.handler)
    except (KeyError, MigrationError):
        return None
