"""Migrations: the list, one page, and plan revisions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from migrations_app.engine.vocabulary import TRIALS, Decision, MigrationStatus, RunKind, RunState
from migrations_app.models import Migration, MigrationEditor, PlanRevision, Signature
from migrations_app.models.actor import Actor
from migrations_app.selectors import run_rows
from migrations_app.selectors.access import Access, Permission, access_of, people_who_see
from migrations_app.selectors.adapter_plans import AdapterPlan, adapter_plan_of
from migrations_app.selectors.break_glass import BreakGlassRow, break_glasses_of
from migrations_app.selectors.migration_lists import MigrationFilters, list_migrations
from migrations_app.selectors.migration_rows import MigrationRow, RoleTarget, rows_of, with_newest_plan
from migrations_app.selectors.next_action import NextAction, Situation, next_action, refusals_of, rollback_why_not
from migrations_app.selectors.planned_targets import PlannedTarget
from migrations_app.selectors.plans import (
    Change,
    ClaimRow,
    FindingRow,
    RevisionDiff,
    RevisionView,
    RollbackStepRow,
    StepRow,
    diff,
    revision_view,
)
from migrations_app.selectors.policy_rules import in_force
from migrations_app.selectors.procedures import ProcedureTrack, track_of
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.rehearsals import RehearsalFacts, rehearsal_facts
from migrations_app.selectors.reviews import ReviewPanel, SignatureRow, SignerRow, review_panel
from migrations_app.selectors.rewrites import Rewrite, rewrite_of
from migrations_app.selectors.risk import RiskView, risk_now, waivable_weights
from migrations_app.selectors.run_rows import RunRow
from migrations_app.selectors.schedules import ScheduleRow, schedules_of
from migrations_app.selectors.signing import signing_of
from migrations_app.selectors.start_check import StartCheck, UnmetRow, start_check
from migrations_app.selectors.table_mapping import TableMapping, mapping_of
from migrations_app.selectors.timeline import TimelineEntry, timeline
from migrations_app.selectors.upgrades import UpgradeView, upgrade_of
from migrations_app.selectors.waivers import WaiverRow, waivers_of
from migrations_app.selectors.waiving import Waiving, waiving

__all__ = [
    "Change",
    "ClaimRow",
    "FindingRow",
    "MigrationFilters",
    "MigrationPage",
    "MigrationRow",
    "NextAction",
    "PlannedTarget",
    "ReviewPanel",
    "RevisionDiff",
    "RevisionView",
    "RiskView",
    "RoleTarget",
    "RollbackStepRow",
    "SignatureRow",
    "SignerRow",
    "StartCheck",
    "StepRow",
    "TimelineEntry",
    "UnmetRow",
    "WaiverRow",
    "Waiving",
    "list_migrations",
    "list_waivers",
    "migration_page",
    "migration_row",
    "revision",
    "revision_diff",
]

LARGEST_ID = 2**63 - 1
_RUNS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PossibleOwners:
    """`named`: the user name of the owner, '' where nobody was named and it is its author's.

    `offered`: user name and name of everybody who may see it, and of the owner, who may have lost their role since.
    """

    named: str
    offered: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Keeping:
    """What is kept beside the plan; the owner is the author where nobody else was named. `watching`: the reader.

    `version` is of ticket and owner, which are edited together.
    """

    ticket: str
    owner: str
    owner_username: str
    watchers: tuple[str, ...]
    watching: bool
    archived_at: datetime | None
    version: int

    @property
    def ticket_url(self) -> str:
        """'' where it is no address."""
        return self.ticket if self.ticket.startswith(("https://", "http://")) else ""


@dataclass(frozen=True, slots=True)
class MigrationPage:
    """Everything that the page of one migration shows to this viewer.

    `allowed` names the operations that this viewer may do in the present state: edit, plan, validate, rehearse, submit,
    withdraw, sign, comment, execute, break_glass, roll_back, clone, promote, cancel, archive, restore. `refusals` maps
    the others to why not. `schedules`: what waits, then the newest of what came of others.
    `risk` is that of the plan at this moment, without what is waived. `since_signed` is what changed since this
    viewer's last signature (None when they never signed or nothing did).
    """

    row: MigrationRow
    description: str
    parameters: Mapping[str, Any]
    options: Mapping[str, Any]
    plan: RevisionView | None
    risk: RiskView | None
    waiving: Waiving
    revision_numbers: tuple[int, ...]
    editors: tuple[tuple[str, tuple[int, ...]], ...]
    review: ReviewPanel
    start_check: StartCheck
    runs: tuple[RunRow, ...]
    last_dry_run: RunRow | None
    last_rehearsal: RunRow | None
    rehearsal: RehearsalFacts | None
    next_action: NextAction
    allowed: frozenset[str]
    refusals: Mapping[str, str]
    timeline: tuple[TimelineEntry, ...]
    since_signed: RevisionDiff | None
    keeping: Keeping
    schedules: tuple[ScheduleRow, ...]
    can_schedule: bool
    track: ProcedureTrack
    break_glasses: tuple[BreakGlassRow, ...]
    rewrite: Rewrite | None
    upgrade: UpgradeView | None
    mapping: TableMapping | None
    adapter: AdapterPlan | None

    @property
    def irreversible(self) -> int:
        """How many steps of the plan nothing takes back."""
        return sum(not step.reversible for step in self.plan.steps) if self.plan else 0

    @property
    def has_run(self) -> bool:
        """Whether anything but a trial was started: then what came of it says more than the plan."""
        return any(run.kind not in TRIALS for run in self.runs)


def possible_owners(*, actor: Actor, migration_id: int) -> PossibleOwners:
    """Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    offered = {person.username: str(person) for person in people_who_see(migration.environment_id)}
    owner = migration.owner
    if owner:
        offered.setdefault(owner.username, f"{owner}, who no longer sees it")
    return PossibleOwners(owner.username if owner else "", offered)


