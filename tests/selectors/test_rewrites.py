import pytest

from migrations_app.models import Migration
from migrations_app.selectors.plans import revision_view
from migrations_app.selectors.rewrites import rewrite_of
from tests.stores_on_disk import newest

pytestmark = pytest.mark.django_db


def test_a_plan_shows_lines_with_rule_and_reason(configuration):
    migration = Migration.objects.get(pk=configuration.planned())

    rewrite = rewrite_of(revision_view(newest(migration)))

    assert (rewrite.origin, rewrite.to, rewrite.restores) == ("0.8.8", "0.13.0", "")
    noted = [note for section in rewrite.sections for note in section.notes]
    assert all(note.rule and note.reason for note in noted)
    assert "grpc_port" in {note.key for note in noted}
    assert [note.manner for note in rewrite.differently] == ["warn"] * len(rewrite.differently)
    assert rewrite.elsewhere == ()
    assert rewrite.evidence


def test_a_plan_of_another_type_rewrites_nothing(stage):
    assert rewrite_of(revision_view(newest(stage.planned()))) is None
