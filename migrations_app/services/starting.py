"""Starting a run: every reason against it at once, then claims, run, first event and outbox row together.

Lock order: targets, migration, run, leases, audit head.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from migrations_app.engine.break_glass import sorted_out
from migrations_app.engine.crash_points import reach
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.engine.plan import Plan
from migrations_app.engine.ports import Clock
from migrations_app.engine.start_check import CLAIM_CONFLICT, StartFacts, Unmet, check_start
from migrations_app.engine.vocabulary import RunKind
from migrations_app.models import ClaimedTarget, Migration, PlanRevision, Run, Target
from migrations_app.models.actor import Actor
from migrations_app.runtime import composition, journal, tracing, work
from migrations_app.runtime.leases import Scope
from migrations_app.runtime.target_check import TargetCheck, check_targets
from migrations_app.selectors.claimed_places import namesakes_of
from migrations_app.selectors.planned_targets import planned_pair
from migrations_app.selectors.start_check import start_facts
from migrations_app.services import audit, finding, overrides, scheduled_starts
from migrations_app.services.errors import Conflict
from migrations_app.services.operation import translated, violates
from migrations_app.services.overrides import Override
from migrations_app.services.permissions import Permission
from migrations_app.services.scheduled_starts import Claim

_WORDS = {
    RunKind.DRY_RUN: "validated",
    RunKind.REHEARSAL: "rehearsed",
    RunKind.APPLY: "executed",
    RunKind.ROLLBACK: "rolled back",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to start. `digest` is the plan they saw (empty: they do not say), `claim` what a schedule
    made due, `override` why it starts although conditions are unmet, `consent` theirs to a rehearsal."""

    kind: RunKind
    permission: Permission
    action: str
    digest: str = ""
    undoes: Run | None = None
    claim: Claim | None = None
    override: Override | None = None
    consent: bool = False


def start(*, actor: Actor, now: datetime, migration_id: int, wanted: Wanted) -> int:
    """Returns the run's id. Raises Conflict with every unmet condition in `details["problems"]`.

    Looks at the targets first, outside of any transaction, so the caller must not have one open.
    """
    now_is = _since(now, composition.clock())
    migration = finding.migration(migration_id, actor=actor, permission=wanted.permission)
    finding.person(actor)
    revision = _planned(migration, wanted)
    seen = TargetCheck(now)
    if wanted.kind is not RunKind.DRY_RUN:
        protected = migration.environment.protected
        seen = check_targets(revision, protected=protected, clock=composition.clock())
    seen = replace(seen, at=now_is())
    reach("start.looked")
    try:
        with translated(), transaction.atomic():
            return _start(actor, now_is, migration_id, wanted, seen)
    except IntegrityError as error:
        raise _lost_race(error, migration) from error


def _since(now: datetime, clock: Clock) -> Callable[[], datetime]:
    """What time it is, when it was `now` at first. Looking at targets and waiting for locks take theirs, and a freeze,
    a closed window or the end of a review in between counts."""
    asked = clock.monotonic()
    return lambda: now + timedelta(seconds=clock.monotonic() - asked)


def _planned(migration: Migration, wanted: Wanted) -> PlanRevision:
    revision = wanted.undoes.revision if wanted.undoes else finding.newest_revision(migration)
    if revision is None:
        raise refusal(
            migration, wanted.kind, [Unmet("not_planned", "The migration has no plan yet.", "Plan it first.")]
        )
    return revision


def _start(actor: Actor, now_is: Callable[[], datetime], migration_id: int, wanted: Wanted, seen: TargetCheck) -> int:
    migration, revision, plan = _locked(actor, migration_id, wanted)
    now = now_is()
    if wanted.override is not None:
        overrides.require_allowed(migration)
    facts = facts_of(migration, revision, wanted, seen, now=now)
    unmet, overridden = check_start(facts), list[Unmet]()
    if wanted.override is not None:
        overridden, unmet = sorted_out(unmet)
    if unmet:
        raise refusal(migration, wanted.kind, unmet)
    before = {"status": str(migration.status)}
    run = Run.objects.create(
        migration=migration,
        revision=revision,
        environment=migration.environment,
        procedure=revision.procedure,
        stores=planned_pair(revision),
        kind=wanted.kind,
        undoes=wanted.undoes,
        started_by=finding.person(actor),
        created_at=now,
        traceparent=tracing.carried(),
    )
    claim(run, plan)
    if wanted.claim is not None:
        scheduled_starts.take(wanted.claim, run, now=now)
    if wanted.override is not None:
        overrides.keep(run, wanted.override, overridden, now=now)
    queued = NewEvent(EventType.RUN_QUEUED, payload={"by": actor.username, "digest": revision.digest})
    journal.append_by_person(run, [queued], now=now)
    work.want_drivers([Scope(run.pk)], now=now)
    migration.refresh_from_db(fields=["status"])
    audit.record(
        actor=actor,
        now=now,
        action=wanted.action,
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=wanted.override.reason if wanted.override else "",
        before=before,
        after={"status": str(migration.status), "run": run.pk, "kind": str(run.kind), "digest": revision.digest}
        | ({"consent": wanted.consent} if wanted.kind is RunKind.REHEARSAL else {})
        | ({"overridden": [each.message for each in overridden]} if overridden else {}),
    )
    return run.pk


