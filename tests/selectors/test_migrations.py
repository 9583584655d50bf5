import pytest

from migrations_app.models import Person, RoleGrant
from migrations_app.selectors.migrations import (
    MigrationFilters,
    list_migrations,
    migration_page,
    migration_row,
    revision,
    revision_diff,
)
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import migrations, planning, reviews
from tests.cast import NOW, actor_of
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_the_list_and_its_filters(stage, production_stage, viewer, outsider):
    one = stage.planned(title="Move the carts", description="before Christmas")
    two = production_stage.migration(title="Move the logins")

    def ids(**filters):
        return [row.id for row in list_migrations(actor=viewer, now=NOW, filters=MigrationFilters(**filters)).rows]

    assert ids() == [two.pk, one.pk]
    assert ids(environment="staging") == ids(status="planned") == ids(q="CHRISTMAS carts") == [one.pk]
    assert ids(review_state="not_submitted", type="session_migration") == [two.pk, one.pk]
    assert ids(q="nothing\x00") == []
    assert list_migrations(actor=outsider, now=NOW).rows == ()


def test_one_sees_only_the_environments_of_ones_roles(stage, production_stage, staging, now):
    mine, hidden = stage.migration(), production_stage.migration()
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="viewer", environment=staging, granted_at=now)
    actor = actor_of(local, now)

    assert [row.id for row in list_migrations(actor=actor, now=NOW).rows] == [mine.pk]
    for key in (hidden.pk, 0, 10**30):
        with pytest.raises(NotFound):
            migration_row(actor=actor, migration_id=key, now=now)
        with pytest.raises(NotFound):
            revision(actor=actor, migration_id=key)


def test_the_page_leads_from_draft_to_signature(stage, operator, approver, viewer, now):
    def step(actor):
        action = migration_page(actor=actor, migration_id=migration.pk, now=now).next_action
        return action.operation, action.enabled, action.why_not

    migration = stage.migration()
    assert step(operator) == ("plan", True, "")
    assert step(viewer) == ("plan", False, "you are no operator of staging")

    planning.plan(actor=operator, now=now, migration_id=migration.pk)
    assert step(operator) == ("validate", True, "")

    reviews.submit(actor=operator, now=now, migration_id=migration.pk)
    assert step(approver) == ("sign", True, "")
    assert step(operator)[0] == "validate"


def test_the_page_says_what_is_allowed_and_why_the_rest_is_not(stage, operator, viewer, now):
    migration = stage.planned()

    page = migration_page(actor=operator, migration_id=migration.pk, now=now)

    assert {
        "edit",
        "plan",
        "break_glass",
        "validate",
        "rehearse",
        "submit",
        "clone",
        "cancel",
        "comment",
    } == page.allowed
    assert page.refusals["sign"] == "you wrote revision 1"
    assert "No dry run" in page.refusals["execute"]
    assert page.editors == (("operator", (1,)),)
    assert (page.plan.number, page.revision_numbers) == (1, (1,))
    assert migration_page(actor=viewer, migration_id=migration.pk, now=now).allowed == frozenset()


def test_a_signer_sees_what_changed_since(stage, approver, now):
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=now, migration_id=migration.pk)
    reviews.decide(
        actor=approver, now=now, migration_id=migration.pk, digest=newest(migration).digest, decision="approve"
    )
    assert migration_page(actor=approver, migration_id=migration.pk, now=now).since_signed is None

    draft = stage.draft(description="another")
    migrations.edit(actor=stage.operator, now=now, migration_id=migration.pk, version=1, draft=draft)
    planning.plan(actor=stage.operator, now=now, migration_id=migration.pk)

    page = migration_page(actor=approver, migration_id=migration.pk, now=now)
    assert [(c.field, c.after) for c in page.since_signed.changes] == [("description", "another")]
    assert (page.since_signed.before, page.since_signed.after) == (1, 2)


def test_revisions_by_number(stage, viewer):
    migration = stage.planned()
    planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    assert revision(actor=viewer, migration_id=migration.pk).number == 2
    assert revision(actor=viewer, migration_id=migration.pk, number=1).number == 1
    assert revision_diff(actor=viewer, migration_id=migration.pk, before=1, after=2).same_digest
    for wrong in (0, 3, 10**20):
        with pytest.raises(NotFound):
            revision(actor=viewer, migration_id=migration.pk, number=wrong)
    with pytest.raises(NotFound):
        revision(actor=viewer, migration_id=stage.migration().pk)
