import pytest

from migrations_app.models import AlertChannel
from migrations_app.runtime import webhooks as store
from tests.web.door import opened_form, signed_in

pytestmark = pytest.mark.django_db
CHANNELS = "/settings/alerts/channels/"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/"


def made(admin, **wish) -> tuple[AlertChannel, str]:
    assert admin.post(f"{CHANNELS}new/", {"name": "on call", **wish}).status_code == 302
    row = AlertChannel.objects.get()
    return row, f"{CHANNELS}{row.pk}/"


def test_addresses_of_mail_are_changed_by_whoever_saw_the_newest_ones(cast) -> None:
    admin = signed_in("admin")
    row, page = made(admin, kind="mail", address="ops@example.org")
    opened = opened_form(admin, page)
    refused = admin.post(page, opened | {"name": "on call", "address": "nobody"})
    assert (refused.status_code, "is no mail address" in refused.content.decode()) == (422, True)

    assert admin.post(page, opened | {"name": "nights", "address": "ops@example.org a@example.org"}).status_code == 302
    late = admin.post(page, opened | {"name": "on call", "address": "late@example.org"})

    row.refresh_from_db()
    assert (row.name, row.address) == ("nights", "ops@example.org a@example.org")
    assert late.status_code == 409
    assert "ops@example.org a@example.org" in late.content.decode()
    assert 'value="late@example.org"' in late.content.decode()


def test_a_sealed_address_stays_until_another_one_is_typed(cast) -> None:
    admin = signed_in("admin")
    row, page = made(admin, kind="apprise", address=SLACK)

    def sealed() -> str:
        return store.secrets_of(row.owner)[store.ADDRESS]

    assert admin.post(page, opened_form(admin, page) | {"name": "chat", "address": " "}).status_code == 302
    row.refresh_from_db()
    assert (row.name, sealed()) == ("chat", SLACK)
    assert SLACK not in admin.get(page).content.decode()

    another = SLACK.replace("TIia", "UJjb")
    assert admin.post(page, opened_form(admin, page) | {"name": "chat", "address": another}).status_code == 302
    assert sealed() == another


def test_an_archived_one_is_brought_back_unless_its_name_is_taken(cast) -> None:
    admin = signed_in("admin")
    row, page = made(admin, kind="mail", address="ops@example.org")
    admin.post(f"{page}archive/", opened_form(admin, page))
    assert "Bring it back" in admin.get(page).content.decode()
    known = {"created_by": row.created_by, "changed_at": row.changed_at}
    other = AlertChannel.objects.create(name="on call", kind="mail", **known)
    opened = opened_form(admin, page)

    taken = admin.post(page, {"version": opened["version"], "restore": "1"})
    other.delete()
    assert admin.post(page, {"version": opened["version"], "restore": "1"}).status_code == 302

    row.refresh_from_db()
    assert (taken.status_code, row.archived_at, row.name, row.address) == (422, None, "on call", "ops@example.org")
    assert "Bring it back" not in admin.get(page).content.decode()
    assert signed_in("operator").get(page).status_code == 403
