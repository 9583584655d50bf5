"""Waiving a finding of the risk for a while, and taking that back. A finding is never hidden by it."""

from datetime import datetime

from migrations_app.engine.risk.waivers import LONGEST
from migrations_app.engine.vocabulary import MigrationStatus
from migrations_app.models import Migration, Person, PlanRevision, RiskWaiver
from migrations_app.models.waiver import REASON_LENGTH
from migrations_app.selectors.reviews import barred
from migrations_app.selectors.risk import RiskView, risk_now, waivable_weights
from migrations_app.selectors.waiving import young_waiver
from migrations_app.services import asking, audit, finding, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.checking import Check
from migrations_app.services.errors import Conflict, NotFound, PermissionDenied, SignInRequired
from migrations_app.services.operation import operation
from migrations_app.services.permissions import Permission
from migrations_app.services.presence import require_presence


@operation("waiver.give", about="migration")
def waive(
    *, actor: Actor, now: datetime, migration_id: int, digest: str, rule: str, reason: str, until: datetime | None
) -> int:
    """Until then the findings of that rule do not count, as long as the plan and their weight stay. Returns its id.

    Whoever waives does not sign that plan: an approval that they gave before is void.

    Raises, besides what permissions ask: SignInRequired for a token, StepUpRequired without a proof of presence from
    the last 300 s, PermissionDenied for whoever edited the migration (superusers too), Conflict with reason
    `not_planned`, `digest_changed` or `already_waived`, InvalidInput for a rule that found nothing that adds to the
    risk, no reason, or a moment that is not within the next 30 days.
    """
    migration, person = _may(actor, now, migration_id)
    revision = _planned(migration)
    if digest != revision.digest:
        raise Conflict(
            "The plan has changed since you looked at it; nothing was waived.",
            f"Look at revision {revision.number} and its findings.",
            reason="digest_changed",
            digest=revision.digest,
            revision=revision.number,
        )
    text, end = _checked(revision, now, rule, reason, until)
    require_presence(actor, now=now, doing="Waiving a risk", left="nothing was waived")
    before = risk_now(migration, revision, now=now)
    _end_what_does_not_count(migration, revision, before, rule, now)
    seen = next(each for each in before.findings if each.rule == rule and each.weight > 0)
    row = RiskWaiver.objects.create(
        migration=migration,
        digest=revision.digest,
        rule=rule,
        title=seen.title,
        evidence=seen.evidence,
        weight=waivable_weights(revision)[rule],
        reason=text,
        given_by=person,
        given_at=now,
        until=end,
    )
    because = f"{person} waived “{row.title}”"
    unsigned = f"whoever waives does not sign: {because}"
    voided = signatures.void_of(migration, person, now=now, because=unsigned)
    _record(actor, now, migration, revision, "waiver.give", row, before, voided)
    because = unsigned[:1].upper() + unsigned[1:] if voided else because
    asking.ask_again([migration], actor=actor, now=now, because=because, anyway=bool(voided))
    return row.pk


@operation("waiver.withdraw", about="migration")
def withdraw(*, actor: Actor, now: datetime, migration_id: int, waiver_id: int) -> None:
    """From now on the finding counts again. Whoever could give it may take it back, whoever gave it."""
    migration, person = _may(actor, now, migration_id)
    revision = _planned(migration)
    row = RiskWaiver.objects.filter(migration=migration, pk=waiver_id).first()
    if row is None:
        raise NotFound(f"“{migration.title}” has no waiver {str(waiver_id)[:20]}.", "Look at its risk.")
    if row.ended_at is not None or row.until <= now:
        raise Conflict("This waiver has ended already; nothing was changed.", "Look at its risk.", reason="ended")
    before = risk_now(migration, revision, now=now)
    row.ended_at, row.ended_by = now, person
    row.save(update_fields=["ended_at", "ended_by"])
    _record(actor, now, migration, revision, "waiver.withdraw", row, before)
    asking.ask_again([migration], actor=actor, now=now, because=f"the waiver of “{row.title}” was withdrawn")


def _may(actor: Actor, now: datetime, migration_id: int) -> tuple[Migration, Person]:
    """The migration, locked, and the person. Raises for whoever can neither waive nor withdraw there."""
    if actor.token_id is not None:
        raise SignInRequired(
            "A token cannot waive a risk; nothing was changed.",
            f"Sign in the browser, on the page of migration {migration_id}.",
        )
    unlocked = finding.migration(migration_id, actor=actor, permission=Permission.WAIVE_RISK)
    asking.hold(unlocked.environment_id)
    migration = finding.migration(migration_id, actor=actor, permission=Permission.WAIVE_RISK, lock=True)
    person = finding.person(actor)
    why = barred(migration, person.pk) or young_waiver(migration, person.pk, now=now)
    if why:
        raise PermissionDenied(
            f"You cannot waive risks of “{migration.title}”: {why}.", "Ask another approver, or an admin."
        )
    return migration, person


def _planned(migration: Migration) -> PlanRevision:
    revision = finding.newest_revision(migration)
    if revision is None or migration.status != MigrationStatus.PLANNED:
        raise Conflict(
            f"“{migration.title}” is {migration.get_status_display()}; its risk is not in question now.",
            "Plan it first.",
            reason="not_planned",
        )
    return revision


def _checked(
    revision: PlanRevision, now: datetime, rule: str, reason: str, until: datetime | None
) -> tuple[str, datetime]:
    """The reason and the end, clean."""
    check = Check()
    if rule not in waivable_weights(revision):
        check.problem(
            "rule",
            f"Nothing that adds to the risk was found by “{str(rule)[:80]}”.",
            f"Choose one of: {', '.join(waivable_weights(revision)) or 'none here'}.",
            "unknown",
        )
    text = check.text("reason", reason, most=REASON_LENGTH, required=True, lines=True)
    moment = check.moment("until", until)
    if moment is None:
        if until is None:
            check.problem("until", "This is missing.", "Say until when it is waived.", "required")
    elif moment <= now:
        check.problem("until", "This is over already.", "Choose a moment to come.", "out_of_range")
    elif moment > now + LONGEST:
        check.problem(
            "until",
            f"This is more than {LONGEST.days} days away.",
            f"Choose at most {LONGEST.days} days.",
            "out_of_range",
        )
    check.done()
    return text, moment or now


def _end_what_does_not_count(
    migration: Migration, revision: PlanRevision, risk: RiskView, rule: str, now: datetime
) -> None:
    """One that is open and counts stands in the way; one that does not count any more makes room for the new one."""
    if any(each.rule == rule and each.waiver for each in risk.findings):
        raise Conflict(
            "This finding is waived already; that waiver stands.",
            "Withdraw it first, to waive it for longer or for another reason.",
            reason="already_waived",
        )
    RiskWaiver.objects.filter(migration=migration, digest=revision.digest, rule=rule, ended_at=None).update(
        ended_at=now
    )


def _record(
    actor: Actor,
    now: datetime,
    migration: Migration,
    revision: PlanRevision,
    action: str,
    row: RiskWaiver,
    before: RiskView,
    voided: int = 0,
) -> None:
    after = risk_now(migration, revision, now=now)
    audit.record(
        actor=actor,
        now=now,
        action=action,
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=row.reason if action == "waiver.give" else "",
        before={"risk_score": before.score, "risk_level": str(before.level)},
        after={
            "risk_score": after.score,
            "risk_level": str(after.level),
            "waiver": row.pk,
            "rule": row.rule,
            "weight": row.weight,
            "until": row.until.isoformat(),
            "digest": revision.digest,
        }
        | ({"voided_signatures": voided} if voided else {}),
    )
