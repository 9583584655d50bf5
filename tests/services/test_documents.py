import dataclasses

import pytest

from migrations_app.models import AuditEntry, Migration, Target
from migrations_app.services import documents, drafts
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from tests.services.bombs import BOMBS, aliases

pytestmark = pytest.mark.django_db

DOCUMENT = """
apiVersion: snakeweb/v1
kind: Migration
metadata: {title: Move sessions, environment: staging}
spec:
  type: session_migration
  targets: {source: sessions-source, target: sessions-target}
  parameters: {settle_ms: 0}
  options: {parallel_workers: 1, batch_size: 10}
"""


def read(actor, stage, text):
    return documents.import_yaml(actor=actor, now=stage.now, text=text)


def test_a_document_becomes_a_draft(stage, operator):
    migration = Migration.objects.get(pk=read(operator, stage, DOCUMENT))

    assert drafts.draft_of(migration) == stage.draft(handler="session")
    assert AuditEntry.objects.get(action="migration.create").actor == "operator"


def test_what_is_exported_imports_as_the_same(stage, operator, viewer):
    migration = stage.planned(description="Because:\n- Redis is full\n- “quotes” and ümläuts")

    text = documents.export_yaml(actor=viewer, migration_id=migration.pk)
    again = Migration.objects.get(pk=read(operator, stage, text))

    assert drafts.draft_of(again) == drafts.draft_of(migration)
    assert text.startswith("apiVersion: snakeweb/v1\nkind: Migration\n")


def test_exporting_needs_sight(stage, outsider):
    with pytest.raises(NotFound):
        documents.export_yaml(actor=outsider, migration_id=stage.migration().pk)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", ""),
        ("- a\n- b\n", ""),
        ("apiVersion: [", "document"),
        ("a: 1\na: 2\n", "document"),
        ("a: !!python/object:os.system {}\n", "document"),
        ("x" * 300_000, "document"),
        ("[" * 20_000, "document"),
        ("a: \x00\n", "document"),
        (DOCUMENT.replace("v1", "v9"), "apiVersion"),
        (DOCUMENT.replace("staging", "nowhere"), "metadata.environment"),
        (DOCUMENT.replace("Move sessions", "''"), "metadata.title"),
        (DOCUMENT.replace("sessions-target", "sessions-nowhere"), "spec.targets.target"),
        (DOCUMENT.replace("batch_size: 10", "batch_size: 0"), "spec.options.batch_size"),
        (DOCUMENT.replace("settle_ms", "setle_ms"), "spec.parameters.setle_ms"),
        (DOCUMENT.replace("type: session_migration", "type: tape_migration"), "spec.type"),
    ],
)
def test_bad_documents_are_refused_by_the_documents_own_fields(stage, operator, text, field):
    with pytest.raises(InvalidInput) as refused:
        read(operator, stage, text)

    assert field in [problem.field for problem in refused.value.problems]
    assert all(problem.fix for problem in refused.value.problems)
    assert not Migration.objects.exists()


def test_an_error_names_line_and_column(stage, operator):
    with pytest.raises(InvalidInput, match="in line 2, column 6"):
        read(operator, stage, "a: 1\n    b: [\n")


def test_importing_needs_the_operators_role(stage, viewer):
    with pytest.raises(PermissionDenied):
        read(viewer, stage, DOCUMENT)

    assert AuditEntry.objects.get(outcome="denied").actor == "viewer"


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_and_makes_nothing(stage, operator, text):
    with pytest.raises(InvalidInput) as refused:
        read(operator, stage, text)

    assert [problem.field for problem in refused.value.problems] == ["document"]
    assert not Migration.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "outsider"])
@pytest.mark.parametrize("text", ["[", aliases("type"), "x" * 10_000_000], ids=["broken", "bomb", "long"])
def test_whoever_may_author_nowhere_is_refused_before_anything_is_read(request, stage, who, text):
    """Read first, each of these is an InvalidInput."""
    actor = request.getfixturevalue(who)

    with pytest.raises(PermissionDenied, match="role operator"):
        read(actor, stage, text)

    denied = AuditEntry.objects.get(outcome="denied")
    assert (denied.actor, denied.action) == (who, "migration.create")


def test_a_token_that_only_reads_is_refused_before_anything_is_read(stage, operator):
    with pytest.raises(PermissionDenied, match="lacks the scope “operate”"):
        read(dataclasses.replace(operator, scopes=frozenset({"read"})), stage, "[")

    assert AuditEntry.objects.get(outcome="denied").actor == "operator"


def test_an_invisible_character_in_the_title_is_named_by_the_documents_field(stage, operator):
    with pytest.raises(InvalidInput) as refused:
        read(operator, stage, DOCUMENT.replace("Move sessions", "Move\u202esessions"))

    (problem,) = refused.value.problems
    assert problem.field == "metadata.title"
    assert "U+202E (RIGHT-TO-LEFT OVERRIDE)" in problem.message


def test_a_document_is_imported_elsewhere_with_other_targets(stage, production_stage, operator):
    there = production_stage
    Target.objects.filter(pk=there.source_id).update(name="shop")
    elsewhere = documents.Elsewhere("production", {"source": "shop"})

    made = documents.import_yaml(actor=operator, now=stage.now, text=DOCUMENT, elsewhere=elsewhere)

    roles = Migration.objects.get(pk=made).target_roles.order_by("role").values_list("role", "target_id")
    assert list(roles) == [("source", there.source_id), ("target", there.target_id)]


def test_elsewhere_every_target_that_is_not_there_is_named_and_one_is_offered(stage, production_stage, operator):
    Target.objects.filter(pk=production_stage.source_id).update(name="production-sessions-source")
    Target.objects.filter(pk=production_stage.target_id).update(name="new")
    with pytest.raises(InvalidInput) as refused:
        documents.import_yaml(actor=operator, now=stage.now, text=DOCUMENT, elsewhere=documents.Elsewhere("production"))
    assert [problem.field for problem in refused.value.problems] == ["spec.targets.source", "spec.targets.target"]

    offer = documents.mapping_offer(actor=operator, text=DOCUMENT, environment="production")
    assert [(role.role, role.now, role.suggested) for role in offer] == [
        ("source", "sessions-source", production_stage.source_id),
        ("target", "sessions-target", production_stage.target_id),
    ]


def test_nothing_is_offered_for_no_document_and_to_nobody_who_may_not_author(stage, operator, viewer):
    assert documents.mapping_offer(actor=operator, text="a: [") == ()
    assert documents.mapping_offer(actor=operator, text=DOCUMENT, environment="nowhere") == ()
    assert documents.mapping_offer(actor=viewer, text=DOCUMENT) == ()
    assert len(documents.mapping_offer(actor=operator, text=DOCUMENT)) == 2