def kept_beside(*, actor: Actor, migration_id: int) -> Keeping:
    """Raises NotFound."""
    return _keeping(visible_migration(actor, migration_id), actor)


def _keeping(migration: Migration, actor: Actor) -> Keeping:
    watchers = [row.person for row in migration.watchers.select_related("person").order_by("person__username")]
    owner = migration.owner or migration.created_by
    return Keeping(
        ticket=migration.ticket,
        owner=str(owner),
        owner_username=owner.username,
        watchers=tuple(str(person) for person in watchers),
        watching=any(person.pk == actor.person_id for person in watchers),
        archived_at=migration.archived_at,
        version=migration.keeping_version,
    )


def migration_row(*, actor: Actor, migration_id: int, now: datetime) -> MigrationRow:
    """Raises NotFound."""
    return rows_of([visible_migration(actor, migration_id)], now=now)[0]


def migration_page(*, actor: Actor, migration_id: int, now: datetime) -> MigrationPage:
    """Raises NotFound."""
    access = access_of(actor)
    migration = visible_migration(actor, migration_id, access)
    policies = in_force()
    revisions = list(migration.revisions.select_related("created_by").order_by("-number"))
    newest = revisions[0] if revisions else None
    risk = risk_now(migration, newest, now=now) if newest else None
    row = rows_of([migration], now=now, policies=policies, risks={migration.pk: risk} if risk else {})[0]
    signing = signing_of(migration, newest, now=now, policies=policies, risk=risk.level if risk else None)
    review = review_panel(actor, access, migration, newest, signing, now=now)
    start = start_check(migration, newest, now=now, signing=signing)
    runs = run_rows.rows_of(run_rows.with_names(migration.runs.order_by("-pk"))[:_RUNS_SHOWN], now=now)
    back = ""
    if row.status in (MigrationStatus.COMPLETED, MigrationStatus.FAILED):
        back = rollback_why_not(start_check(migration, newest, now=now, kind=RunKind.ROLLBACK, signing=signing))
    else:
        back = f"the migration is {migration.get_status_display()}"
    live = next((run for run in runs if not run.is_final), None)
    stuck = next((run for run in runs if run.state is RunState.STUCK), None) if migration.needs_person else None
    track = track_of(access, migration, newest.procedure if newest else "")
    rehearsal = rehearsal_facts(newest) if newest else None
    unrehearsed = rehearsal.why_not if rehearsal else ""
    situation = Situation(migration, newest, access, review, start, live, back, stuck, track.why_not, unrehearsed)
    refusals = refusals_of(situation)
    plan = revision_view(newest) if newest else None
    return MigrationPage(
        row=row,
        description=migration.description,
        parameters=migration.parameters,
        options=migration.options,
        plan=plan,
        risk=risk,
        waiving=waiving(actor, access, migration, signing.editors, now=now),
        revision_numbers=tuple(revision.number for revision in revisions),
        editors=_editors(signing.editors),
        review=review,
        start_check=start,
        runs=runs,
        last_dry_run=next((run for run in runs if run.kind is RunKind.DRY_RUN), None),
        last_rehearsal=next((run for run in runs if run.kind is RunKind.REHEARSAL), None),
        rehearsal=rehearsal,
        next_action=next_action(situation, refusals),
        allowed=frozenset(operation for operation, why in refusals.items() if not why),
        refusals={operation: why for operation, why in refusals.items() if why},
        timeline=timeline(migration, signing.signatures, revisions[::-1]),
        keeping=_keeping(migration, actor),
        since_signed=_since_signed(revisions, signing.signatures, actor),
        schedules=schedules_of(migration),
        can_schedule=newest is not None
        and row.status in (MigrationStatus.PLANNED, MigrationStatus.VALIDATING)
        and access.can(Permission.EXECUTE, migration.environment_id),
        track=track,
        break_glasses=break_glasses_of(actor, migration, now=now, approvers=signing.approvers),
        rewrite=rewrite_of(plan) if plan else None,
        upgrade=upgrade_of(plan) if plan else None,
        mapping=mapping_of(plan) if plan else None,
        adapter=adapter_plan_of(plan) if plan else None,
    )


