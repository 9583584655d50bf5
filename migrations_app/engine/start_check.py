"""Why a run cannot start now: every reason at once (DESIGN section 5), decided from facts the service gathered."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from migrations_app.engine.environment_facts import EarlierEnvironment
from migrations_app.engine.errors import ClaimConflict
from migrations_app.engine.policy import NOTHING_ASKED, Asked, SignatureFact, Slot, outstanding, wanted
from migrations_app.engine.vocabulary import Decision, MigrationStatus, ReviewState, Role, RunKind
from migrations_app.engine.windows import FreezeFact, Hours

DRY_RUN_VALID_FOR = timedelta(hours=24)
ROLLBACK_WITHOUT_REVIEW_FOR = timedelta(hours=24)
PROBE_VALID_FOR = timedelta(seconds=30)
CLAIM_CONFLICT = ClaimConflict.code  # of the condition that another run uses a target: one for each such target


@dataclass(frozen=True, slots=True)
class About:
    """What a condition speaks of, so that a page can lead there: `kind` is run or migration."""

    kind: str
    id: int


@dataclass(frozen=True, slots=True)
class Drift:
    """How a target is no longer as it was planned. `field`, `planned` and `found` where one field says it.

    They come from fingerprints, which hold no secrets.
    """

    sentence: str
    target: str = ""
    field: str = ""
    planned: str = ""
    found: str = ""


@dataclass(frozen=True, slots=True)
class Unmet:
    """One condition that does not hold: a stable code, a sentence for people, and what to do about it."""

    code: str
    message: str
    fix: str
    about: About | None = None
    drift: Drift | None = None


@dataclass(frozen=True, slots=True)
class Lacking:
    """The handler that the plan was made with, and which version is installed here instead ('': none)."""

    handler: str
    version: str
    installed: str = ""


@dataclass(frozen=True, slots=True)
class Predecessor:
    """A migration that has to complete before. `title` is '' for one of another environment."""

    migration_id: int
    title: str
    status: MigrationStatus

    @property
    def named(self) -> str:
        return f"“{self.title}”" if self.title else f"migration {self.migration_id} of another environment"


@dataclass(frozen=True, slots=True)
class Blocker:
    """Another run that holds a conflicting claim on a target, or has changed it. `title` is '' for one of another
    environment, which the reader may not see."""

    target: str
    run_id: int
    title: str

    @property
    def named(self) -> str:
        return f"run {self.run_id} of “{self.title}”" if self.title else f"run {self.run_id} of another environment"


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What is so now. `drift` and `unreachable` (sentences) are from probes no older than `PROBE_VALID_FOR`.

    `expected_digest` is what the caller has seen (empty: does not say). `asked` is what the policies ask of the plan
    now. `strict` plans have to be rehearsed, and their procedure proven in the environment before (`earlier`).
    `consent`: that of the caller to a rehearsal. `completed_at`, `later_runs` and `irreversible` (titles of the steps
    that the run has started and nothing takes back) matter for a rollback after the run's end only. `hours` are those
    of the environment's windows (None: it has none).
    """

    kind: RunKind
    now: datetime
    status: MigrationStatus
    review_state: ReviewState
    digest: str
    expected_digest: str = ""
    asked: Asked = NOTHING_ASKED
    signatures: Sequence[SignatureFact] = ()
    review_expires_at: datetime | None = None
    dry_run_required: bool = True
    dry_run_only: bool = False
    dry_run_ended_at: datetime | None = None
    strict: bool = False
    rehearsed: bool = False
    earlier: EarlierEnvironment | None = None
    why_no_rehearsal: str = ""
    protected: bool = False
    consent: bool = False
    blockers: Sequence[Blocker] = ()
    drift: Sequence[Drift] = ()
    unreachable: Sequence[str] = ()
    probed_at: datetime | None = None
    maintenance: bool = False
    lacking: Lacking | None = None
    completed_at: datetime | None = None
    rollback_enabled: bool = True
    later_runs: Sequence[Blocker] = field(default_factory=tuple)
    irreversible: Sequence[str] = ()
    hours: Hours | None = None
    freezes: Sequence[FreezeFact] = ()
    predecessors: Sequence[Predecessor] = ()


def check_start(facts: StartFacts) -> list[Unmet]:
    """Every condition that does not hold, in the order people should look at them; empty: start."""
    unmet = [*_general(facts), *_status(facts)]
    if facts.kind is RunKind.APPLY:
        unmet += [*_predecessors(facts), *_review(facts), *_dry_run(facts), *_strict(facts), *closed(facts)]
    if facts.kind is RunKind.REHEARSAL:
        unmet += [*_rehearsal(facts), *_frozen(facts)]
    if facts.kind is RunKind.ROLLBACK:
        unmet += _rollback(facts)
    return [*unmet, *_targets(facts)]


def check_going_on(facts: StartFacts) -> list[Unmet]:
    """Of a paused apply run that is to go on by itself: what may have changed since it began, and still matters."""
    return [*_general(facts), *closed(facts), *_targets(facts)]


