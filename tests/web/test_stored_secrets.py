import pytest

from migrations_app.models import StoredSecret
from migrations_app.runtime import secrets as vault
from tests.custom_types import SealedStamp, let_in
from tests.secret_plans import VALUE, stored
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db
LIST = "/settings/secrets/"


def test_a_secret_is_stored_replaced_archived_and_restored_and_shown_nowhere(cast, dev):
    page = signed_in("admin")
    sent = {"environment": dev.pk, "name": "wax", "secret": VALUE}
    assert page.post(LIST, sent).status_code == 302
    row = StoredSecret.objects.get()
    shown = page.get(LIST).content.decode()
    assert "<code>wax</code>" in shown
    assert VALUE not in shown

    replace = f"{LIST}{row.pk}/replace/"
    assert page.post(replace, {"version": 1, "secret": "  "}).status_code == 422
    assert page.post(replace, {"version": 1, "secret": "the second value"}).status_code == 302
    row.refresh_from_db()
    assert vault.reveal_named(row) == "the second value"
    assert b"Archive wax?" in page.get(f"{LIST}{row.pk}/archive/").content
    assert page.post(f"{LIST}{row.pk}/archive/", {"version": 2}).status_code == 302
    row.refresh_from_db()
    assert row.archived_at is not None
    page.post(f"{LIST}{row.pk}/restore/")
    row.refresh_from_db()
    assert row.archived_at is None


def test_a_value_typed_where_its_name_belongs_is_not_shown_again(cast, dev):
    answer = signed_in("admin").post(LIST, {"environment": dev.pk, "name": "Hunter2!", "secret": "s3cret-value"})
    assert answer.status_code == 422
    assert b"Hunter2" not in answer.content
    assert b"s3cret-value" not in answer.content


def test_the_form_of_a_migration_offers_names(admin, cast, dev):
    stored(admin, dev)
    with let_in(SealedStamp):
        client = signed_in("operator")
        begun = client.post(
            "/migrations/new/begin/", {"template": "sealed_stamp/twice", "environment": dev.pk}, follow=True
        )
    shown = begun.content.decode()
    assert '<option value="wax">wax</option>' in shown
    assert VALUE not in shown