def list_waivers(*, actor: Actor, migration_id: int, now: datetime) -> tuple[WaiverRow, ...]:
    """All that were ever given, the newest first. Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    newest = _revision_or_none(migration)
    if newest is None:
        return ()
    return waivers_of(migration, digest=newest.digest, weights=waivable_weights(newest), now=now)


def revision(*, actor: Actor, migration_id: int, number: int | None = None) -> RevisionView:
    """The revision of that number, the newest without one. Raises NotFound."""
    return revision_view(visible_revision(visible_migration(actor, migration_id), number))


def revision_diff(*, actor: Actor, migration_id: int, before: int, after: int) -> RevisionDiff:
    """Raises NotFound."""
    migration = visible_migration(actor, migration_id)
    return diff(visible_revision(migration, before), visible_revision(migration, after))


def visible_migration(actor: Actor, migration_id: int, access: Access | None = None) -> Migration:
    """With the annotations of a row. Raises NotFound, the same for one that is hidden."""
    usable = isinstance(migration_id, int) and 0 < migration_id <= LARGEST_ID
    here = (access or access_of(actor)).within(Permission.VIEW)
    found = with_newest_plan(Migration.objects.filter(here, pk=migration_id)).first() if usable else None
    if found is None:
        said = f"There is no migration {str(migration_id)[:20]} that you may see."
        absent = NotFound(said, "Look at the list of migrations.")
        raise absent.unless_hidden(Migration.objects.filter(pk=migration_id if usable else 0))
    return found


def visible_revision(migration: Migration, number: int | None) -> PlanRevision:
    """Raises NotFound."""
    found = _revision_or_none(migration, number)
    if found is None:
        named = "a plan" if number is None else f"a revision {str(number)[:20]}"
        raise NotFound(f"“{migration.title}” does not have {named}.", "Plan it, or choose another revision.")
    return found


def _revision_or_none(migration: Migration, number: int | None = None) -> PlanRevision | None:
    rows = migration.revisions.select_related("created_by").order_by("-number")
    if number is None:
        return rows.first()
    return rows.filter(number=number).first() if 0 < number < 2**31 else None


def _editors(editors: Iterable[MigrationEditor]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    wrote: dict[str, list[int]] = defaultdict(list)
    for editor in editors:
        wrote[str(editor.person)].append(editor.revision)
    return tuple((name, tuple(numbers)) for name, numbers in wrote.items())


def _since_signed(
    revisions: Sequence[PlanRevision], signatures: Iterable[Signature], actor: Actor
) -> RevisionDiff | None:
    """`revisions` newest first, `signatures` oldest first."""
    mine = [row for row in signatures if row.person_id == actor.person_id and row.decision != Decision.COMMENT]
    if not revisions or not mine or mine[-1].digest == revisions[0].digest:
        return None
    signed = next(revision for revision in revisions if revision.pk == mine[-1].revision_id)
    return diff(signed, revisions[0])