def _locked(actor: Actor, migration_id: int, wanted: Wanted) -> tuple[Migration, PlanRevision, Plan]:
    """The targets of the plan as it is now, then the migration; another plan meanwhile means another round."""
    while True:
        unlocked = finding.migration(migration_id, actor=actor, permission=wanted.permission)
        plan = Plan.from_content(_planned(unlocked, wanted).content)
        lock_targets(plan)
        migration = finding.migration(migration_id, actor=actor, permission=wanted.permission, lock=True)
        revision = _planned(migration, wanted)
        locked = Plan.from_content(revision.content)
        if {claim.target_id for claim in locked.claims} <= {claim.target_id for claim in plan.claims}:
            return migration, revision, locked


def lock_targets(plan: Plan) -> None:
    """Everybody who claims one of these queues here, so that a shared and an exclusive claim cannot both pass, and of
    one thing under two names neither."""
    wanted = {claim.target_id for claim in plan.claims}
    wanted |= namesakes_of(wanted).keys()
    list(Target.objects.select_for_update().filter(pk__in=wanted).order_by("pk").values_list("pk"))


def facts_of(
    migration: Migration, revision: PlanRevision, wanted: Wanted, seen: TargetCheck, *, now: datetime
) -> StartFacts:
    facts = start_facts(migration, revision, kind=wanted.kind, now=now, expected_digest=wanted.digest)
    if wanted.kind is RunKind.DRY_RUN:  # it only reads, and claims nothing
        return replace(facts, blockers=())
    facts = replace(facts, consent=wanted.consent)
    configured = {drift.target for drift in facts.drift}  # what else is not as planned there follows from that
    return replace(
        facts,
        drift=(*facts.drift, *(drift for drift in seen.drift if drift.target not in configured)),
        unreachable=(*facts.unreachable, *seen.unreachable),
        probed_at=seen.at,
    )


def claim(run: Run, plan: Plan) -> None:
    """Take the plan's claims; the database refuses a second exclusive one (see `lost_race`)."""
    if run.kind != RunKind.DRY_RUN:
        ClaimedTarget.objects.bulk_create(
            [ClaimedTarget(run=run, target_id=claim.target_id, mode=claim.mode) for claim in plan.claims]
        )


def refusal(migration: Migration, kind: RunKind, unmet: Sequence[Unmet]) -> Conflict:
    """One refusal that names every condition; its reason is the condition's own when there is only one."""
    problems: list[dict[str, Any]] = [
        {"field": "", "code": reason.code, "message": reason.message, "fix": reason.fix}
        | ({"about": {"kind": reason.about.kind, "id": reason.about.id}} if reason.about else {})
        | ({"drift": asdict(reason.drift)} if reason.drift else {})
        for reason in unmet
    ]
    sentences = " ".join(reason.message for reason in unmet)
    return Conflict(
        f"“{migration.title}” cannot be {_WORDS[kind]} now; nothing was started. {sentences}",
        " ".join(dict.fromkeys(reason.fix for reason in unmet)),
        reason=unmet[0].code if len(unmet) == 1 else "cannot_start",
        problems=problems,
    )


def _lost_race(error: IntegrityError, migration: Migration) -> Exception:
    if violates(error, Run, "one_live_run_a_migration"):
        return Conflict(
            f"“{migration.title}” was started by somebody else a moment ago; this start changed nothing.",
            "Watch that run.",
            reason="already_running",
        )
    if violates(error, ClaimedTarget, "one_exclusive_claim_a_target"):
        return Conflict(
            f"Another run took a target of “{migration.title}” a moment ago; nothing was started.",
            "Wait until that run has ended, or cancel it.",
            reason=CLAIM_CONFLICT,
        )
    return error
