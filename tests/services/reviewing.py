"""Steps of a review that several tests take."""

from migrations_app.models import AuditEntry
from migrations_app.services import reviews, targets
from tests.stores_on_disk import newest


def submitted(stage, **changes):
    migration = stage.planned(**changes)
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=migration.pk)
    migration.refresh_from_db()
    return migration


def sign(actor, migration, now, decision="approve", comment="", digest=None):
    return reviews.decide(
        actor=actor,
        now=now,
        migration_id=migration.pk,
        digest=newest(migration).digest if digest is None else digest,
        decision=decision,
        comment=comment,
    )


def denials():
    return list(AuditEntry.objects.filter(outcome="denied").order_by("seq").values_list("actor", "action"))


def change_target(stage, admin, now, directory):
    targets.edit(
        actor=admin,
        now=now,
        target_id=stage.target_id,
        version=1,
        config={"store": "sqlite", "path": str(directory / "another.sqlite3")},
    )
