"""Migrations in different states, made the way people make them: through the services, each by the right person."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from migrations_app.demo.cast import Cast
from migrations_app.demo.people import APPROVER, DEV, OPERATOR, PRODUCTION, SECOND_APPROVER, STAGING, Login, Place
from migrations_app.demo.things import pair
from migrations_app.engine.vocabulary import Decision, MigrationType
from migrations_app.models import Migration
from migrations_app.services import migrations, planning, reviews
from migrations_app.services.migrations import MigrationDraft

PORTAL = "Move the portal's sessions"
SHOP = "Move the shop's sessions to the new store"
BILLING = "Move billing's sessions tonight"
SEARCH = "Move search sessions"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the stories play: the cast, target ids by name, and the time of every act."""

    cast: Cast
    targets: Mapping[str, int]
    now: Callable[[], datetime]

    def author(self, service: str, place: Place, title: str, description: str) -> int:
        source, target = pair(service)
        return migrations.create(
            actor=self.cast.actor(OPERATOR), now=self.now(), draft=self.draft(place, title, description, source, target)
        )

    def draft(self, place: Place, title: str, description: str, source: str, target: str) -> MigrationDraft:
        return MigrationDraft(
            title=title,
            type=MigrationType.SESSION,
            environment_id=self.cast.places[place.name],
            targets={"source": self.targets[source], "target": self.targets[target]},
            parameters={"settle_ms": 200},
            options={"batch_size": 100, "parallel_workers": 1},
            description=description,
        )

    def called(self, title: str) -> int:
        """The migration of an earlier story."""
        return Migration.objects.get(title=title).pk

    def plan(self, migration_id: int) -> str:
        """The digest of the plan."""
        return planning.plan(actor=self.cast.actor(OPERATOR), now=self.now(), migration_id=migration_id).digest

    def submit(self, migration_id: int) -> str:
        digest = self.plan(migration_id)
        reviews.submit(actor=self.cast.actor(OPERATOR), now=self.now(), migration_id=migration_id, digest=digest)
        return digest

    def decide(self, who: Login, migration_id: int, digest: str, decision: Decision, comment: str = "") -> None:
        reviews.decide(
            actor=self.cast.actor(who),
            now=self.now(),
            migration_id=migration_id,
            digest=digest,
            decision=decision,
            comment=comment,
        )


def draft(stage: Stage) -> None:
    stage.author("intranet", DEV, "Move the intranet's sessions to a store of their own", "A first sketch.")


def planned(stage: Stage) -> None:
    stage.plan(stage.author("mail", STAGING, "Give webmail its own session store", "Ready for a second look."))


def waits_for_signatures(stage: Stage) -> None:
    portal = stage.author("portal", PRODUCTION, PORTAL, "The old store's host is retired at the end of May.")
    digest = stage.submit(portal)
    stage.decide(APPROVER, portal, digest, Decision.APPROVE, "Same steps as in staging. Fine with me.")


def approved(stage: Stage) -> None:
    shop = stage.author("shop", STAGING, SHOP, "Rehearsal for production.")
    digest = stage.submit(shop)
    stage.decide(SECOND_APPROVER, shop, digest, Decision.APPROVE, "")


def declined(stage: Stage) -> None:
    billing = stage.author("billing", STAGING, BILLING, "Before the invoices go out.")
    digest = stage.submit(billing)
    stage.decide(APPROVER, billing, digest, Decision.REJECT, "Not in the night of the invoice run. Next week, please.")


def voided(stage: Stage) -> None:
    """Signed, then edited: the signature is void and the timeline says why."""
    search = stage.author("search", STAGING, SEARCH, "Small and harmless.")
    digest = stage.submit(search)
    stage.decide(APPROVER, search, digest, Decision.APPROVE, "Looks good.")
    source, target = pair("search")
    changed = stage.draft(STAGING, SEARCH, "Small and harmless. Now in larger batches.", source, target)
    migrations.edit(
        actor=stage.cast.actor(OPERATOR),
        now=stage.now(),
        migration_id=search,
        version=Migration.objects.get(pk=search).version,
        draft=changed,
    )
    stage.plan(search)


def cancelled(stage: Stage) -> None:
    tickets = stage.author("tickets", DEV, "Move the ticket system's sessions by hand", "An idea of last week.")
    migrations.cancel(
        actor=stage.cast.actor(OPERATOR), now=stage.now(), migration_id=tickets, reason="Superseded by a better plan."
    )


ON_PAPER: tuple[Callable[[Stage], None], ...] = (
    draft,
    planned,
    waits_for_signatures,
    approved,
    declined,
    voided,
    cancelled,
)