def _general(facts: StartFacts) -> list[Unmet]:
    unmet = []
    if facts.maintenance:
        unmet.append(Unmet("maintenance", "Snakeweb is in read-only maintenance.", "Wait until an admin ends it."))
    if facts.lacking is not None:
        unmet.append(_lacking(facts.lacking))
    if facts.expected_digest and facts.expected_digest != facts.digest:
        unmet.append(
            Unmet(
                "digest_changed",
                f"The plan was changed: it is now {facts.digest[:12]}, you asked for {facts.expected_digest[:12]}.",
                "Look at the new revision and start that one.",
            )
        )
    return unmet


_STARTS_FROM = {
    RunKind.DRY_RUN: (MigrationStatus.PLANNED,),
    RunKind.REHEARSAL: (MigrationStatus.PLANNED,),
    RunKind.APPLY: (MigrationStatus.PLANNED,),
    RunKind.ROLLBACK: (MigrationStatus.COMPLETED, MigrationStatus.FAILED),
}
_LIVE = (MigrationStatus.EXECUTING, MigrationStatus.PAUSED, MigrationStatus.VALIDATING, MigrationStatus.ROLLING_BACK)
_ENDED_OTHERWISE = (MigrationStatus.CANCELLED, MigrationStatus.FAILED, MigrationStatus.ROLLED_BACK)


def _lacking(lacking: Lacking) -> Unmet:
    made = f"{lacking.handler} {lacking.version}"
    if not lacking.installed:
        return Unmet(
            "handler_missing",
            f"The migration type “{lacking.handler}”, which made this plan, is not installed here or was refused.",
            f"Install the package that ships {made}, for web and workers, and start them again; /settings/ lists what "
            "is installed.",
        )
    return Unmet(
        "handler_incompatible",
        f"The plan was made with {made}; installed is {lacking.installed}, which does not run plans of "
        f"{lacking.version}.",
        f"Plan anew: the new plan is made with {lacking.installed} and is signed as such. Or install {made} again.",
    )


def _status(facts: StartFacts) -> list[Unmet]:
    if facts.status in _STARTS_FROM[facts.kind]:
        return []
    state = facts.status.replace("_", " ")
    if facts.status in _LIVE:
        return [Unmet("already_running", f"The migration is {state} already.", "Wait until its run has ended.")]
    if facts.status is MigrationStatus.DRAFT:
        return [Unmet("not_planned", "The migration has no plan yet.", "Plan it first.")]
    wanted = " or ".join(_STARTS_FROM[facts.kind])
    return [Unmet("wrong_status", f"The migration is {state}; this needs {wanted}.", "Clone it and plan the copy.")]


def _predecessors(facts: StartFacts) -> list[Unmet]:
    """Of a rollback nothing is asked: what came first need not be there to go back."""
    return [
        Unmet(
            "waits_for",
            f"It runs after {each.named}, which is {each.status.replace('_', ' ')}.",
            "Wait until that one has completed."
            if each.status not in _ENDED_OTHERWISE
            else "Clone that one and run after the clone, or take it off the list of those that come before.",
            About("migration", each.migration_id),
        )
        for each in facts.predecessors
        if each.status is not MigrationStatus.COMPLETED
    ]


def _review(facts: StartFacts) -> list[Unmet]:
    if facts.dry_run_only:
        return [Unmet("dry_run_only", "This migration is for a dry run only.", "Turn the option “dry_run” off.")]
    if facts.asked.blocked:
        return [
            Unmet(
                "no_policy",
                "No policy says who has to sign such a plan here, so it cannot start.",
                "Ask an admin for a policy that covers it.",
            )
        ]
    declined = [
        Unmet("declined", f"{s.person} declined this plan.", "Change it, and submit it again.")
        for s in facts.signatures
        if s.decision is Decision.REJECT and s.digest == facts.digest
    ]
    if not facts.asked.slots:  # also where what asked for them does not any more
        return declined
    if facts.review_expires_at is not None and facts.review_expires_at <= facts.now:
        return [Unmet("review_expired", "The approvals have expired.", "Submit the plan for review again.")]
    missing = outstanding(facts.asked.slots, facts.signatures, facts.digest)
    unmet = [
        Unmet("signer_not_eligible", f"{s.person} signed, but {s.not_eligible_because}.", "Have somebody else sign.")
        for s in facts.signatures
        if s.not_eligible_because
    ]
    unmet += declined
    if missing:
        unmet.append(Unmet("approvals_missing", _missing(missing), f"Have this plan signed by {wanted(missing)}."))
    elif facts.review_state is not ReviewState.APPROVED:
        shown = facts.review_state.replace("_", " ")
        unmet.append(Unmet("not_approved", f"The review is {shown}.", "Submit the plan for review."))
    return unmet


def _missing(slots: Sequence[Slot]) -> str:
    noun = "approval is" if len(slots) == 1 else "approvals are"
    plain = all(slot.role is Role.APPROVER for slot in slots)
    return f"{len(slots)} more {noun} needed{'' if plain else f': {wanted(slots)}'}."


