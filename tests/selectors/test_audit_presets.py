import pytest

from migrations_app.models import Environment, Person, RoleGrant
from migrations_app.selectors.audit_kinds import Topic
from migrations_app.selectors.audit_presets import audit_presets
from migrations_app.selectors.refusals import PermissionDenied
from tests.cast import actor_of

pytestmark = pytest.mark.django_db


def test_what_auditors_ask_for_most_often(auditor, production):
    Environment.objects.exclude(pk=production.pk).update(protected=False)
    Environment.objects.filter(pk=production.pk).update(protected=True)
    presets = {one.label: one.filters for one in audit_presets(actor=auditor)}

    assert presets["Denials"] == {"outcome": "denied"}
    assert presets["Runs in production"] == {"topic": Topic.RUNS, "environment": "production"}
    assert len([label for label in presets if label.startswith("Runs in")]) == 1


def test_runs_are_those_of_environments_that_one_may_audit(dev, now):
    Environment.objects.update(protected=True)
    local = Person.objects.create_user("local")
    RoleGrant.objects.create(person=local, role="auditor", environment=dev, granted_at=now)

    labels = [one.label for one in audit_presets(actor=actor_of(local, now))]
    assert [label for label in labels if label.startswith("Runs in")] == ["Runs in dev"]


def test_others_get_none(operator):
    with pytest.raises(PermissionDenied):
        audit_presets(actor=operator)
