from pathlib import Path

import pytest

from migrations_app.engine.vocabulary import Role
from migrations_app.models import AuditEntry, Migration, PlanRevision, RoleGrant
from migrations_app.services import documents, preflighting
from migrations_app.services.errors import InvalidInput, PermissionDenied
from tests.services.test_documents import DOCUMENT
from tests.stores_on_disk import newest, target

pytestmark = pytest.mark.django_db


def preflight(actor, stage, text=DOCUMENT):
    return preflighting.preflight(actor=actor, now=stage.now, text=text)


def test_it_says_what_planning_would_give_and_leaves_no_migration(stage, operator):
    looked = preflight(operator, stage)

    assert not Migration.objects.exists()
    assert not PlanRevision.objects.exists()
    entry = AuditEntry.objects.get(action="migration.preflight")
    assert looked.plan["digest"].encode() in bytes(entry.body)
    assert AuditEntry.objects.filter(actor="operator", action__startswith="migration").count() == 1

    made = Migration.objects.get(pk=documents.import_planned(actor=operator, now=stage.now, text=DOCUMENT))
    revision = newest(made)
    assert (looked.title, looked.environment) == (made.title, "staging")
    assert looked.plan["digest"] == revision.digest
    assert looked.plan["risk_assessment"]["score"] == revision.risk_score
    assert looked.plan["signature_requirements"] == [{"role": "approver", "count": 1}]
    assert not looked.blocked


@pytest.mark.parametrize("made_of", [preflighting.preflight, documents.import_planned])
def test_what_cannot_be_planned_names_the_field_of_the_document_and_leaves_nothing(stage, operator, made_of):
    Path(target(stage.source_id).config["path"]).unlink()

    with pytest.raises(InvalidInput) as refused:
        made_of(actor=operator, now=stage.now, text=DOCUMENT)

    assert [problem.field for problem in refused.value.problems] == ["spec.targets.source"]
    assert not Migration.objects.exists()


@pytest.mark.parametrize("author_of", [(), ("dev",)])
def test_whoever_may_not_author_there_is_refused_and_that_is_one_entry(stage, cast, viewer, author_of):
    for name in author_of:
        RoleGrant.objects.create(
            person=cast.people["viewer"], role=Role.OPERATOR, environment=cast.environments[name], granted_at=stage.now
        )

    with pytest.raises(PermissionDenied):
        preflight(viewer, stage)

    assert AuditEntry.objects.filter(outcome="denied", actor="viewer").count() == 1
