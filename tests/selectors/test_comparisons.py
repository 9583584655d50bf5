import pytest

from migrations_app.models import PlanRevision
from migrations_app.selectors.comparisons import compare_revisions, signs_next
from migrations_app.selectors.refusals import NotFound
from migrations_app.services import migrations, planning, reviews
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def edited(stage, migration, **changes):
    version = type(migration).objects.get(pk=migration.pk).version
    draft = stage.draft(**changes)
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=version, draft=draft)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)


def said(comparison):
    return " ".join(one.text for one in comparison.consequences)


def test_a_change_names_whose_decision_it_takes_and_how_the_risk_moves(stage, approver, viewer):
    migration = stage.planned()
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=migration.pk)
    digest = newest(migration).digest
    reviews.decide(actor=approver, now=stage.now, migration_id=migration.pk, digest=digest, decision="approve")
    edited(stage, migration, options={"cleanup_source": True, "parallel_workers": 1, "batch_size": 10})

    found = compare_revisions(actor=viewer, migration_id=migration.pk, before=1, after=2)

    assert not found.same_digest
    assert found.numbers == (2, 1)
    assert "what approver decided on revision 1 says nothing about this one" in said(found)
    assert "The risk, before what is waived, rises from" in said(found)
    assert "(+15, " in said(found)
    assert "Dry runs of revision 1 do not count for revision 2." in said(found)
    assert {"Options", "Steps and their undo", "Findings of the risk"} <= {section.title for section in found.sections}


def test_the_same_content_planned_again_differs_in_nothing(stage, viewer):
    migration = stage.planned()
    planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    found = compare_revisions(actor=viewer, migration_id=migration.pk, before=1, after=2)

    assert found.same_digest
    assert found.sections == ()
    assert found.consequences[0].tone == "good"
    assert "The risk, before what is waived, stays at" in said(found)


def test_a_step_that_nothing_takes_back_is_said(stage, viewer):
    migration = stage.planned()
    edited(stage, migration, description="another")
    content = newest(migration).content
    content["steps"][-1]["reversible"] = False
    PlanRevision.objects.bulk_create([PlanRevision(**{**_fields(newest(migration)), "number": 3, "content": content})])

    there = compare_revisions(actor=viewer, migration_id=migration.pk, before=2, after=3)
    back = compare_revisions(actor=viewer, migration_id=migration.pk, before=3, after=2)

    assert "1 step cannot be undone; before it was none." in said(there)
    assert "Every step can be undone now." in said(back)


def test_what_one_may_not_see_is_not_compared(stage, outsider, viewer):
    migration = stage.planned()
    with pytest.raises(NotFound):
        compare_revisions(actor=outsider, migration_id=migration.pk, before=1, after=1)
    with pytest.raises(NotFound):
        compare_revisions(actor=viewer, migration_id=migration.pk, before=0, after=1)


def test_only_whoever_can_sign_the_newest_revision_is_led_to_it(stage, approver, viewer):
    migration = stage.planned()
    edited(stage, migration, description="another")

    def signs(actor, number):
        return signs_next(actor=actor, migration_id=migration.pk, number=number, now=stage.now)

    assert not signs(approver, 2)
    reviews.submit(actor=stage.operator, now=stage.now, migration_id=migration.pk)
    assert [signs(approver, 1), signs(approver, 2)] == [False, True]
    assert not signs(viewer, 2)
    assert not signs(stage.operator, 2)


def _fields(revision):
    return {
        field.attname: getattr(revision, field.attname)
        for field in PlanRevision._meta.concrete_fields
        if not field.primary_key
    }
