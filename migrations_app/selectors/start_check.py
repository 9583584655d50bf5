"""What keeps a run from starting, as far as the database knows: every reason at once.

`start_facts` gathers; `engine/start_check.py` decides. The service that starts a run adds what a fresh look at the
targets shows (`drift`, `unreachable`, `probed_at`) before it asks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from migrations_app.engine.environment_facts import EarlierEnvironment
from migrations_app.engine.plan import Plan
from migrations_app.engine.start_check import (
    CLAIM_CONFLICT,
    About,
    Blocker,
    Drift,
    Lacking,
    StartFacts,
    check_start,
)
from migrations_app.engine.vocabulary import (
    ClaimMode,
    MigrationStatus,
    ReviewState,
    RunKind,
    RunState,
    ValidationLevel,
)
from migrations_app.handlers import registry
from migrations_app.models import ClaimedTarget, Migration, PlanRevision, Run, StepRun, Target
from migrations_app.selectors.claimed_places import namesakes_of, same_as
from migrations_app.selectors.dependencies import predecessors_of
from migrations_app.selectors.freezes import freezes_in_force
from migrations_app.selectors.planned_targets import changed_targets
from migrations_app.selectors.procedures import environment_before, times_proven
from migrations_app.selectors.rehearsals import rehearsed_digests, why_no_rehearsal
from migrations_app.selectors.signing import Signing, signing_of
from migrations_app.selectors.windows import hours_of

_APPROVAL_CODES = frozenset(
    {"approvals_missing", "declined", "no_policy", "not_approved", "review_expired", "signer_not_eligible"}
)
_DRY_RUN_CODES = frozenset({"dry_run_missing", "dry_run_too_old"})
_STRICT_CODES = frozenset({"not_rehearsed", "not_proven"})
_KEPT_BY_FREEZES = (RunKind.APPLY, RunKind.REHEARSAL)


@dataclass(frozen=True, slots=True)
class UnmetRow:
    """`fix` says what to do about it; `code` is stable. `about` is the run or migration that it speaks of."""

    code: str
    message: str
    fix: str
    about: About | None = None


@dataclass(frozen=True, slots=True)
class StartCheck:
    """`met` are sentences about what was looked at and found in order; `warnings` keep nobody from starting."""

    ready: bool
    unmet: tuple[UnmetRow, ...]
    met: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def start_check(
    migration: Migration,
    revision: PlanRevision | None,
    *,
    now: datetime,
    kind: RunKind = RunKind.APPLY,
    signing: Signing | None = None,
) -> StartCheck:
    """`signing`: where it is known already."""
    if revision is None:
        return StartCheck(False, (UnmetRow("not_planned", "The migration has no plan yet.", "Plan it first."),))
    facts = start_facts(migration, revision, kind=kind, now=now, signing=signing)
    unmet = check_start(facts)
    met = tuple(_met(facts, {each.code for each in unmet})) if kind is RunKind.APPLY else ()
    rows = tuple(UnmetRow(u.code, u.message, u.fix, u.about) for u in unmet)
    return StartCheck(not unmet, rows, met, tuple(_warnings(facts, revision.estimated_seconds)))


def _warnings(facts: StartFacts, estimated_seconds: int) -> Iterator[str]:
    closes_at = facts.hours.open_until if facts.hours else None
    if closes_at is not None and facts.now + timedelta(seconds=estimated_seconds) > closes_at:
        left = int((closes_at - facts.now).total_seconds() // 60)
        needed = -(-estimated_seconds // 60)
        yield f"The window closes in {left} min, and the plan is estimated at {needed} min."


def _met(facts: StartFacts, unmet: set[str]) -> Iterator[str]:
    looked_at = (
        (facts.asked.slots, _APPROVAL_CODES, "It has the signatures that the policies ask for."),
        (facts.dry_run_required, _DRY_RUN_CODES, "A dry run of this plan passed within 24 hours."),
        (facts.strict, _STRICT_CODES, "It was rehearsed, and its procedure has succeeded before, as “strict” asks."),
        (True, {CLAIM_CONFLICT}, "No other run uses its targets."),
        (bool(facts.predecessors), {"waits_for"}, "What it runs after has completed."),
        (True, {"plan_is_stale"}, "Its targets are configured as they were when it was planned."),
        (facts.hours is not None, {"outside_window"}, "A maintenance window is open."),
        (True, {"frozen"}, "No freeze is in force."),
    )
    for applies, codes, sentence in looked_at:
        if applies and not unmet & codes:
            yield sentence


def start_facts(
    migration: Migration,
    revision: PlanRevision,
    *,
    kind: RunKind,
    now: datetime,
    expected_digest: str = "",
    signing: Signing | None = None,
) -> StartFacts:
    """What the database knows. A target whose configuration is no longer the planned one counts as drift."""
    plan = Plan.from_content(revision.content)
    signing = signing or signing_of(migration, revision, now=now)
    undone = _last_apply(migration) if kind is RunKind.ROLLBACK else None
    return StartFacts(
        kind=kind,
        now=now,
        status=MigrationStatus(migration.status),
        review_state=ReviewState(migration.review_state),
        digest=revision.digest,
        expected_digest=expected_digest,
        asked=signing.asked,
        signatures=signing.facts,
        review_expires_at=migration.review_expires_at,
        dry_run_required=bool(plan.options.get("dry_run_required", True)),
        dry_run_only=bool(plan.options.get("dry_run", False)),
        dry_run_ended_at=_last_dry_run(migration, revision),
        **_strictness(migration, revision, plan, kind),
        blockers=_blockers(migration, plan),
        drift=tuple(
            Drift(f"The configuration of target {name} was changed.", name, "configuration")
            for name in changed_targets(revision)
        ),
        lacking=lacking(plan),
        completed_at=undone.ended_at if undone and undone.state == RunState.SUCCEEDED else None,
        rollback_enabled=bool(plan.options.get("rollback_enabled", True)),
        later_runs=tuple(later_runs(undone, plan)) if undone else (),
        irreversible=plan.irreversible(started_steps(undone)) if undone else (),
        hours=hours_of(migration.environment_id, now) if kind is RunKind.APPLY else None,
        freezes=freezes_in_force(migration.environment_id, now) if kind in _KEPT_BY_FREEZES else (),
        predecessors=predecessors_of(migration) if kind is RunKind.APPLY else (),
    )


def _strictness(migration: Migration, revision: PlanRevision, plan: Plan, kind: RunKind) -> dict[str, Any]:
    """What concerns rehearsals: of an apply only where the plan asks for one."""
    if kind is RunKind.REHEARSAL:
        return {"why_no_rehearsal": why_no_rehearsal(plan), "protected": migration.environment.protected}
    if kind is not RunKind.APPLY or plan.options.get("validation_level") != ValidationLevel.STRICT:
        return {}
    before = environment_before(migration.environment)
    return {
        "strict": True,
        "rehearsed": revision.digest in rehearsed_digests(migration.pk),
        "earlier": EarlierEnvironment(before.name, times_proven(revision.procedure, before)) if before else None,
    }


def _last_dry_run(migration: Migration, revision: PlanRevision) -> datetime | None:
    runs = Run.objects.filter(
        migration=migration, revision__digest=revision.digest, kind=RunKind.DRY_RUN, state=RunState.SUCCEEDED
    )
    last = runs.order_by("-ended_at").first()
    return last.ended_at if last else None


def _last_apply(migration: Migration) -> Run | None:
    """What a rollback undoes, however it ended: an older one that succeeded is not in question any more."""
    return Run.objects.filter(migration=migration, kind=RunKind.APPLY).order_by("-pk").first()


def _blockers(migration: Migration, plan: Plan) -> tuple[Blocker, ...]:
    """Also where the other run has a target of the plan under another name."""
    wanted = {claim.target_id: claim.mode for claim in plan.claims}
    rows = ClaimedTarget.objects.exclude(run__migration=migration).order_by("pk")
    held = list(rows.select_related("target__environment", "run__migration"))
    others = {claim.target_id: claim.target for claim in held if claim.target_id not in wanted}
    mine = Target.objects.in_bulk(list(wanted)) if others else {}
    same = {target_id: target_id for target_id in wanted} | dict(same_as(mine.values(), others.values()))
    return tuple(
        _blocker(claim, mine.get(same[claim.target_id]))
        for claim in held
        if claim.target_id in same and ClaimMode.EXCLUSIVE in (claim.mode, wanted[same[claim.target_id]])
    )


def _blocker(claim: ClaimedTarget, mine: Target | None) -> Blocker:
    """Of another environment, which the reader may not see, neither names nor titles are said."""
    if mine is None or mine.pk == claim.target_id:
        return Blocker(claim.target.name, claim.run_id, claim.run.migration.title)
    if mine.environment_id == claim.target.environment_id:
        return Blocker(f"{mine.name} (as {claim.target.name})", claim.run_id, claim.run.migration.title)
    return Blocker(f"{mine.name} (under another name)", claim.run_id, "")


def later_runs(run: Run, plan: Plan) -> Iterator[Blocker]:
    """Runs of other migrations that could change targets of this plan after that run of it, and still stand.

    Which targets they used, and which of these they only read (shared claims), their own plans say: their migrations
    may have been edited since.
    """
    names = {target.id: target.name for target in plan.targets}
    mine = {claim.target_id: claim.target_id for claim in plan.claims}
    mine |= namesakes_of(mine)
    rows = _standing_after(run, mine).values_list("pk", "migration__title", "revision__content__claims", "environment")
    for run_id, title, claims, place in rows:
        said = title if place == run.environment_id else ""
        changed = {claim["target_id"] for claim in claims if claim["mode"] == ClaimMode.EXCLUSIVE}
        for target_id in sorted({mine[each] for each in changed & mine.keys()}):
            yield Blocker(names.get(target_id, "a target"), run_id, said)


def _standing_after(run: Run, targets: Iterable[int]) -> QuerySet[Run]:
    """What began where these are after that run and has left something: taken back as a whole, it is as if it had not
    been."""
    places = Target.objects.filter(pk__in=list(targets)).values("environment")
    taken_back = Run.objects.filter(undoes=OuterRef("pk"), state=RunState.ROLLED_BACK)
    began = StepRun.objects.filter(run=OuterRef("pk"), started_at__isnull=False)
    later = Run.objects.filter(pk__gt=run.pk, environment__in=places, started_at__isnull=False)
    later = later.exclude(migration=run.migration_id)
    applied = Q(kind=RunKind.APPLY) & ~Q(state=RunState.ROLLED_BACK) & ~Exists(taken_back)
    came_to_nothing = Q(state=RunState.CANCELLED) & ~Exists(began)
    of_earlier_ones = Q(kind=RunKind.ROLLBACK, undoes__lt=run.pk)
    return later.filter(applied & ~came_to_nothing | of_earlier_ones).order_by("pk")


def started_steps(run: Run) -> frozenset[str]:
    """Steps of the run that may have had an effect."""
    rows = StepRun.objects.filter(run=run, partition=0, started_at__isnull=False)
    return frozenset(rows.values_list("step", flat=True))


def lacking(plan: Plan) -> Lacking | None:
    """None where this process has a handler that runs the plan."""
    handler = registry.all_handlers().get(plan.handler)
    if handler is not None and handler.runs_plans_of(plan.handler_version):
        return None
    return Lacking(plan.handler, plan.handler_version, handler.version if handler else "")
