from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from migrations_app.engine.events import EventType
from migrations_app.models import AuditEntry, Migration, MigrationWatcher, Notification, RoleGrant, Signature
from migrations_app.runtime import journal
from migrations_app.selectors.migration_lists import MigrationFilters, list_migrations
from migrations_app.selectors.migrations import migration_page
from migrations_app.services import keeping, migrations, reviews
from migrations_app.services.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from tests.cast import NOW
from tests.selectors.journal import event, told
from tests.services.reviewing import sign, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.db_semantics]


def titles(actor, **filters):
    return [row.title for row in list_migrations(actor=actor, now=NOW, filters=MigrationFilters(**filters)).rows]


def test_ticket_and_owner_are_recorded_and_void_nothing(stage, approver, people, now):
    migration = submitted(stage)
    sign(approver, migration, now)

    keeping.describe(
        actor=stage.operator,
        now=now,
        migration_id=migration.pk,
        ticket=" https://tickets.example/OPS-1 ",
        owner="admin",
    )
    keeping.describe(actor=stage.operator, now=now, migration_id=migration.pk)

    kept = migration_page(actor=approver, migration_id=migration.pk, now=now).keeping
    assert (kept.ticket_url, kept.owner, kept.watchers) == ("https://tickets.example/OPS-1", "admin", ())
    assert Signature.objects.get().voided_at is None
    assert AuditEntry.objects.filter(action="migration.describe").count() == 1
    keeping.describe(actor=stage.operator, now=now, migration_id=migration.pk, owner="")
    assert migration_page(actor=approver, migration_id=migration.pk, now=now).keeping.owner == "operator"


def test_only_somebody_who_sees_it_owns_it_and_only_operators_say_so(stage, viewer, outsider, now):
    migration = stage.migration()

    with pytest.raises(InvalidInput, match="Nobody called “outsider” has a role in staging"):
        keeping.describe(actor=stage.operator, now=now, migration_id=migration.pk, owner="outsider", ticket="x")
    with pytest.raises(PermissionDenied):
        keeping.describe(actor=viewer, now=now, migration_id=migration.pk, ticket="x")
    with pytest.raises(NotFound):
        keeping.watch(actor=outsider, now=now, migration_id=migration.pk)

    assert Migration.objects.get().ticket == ""


def test_owner_and_watchers_hear_of_it_while_they_may_see_it(stage, approver, viewer, auditor, people, now):
    migration = submitted(stage)
    keeping.describe(actor=stage.operator, now=now, migration_id=migration.pk, owner="admin")
    for actor in (viewer, viewer, auditor, stage.operator):
        keeping.watch(actor=actor, now=now, migration_id=migration.pk)
    RoleGrant.objects.filter(person=people["auditor"]).delete()

    sign(approver, migration, now)

    heard = Notification.objects.filter(kind="watched").order_by("person__username")
    assert [row.person.username for row in heard] == ["admin", "viewer"]
    assert Notification.objects.get(kind="review_approved").person.username == "operator"
    keeping.unwatch(actor=viewer, now=now, migration_id=migration.pk)
    reviews.withdraw(actor=stage.operator, now=now, migration_id=migration.pk)
    assert not MigrationWatcher.objects.filter(person=people["viewer"]).exists()


def test_watchers_hear_how_a_run_ended(viewer, cast, now):
    run = told(event(EventType.RUN_STARTED), start=now)
    keeping.watch(actor=viewer, now=now, migration_id=run.migration_id)

    journal.append_by_person(run, [event(EventType.RUN_SUCCEEDED)], now=now + timedelta(minutes=1))

    assert "succeeded" in Notification.objects.get(kind="watched", person_id=viewer.person_id).text


def test_what_is_archived_leaves_the_lists_and_comes_back(stage, viewer, now):
    old, new = stage.migration(title="Old"), stage.migration(title="New")
    keeping.archive(actor=stage.operator, now=now, migration_id=old.pk)
    keeping.archive(actor=stage.operator, now=now, migration_id=old.pk)

    assert (titles(viewer), titles(viewer, archived=True)) == (["New"], ["Old"])
    page = migration_page(actor=stage.operator, migration_id=old.pk, now=now)
    assert page.keeping.archived_at == now
    assert {"archive", "restore"} & page.allowed == {"restore"}
    keeping.restore(actor=stage.operator, now=now, migration_id=old.pk)

    assert titles(viewer) == ["New", "Old"]
    actions = AuditEntry.objects.filter(action__in=("migration.archive", "migration.restore")).order_by("seq")
    assert list(actions.values_list("action", flat=True)) == ["migration.archive", "migration.restore"]
    assert new.archived_at is None


def test_only_what_has_ended_or_is_a_draft_is_archived(stage, viewer, now):
    planned = stage.planned()
    with pytest.raises(Conflict, match="is planned, so it is not archived"):
        keeping.archive(actor=stage.operator, now=now, migration_id=planned.pk)

    migrations.cancel(actor=stage.operator, now=now, migration_id=planned.pk)
    keeping.archive(actor=stage.operator, now=now, migration_id=planned.pk)
    Migration.objects.update(status="failed", needs_person=True, archived_at=None)
    with pytest.raises(Conflict, match="needs a person"):
        keeping.archive(actor=stage.operator, now=now, migration_id=planned.pk)
    with pytest.raises(PermissionDenied):
        keeping.archive(actor=viewer, now=now, migration_id=planned.pk)


def test_what_is_at_work_again_is_in_the_lists_again(stage, viewer, now):
    migration = stage.migration()
    keeping.archive(actor=stage.operator, now=now, migration_id=migration.pk)

    Migration.objects.update(status="executing")

    assert titles(viewer) == ["Move sessions"]


def test_nobody_watches_twice(stage, viewer, now):
    migration = stage.migration()
    keeping.watch(actor=viewer, now=now, migration_id=migration.pk)

    with pytest.raises(IntegrityError), transaction.atomic():
        MigrationWatcher.objects.create(migration=migration, person_id=viewer.person_id)
