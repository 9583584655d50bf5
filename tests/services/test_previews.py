import dataclasses

import pytest

from migrations_app.models import RoleGrant, Target
from migrations_app.services import documents
from migrations_app.services.previews import preview

pytestmark = pytest.mark.django_db

DESCRIPTIONS = (
    "",
    "One line.",
    "Because:\n\n- Redis is full\n  indented: yes\n\ttab",
    "a: b # no comment\nends with |\n#",
)


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_it_is_the_export_to_come(stage, operator, description):
    draft = stage.draft(
        handler="session",
        title="  Move: all “sessions” ",
        description=description,
        options={"zero_downtime": "off", "parallel_workers": "2", "validation_level": "strict", "batch_size": "50"},
        parameters={"unreadable": "leave", "settle_ms": ""},
    )

    shown = preview(actor=operator, draft=draft)

    assert shown.problems == ()
    changes = {field.name: getattr(draft, field.name) for field in dataclasses.fields(draft)}
    saved = stage.migration(**changes)
    assert documents.export_yaml(actor=operator, migration_id=saved.pk) == shown.text
    again = documents.read_yaml(actor=operator, now=stage.now, text=shown.text)
    assert again.description == description
    assert again.options == saved.options


def test_a_target_that_one_may_not_see_is_not_named(stage, production_stage, operator):
    RoleGrant.objects.filter(person__username="operator").update(environment=stage.environment)
    hidden = Target.objects.filter(pk=production_stage.source_id).get()
    Target.objects.filter(pk=hidden.pk).update(name="crown-jewels")

    shown = preview(actor=operator, draft=stage.draft(targets={"source": hidden.pk, "target": 999}))

    assert "crown-jewels" not in shown.text + str(shown.problems)
    assert {problem.field for problem in shown.problems} == {"targets.source", "targets.target"}


def test_what_is_missing_or_wrong_is_said_and_shown_as_typed(stage, operator):
    draft = stage.draft(handler="session", title="", targets={"source": 404}, options={"batch_size": "many"})

    shown = preview(actor=operator, draft=draft)

    assert {problem.field for problem in shown.problems} == {
        "title",
        "targets.source",
        "targets.target",
        "options.batch_size",
    }
    assert "batch_size: many" in shown.text
    assert "environment: staging" in shown.text
