"""Runs that people answer for: one that proves a procedure for the next environment, and one against a decline."""

from collections.abc import Callable

from migrations_app.demo.people import APPROVER, OPERATOR, PRODUCTION, STAGING
from migrations_app.demo.stories import BILLING, Stage
from migrations_app.demo.stories_of_control import CHAT, CONTACTS
from migrations_app.demo.stories_on_stage import wait_for
from migrations_app.engine.vocabulary import Decision
from migrations_app.models import PlanRevision
from migrations_app.selectors.promotions import promotion_proposal
from migrations_app.services import break_glass, promoting, reviews, runs

FORUM = "Move the forum's sessions"


def first_of_three(stage: Stage) -> None:
    """Of those that wait for each other the first one is done, and the last one lacks nothing but the second."""
    operator, first = stage.cast.actor(OPERATOR), stage.called(CONTACTS)
    dry_runs = [
        runs.validate_migration(actor=operator, now=stage.now(), migration_id=migration)
        for migration in (first, stage.called(CHAT))
    ]
    for dry_run in dry_runs:
        wait_for(dry_run)
    wait_for(runs.execute_migration(actor=operator, now=stage.now(), migration_id=first))


def proven_and_promoted(stage: Stage) -> None:
    """What has succeeded in staging goes to production, with the targets there that its names suggest."""
    operator = stage.cast.actor(OPERATOR)
    migration = stage.author("forum-staging", STAGING, FORUM, "The old store's disk is old, too.")
    digest = stage.plan(migration)
    wait_for(runs.validate_migration(actor=operator, now=stage.now(), migration_id=migration))
    reviews.submit(actor=operator, now=stage.now(), migration_id=migration, digest=digest)
    stage.decide(APPROVER, migration, digest, Decision.APPROVE, "Staging first, then we shall see.")
    wait_for(runs.execute_migration(actor=operator, now=stage.now(), migration_id=migration))
    proposal = promotion_proposal(actor=operator, migration_id=migration)
    made = promoting.promote(
        actor=operator,
        now=stage.now(),
        migration_id=migration,
        environment_id=stage.cast.places[PRODUCTION.name],
        targets={role.role: role.suggested for role in proposal.roles if role.suggested is not None},
    )
    reviews.submit(actor=operator, now=stage.now(), migration_id=made.migration_id)


def glass_broken(stage: Stage) -> None:
    """Declined for tonight, but the old store is full: started all the same, and open until somebody has looked."""
    operator, migration = stage.cast.actor(OPERATOR), stage.called(BILLING)
    digest = PlanRevision.objects.filter(migration=migration).latest("number").digest
    reason = "The old store has no room left and refuses logins; waiting until next week would stop the invoices."
    wait_for(break_glass.start(actor=operator, now=stage.now(), migration_id=migration, digest=digest, reason=reason))


ANSWERED_FOR: tuple[Callable[[Stage], None], ...] = (first_of_three, proven_and_promoted, glass_broken)
