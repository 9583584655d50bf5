import pytest

from migrations_app.selectors import stored_secrets as reads
from migrations_app.selectors.authoring import authoring_form
from migrations_app.selectors.refusals import NotFound, PermissionDenied
from migrations_app.services import planning, stored_secrets
from tests.cast import NOW
from tests.custom_types import SealedStamp, let_in
from tests.secret_plans import sealed_draft, stored

pytestmark = pytest.mark.django_db


def test_names_are_seen_by_whoever_sees_the_environment_and_managed_by_admins(
    stage, admin, operator, outsider, staging
):
    made = stored(admin, staging)
    gone = stored(admin, staging, name="lead")
    stored_secrets.archive(actor=admin, now=NOW, stored_secret_id=gone, version=1)
    with let_in(SealedStamp):
        planning.create_and_plan(actor=operator, now=NOW, draft=sealed_draft(stage, spare="wax"))

    assert [(row.name, row.open_migrations) for row in reads.list_stored_secrets(actor=operator)] == [("wax", 1)]
    assert len(reads.list_stored_secrets(actor=operator, archived=True)) == 2
    assert reads.list_stored_secrets(actor=outsider) == ()
    with pytest.raises(NotFound) as refused:
        reads.stored_secret(actor=outsider, stored_secret_id=made)
    assert refused.value.hidden
    rows, places = reads.managed_secrets(actor=admin)
    assert [row.name for row in rows] == ["lead", "wax"]
    assert (staging.pk, staging.name) in places
    with pytest.raises(PermissionDenied, match="admin"):
        reads.managed_secrets(actor=operator)
    with pytest.raises(PermissionDenied, match="admin"):
        reads.managed_secret(actor=operator, stored_secret_id=made)


def test_the_form_offers_the_names_of_the_environment(stage, admin, operator, staging, dev):
    stored(admin, staging)
    stored(admin, dev, name="gold")
    with let_in(SealedStamp):
        form = authoring_form(actor=operator, environment_id=staging.pk, handler="sealed_stamp")
    assert {field.name: field.choices for field in form.parameters}["seal"] == ("wax",)