def _dry_run(facts: StartFacts) -> list[Unmet]:
    if not facts.dry_run_required:
        return []
    fix = "Press “Dry run” and wait until it has passed."
    if facts.dry_run_ended_at is None:
        return [Unmet("dry_run_missing", "No dry run of this plan has passed.", fix)]
    if facts.now - facts.dry_run_ended_at > DRY_RUN_VALID_FOR:
        return [Unmet("dry_run_too_old", "The last dry run is more than 24 hours old.", fix)]
    return []


def _strict(facts: StartFacts) -> list[Unmet]:
    if not facts.strict:
        return []
    unmet = []
    if not facts.rehearsed:
        unmet.append(
            Unmet(
                "not_rehearsed",
                "Level “strict” asks for a rehearsal of this plan, and none has succeeded.",
                "Press “Rehearse” and wait until it has succeeded.",
            )
        )
    if facts.earlier is not None and not facts.earlier.successes:
        unmet.append(
            Unmet(
                "not_proven",
                f"Level “strict” asks for a run of this procedure in {facts.earlier.name} that succeeded; none has and "
                "stands.",
                f"Run it in {facts.earlier.name} first.",
            )
        )
    return unmet


def _rehearsal(facts: StartFacts) -> list[Unmet]:
    unmet = []
    if facts.why_no_rehearsal:
        fix = "Run it in the environment before this one first; that is the nearest thing."
        unmet.append(Unmet("cannot_rehearse", facts.why_no_rehearsal, fix))
    if facts.protected and not facts.consent:
        unmet.append(
            Unmet(
                "consent_missing",
                "The environment is protected, and a rehearsal copies every session to a place beside the target for a "
                "while: live data, read from the source that serves it.",
                "Say that you agree to that.",
            )
        )
    return unmet


def closed(facts: StartFacts) -> list[Unmet]:
    """Freezes and windows that keep an apply run from starting, or a failed one from going on. Never a rollback."""
    unmet = _frozen(facts)
    if facts.hours is not None and facts.hours.open_until is None:
        opens_at = facts.hours.opens_at
        message = f"the next one opens {_when(opens_at)}." if opens_at else "none opens any more."
        fix = "Wait until then, or schedule it for the next window." if opens_at else "Ask an admin for a window."
        unmet.append(Unmet("outside_window", f"No maintenance window is open; {message}", fix))
    return unmet


def _frozen(facts: StartFacts) -> list[Unmet]:
    return [
        Unmet(
            "frozen",
            f"Changes in {freeze.where} are frozen until {_when(freeze.until)}: {freeze.reason.rstrip('.')}.",
            "Wait until the freeze ends, or ask an admin to lift it.",
        )
        for freeze in facts.freezes
    ]


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _rollback(facts: StartFacts) -> list[Unmet]:
    unmet = []
    if facts.irreversible:
        unmet.append(irreversible(facts.irreversible))
    if not facts.rollback_enabled:
        unmet.append(
            Unmet("rollback_disabled", "This plan was executed without a rollback.", "Plan a migration the other way.")
        )
    if facts.completed_at is not None and facts.now - facts.completed_at > ROLLBACK_WITHOUT_REVIEW_FOR:
        unmet.append(
            Unmet(
                "rollback_too_late",
                "The migration ended more than 24 hours ago; rolling it back needs a reviewed plan of its own.",
                "Plan a migration the other way and have it signed.",
            )
        )
    unmet += [
        Unmet(
            "later_run",
            f"R{run.named[1:]} used {run.target} later.",
            "Roll that one back first.",
            About("run", run.run_id),
        )
        for run in facts.later_runs
    ]
    return unmet


def irreversible(titles: Sequence[str]) -> Unmet:
    """Why a run that has come this far is not taken back: its earlier steps would be undone under the last ones."""
    named = "”, “".join(titles)
    return Unmet(
        "irreversible",
        f"“{named}” cannot be taken back; nothing was changed.",
        "Plan a migration in the other direction.",
    )


def _targets(facts: StartFacts) -> list[Unmet]:
    unmet = [
        Unmet(
            CLAIM_CONFLICT,
            f"Target {blocker.target} is in use by {blocker.named}.",
            "Wait until that run has ended, or cancel it.",
            About("run", blocker.run_id),
        )
        for blocker in facts.blockers
    ]
    unmet += [Unmet("target_unreachable", text, "Test the target's connection.") for text in facts.unreachable]
    if facts.kind in (RunKind.APPLY, RunKind.REHEARSAL):
        unmet += [
            Unmet("plan_is_stale", drift.sentence, "Plan again and have the new revision signed.", drift=drift)
            for drift in facts.drift
        ]
    if facts.probed_at is not None and facts.now - facts.probed_at > PROBE_VALID_FOR:
        unmet.append(Unmet("probe_too_old", "The look at the targets is older than 30 seconds.", "Try again."))
    return unmet
