import pytest

from migrations_app.selectors.plans import changes, diff, pairs, revision_view, shown
from migrations_app.services import migrations, planning
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_a_revision_in_rows(stage):
    revision = newest(stage.planned())

    view = revision_view(revision)

    assert [step.number for step in view.steps] == list(range(1, 9))
    assert view.steps[0].id == "prepare"
    assert view.rollback_steps[-1].undoes_title == view.steps[0].title
    assert {target.role for target in view.targets} == {"source", "target"}
    assert {claim.mode for claim in view.claims} == {"exclusive"}
    assert dict(view.options)["auto_rollback"] == "yes"
    assert view.plan.digest == view.digest == revision.digest
    assert all(finding.is_credit == (finding.weight < 0) for finding in view.findings)
    assert view.estimated_seconds > 0


def test_what_changed_between_two_revisions(stage):
    migration = stage.planned()
    first = newest(migration)
    draft = stage.draft(options={"parallel_workers": 2, "batch_size": 10}, description="faster")
    migrations.edit(actor=stage.operator, now=stage.now, migration_id=migration.pk, version=1, draft=draft)
    planning.plan(actor=stage.operator, now=stage.now, migration_id=migration.pk)

    found = diff(first, newest(migration))

    assert (found.before, found.after, found.same_digest) == (1, 2, False)
    changed = {change.field: (change.before, change.after) for change in found.changes}
    assert changed["options.parallel_workers"] == ("1", "2")
    assert changed["description"] == ("", "faster")


def test_equal_values_have_no_changes():
    assert changes({"a": [1, {"b": None}]}, {"a": [1, {}]}) == ()


def test_changes_go_down_to_the_leaves():
    found = changes({"a": {"x": 1, "y": [{"k": 1}]}}, {"a": {"x": 2, "y": [{"k": 1}, {"k": 2}]}, "b": True})

    assert [(c.field, c.before, c.after) for c in found] == [
        ("a.x", "1", "2"),
        ("a.y.1.k", "", "2"),
        ("b", "", "yes"),
    ]


def test_values_in_words():
    assert shown({"on": True, "off": False, "none": None, "list": [1, "b"]}) == "on: yes, off: no, none: , list: 1, b"
    assert pairs({"a": 1}) == (("a", "1"),)
