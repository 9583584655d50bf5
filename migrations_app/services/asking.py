"""What the policies ask of open reviews: recorded when a review begins, and again whenever it changes.

Everything here runs in the caller's transaction. Who asks, or changes what is asked, holds the environment's row
first (`hold`), so that no review begins under policies that another transaction is just changing. Lock order:
environments, policies, migrations, audit head.
"""

from collections.abc import Iterable
from datetime import datetime

from migrations_app.engine.lifecycle import ReviewEvent
from migrations_app.engine.policy import Asked, could_help, outstanding
from migrations_app.engine.vocabulary import MigrationStatus, ReviewState
from migrations_app.models import AskedPolicy, Environment, Migration, PlanRevision
from migrations_app.selectors.policy_rules import in_force
from migrations_app.selectors.signing import Signing, signing_of
from migrations_app.services import audit, finding, notifications, signatures
from migrations_app.services.actor import Actor
from migrations_app.services.errors import Conflict

_OPEN = (ReviewState.IN_REVIEW, ReviewState.APPROVED)
_NOT_STARTED = (MigrationStatus.PLANNED, MigrationStatus.VALIDATING)


def hold(environment_id: int | None = None) -> None:
    """What is asked there (None: anywhere) stays as it is until the end of this transaction."""
    rows = Environment.objects.select_for_update(no_key=True).order_by("pk")
    list((rows if environment_id is None else rows.filter(pk=environment_id)).values_list("pk"))


def open_reviews(environment: Environment | None = None) -> list[Migration]:
    """Locked: every review under way (there) whose plan has not been started."""
    rows = Migration.objects.filter(review_state__in=_OPEN, status__in=_NOT_STARTED)
    if environment is not None:
        rows = rows.filter(environment=environment)
    return list(rows.select_for_update(of=("self",)).select_related("environment", "created_by").order_by("pk"))


def begin(migration: Migration, revision: PlanRevision, *, now: datetime) -> Asked:
    """Record what is asked, and tell those who can sign. Raises Conflict when no policy is about such a plan."""
    signing = signing_of(migration, revision, now=now)
    if signing.asked.blocked:
        raise Conflict(
            f"No policy says who has to sign such a plan in {migration.environment.name}; nothing was submitted.",
            "Ask an admin for a policy that covers it.",
            reason="no_policy",
        )
    AskedPolicy.objects.filter(migration=migration, dropped_at=None).update(dropped_at=now)
    _ask(migration, {policy.id for policy in signing.asked.policies}, now)
    tell_signers(migration, revision, signing, now=now)
    return signing.asked


def ask_again(
    migrations: Iterable[Migration], *, actor: Actor, now: datetime, because: str, anyway: bool = False
) -> int:
    """Recount locked reviews whose policies changed. Returns how many are asked for something else now.

    `anyway`: what is asked may be the same, but signatures no longer count.

    An approved plan that wants more signatures is in review again; its signatures stand. Each change is an entry of
    the audit trail and of the timeline, and news to the author.
    """
    policies = in_force()
    changed = 0
    for migration in migrations:
        revision = finding.newest_revision(migration)
        if revision is None or migration.review_state not in _OPEN:
            continue
        signing = signing_of(migration, revision, now=now, policies=policies)
        before = {row.version_id: row for row in _asked(migration)}
        if anyway or before.keys() != {policy.id for policy in signing.asked.policies}:
            changed += 1
            _change(migration, revision, signing, before, actor=actor, now=now, because=because)
    return changed


def tell_signers(migration: Migration, revision: PlanRevision, signing: Signing, *, now: datetime) -> None:
    """Whoever could fill an open place and is not barred."""
    candidates = [each.signer for each in signing.approvers if not signing.why_not(each)]
    fitting = set(could_help(signing.asked.slots, signing.facts, revision.digest, candidates))
    notifications.tell(
        [approver.person for approver in signing.approvers if approver.person.username in fitting],
        now=now,
        kind=notifications.SIGNATURE_WANTED,
        text=f"Your signature is wanted: “{migration.title}” in {migration.environment.name}.",
        migration=migration,
        mail=True,
    )


def _asked(migration: Migration) -> list[AskedPolicy]:
    return list(AskedPolicy.objects.filter(migration=migration, dropped_at=None).select_related("version__policy"))


def _ask(migration: Migration, versions: Iterable[int], now: datetime) -> None:
    AskedPolicy.objects.bulk_create(
        [AskedPolicy(migration=migration, version_id=version, asked_at=now) for version in sorted(versions)]
    )


def _change(
    migration: Migration,
    revision: PlanRevision,
    signing: Signing,
    before: dict[int, AskedPolicy],
    *,
    actor: Actor,
    now: datetime,
    because: str,
) -> None:
    wanted = {policy.id: f"{policy.name} v{policy.version}" for policy in signing.asked.policies}
    AskedPolicy.objects.filter(pk__in=[row.pk for version, row in before.items() if version not in wanted]).update(
        dropped_at=now
    )
    _ask(migration, wanted.keys() - before.keys(), now)
    was = str(migration.review_state)
    missing = signing.asked.blocked or bool(outstanding(signing.asked.slots, signing.facts, revision.digest))
    if missing and migration.review_state == ReviewState.APPROVED:
        signatures.move(migration, ReviewEvent.ASKED_FOR_MORE)
        notifications.settle(now=now, kind=notifications.REVIEW_APPROVED, migration=migration)
    audit.record(
        actor=actor,
        now=now,
        action="review.asked_anew",
        object_type="migration",
        object_id=migration.pk,
        environment=migration.environment.name,
        reason=because,
        before={"policies": sorted(f"{row.version.policy} v{row.version.number}" for row in before.values())}
        | {"review_state": was},
        after={"policies": sorted(wanted.values()), "review_state": str(migration.review_state)},
    )
    again = ": it is in review again" if was == ReviewState.APPROVED and missing else ""
    notifications.tell_author(
        migration,
        now=now,
        kind=notifications.POLICY_CHANGED,
        text=f"“{migration.title}” is asked for other signatures{again}. {because}.",
    )
    if missing:
        notifications.settle(now=now, kind=notifications.SIGNATURE_WANTED, migration=migration)
        tell_signers(migration, revision, signing, now=now)
    signatures.recount(migration, actor=actor, now=now)
