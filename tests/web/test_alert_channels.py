import re

import pytest

from migrations_app.models import AlertChannel
from migrations_app.runtime import webhooks as store
from migrations_app.services import webhooks
from tests.cast import NOW
from tests.web.door import opened_form, signed_in, untouched

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


def test_an_archived_one_is_brought_back_under_another_name_where_its_own_is_taken(cast) -> None:
    admin = signed_in("admin")
    row, page = made(admin, kind="mail", address="ops@example.org")
    left = admin.post(f"{page}archive/", opened_form(admin, page), follow=True).content.decode()
    assert left.count(f'action="{page}restore/"') == 2, "to undo it, and in the list of archived ones"
    assert f'href="{page}"' in left
    known = {"created_by": row.created_by, "changed_at": row.changed_at}
    AlertChannel.objects.create(name="on call", kind="mail", address="new@example.org", **known)
    alone = admin.post(f"{page}restore/", follow=True)
    assert alone.redirect_chain == [(page, 302)]
    assert "It stays archived. There is a channel “on call” already." in alone.content.decode()
    form = untouched(admin.get(page).content) | {"address": "nights@example.org"}

    taken = admin.post(page, form | {"restore": "1"})
    assert (taken.status_code, taken.content.count(b"has-problem")) == (422, 1)
    again = untouched(taken.content)
    assert (again["name"], again["address"]) == (["on call"], ["nights@example.org"])
    assert "It stays archived." in admin.post(page, again | {"name": ["nights"]}, follow=True).content.decode()
    late = admin.post(page, again | {"restore": "1"})
    assert late.status_code == 409
    back = admin.post(page, untouched(late.content) | {"name": "nights", "restore": "1"}, follow=True)
    assert "Brought back" in back.content.decode()

    row.refresh_from_db()
    assert (row.archived_at, row.name, row.address) == (None, "nights", "nights@example.org")
    assert "Bring it back" not in admin.get(page).content.decode()
    admin.post(f"{page}archive/", opened_form(admin, page))
    assert "Brought back" in admin.post(f"{page}restore/", follow=True).content.decode()
    assert signed_in("operator").get(page).status_code == 403


def test_a_colleagues_new_address_is_named_where_it_is_in_no_input(cast) -> None:
    admin = signed_in("admin")
    _, page = made(admin, kind="apprise", address=SLACK)
    form = untouched(admin.get(page).content)
    another = "json://127.0.0.1:9/?key=s3cret"
    assert admin.post(page, form | {"address": another}).status_code == 302

    late = admin.post(page, form | {"name": "mine"})

    said = re.search('<tr class="is-fact"><th scope="row">Address<.*?</tr>', late.content.decode(), re.DOTALL)
    assert (late.status_code, said is not None) == (409, True)
    assert "slack://…" in said[0]
    assert "json://127.0.0.1/…" in said[0]


def test_what_is_to_be_sealed_is_not_shown_to_whoever_typed_it(cast) -> None:
    admin = signed_in("admin")
    _, page = made(admin, kind="apprise", address=SLACK)

    for path in (page, f"{CHANNELS}new/"):
        form = {"name": "", "kind": "apprise", "address": SLACK} | opened_form(admin, path)
        refused = admin.post(path, form)
        assert (refused.status_code, SLACK in refused.content.decode()) == (422, False)


def test_a_channel_shows_where_its_webhook_goes_now(cast) -> None:
    admin, actor = signed_in("admin"), cast.actors["admin"]
    hook = webhooks.create(actor=actor, now=NOW, name="hook", address="https://127.0.0.1:1/a", kinds=["run.failed"]).id
    _, page = made(admin, kind="webhook", webhook_id=hook)
    webhooks.edit(actor=actor, now=NOW, webhook_id=hook, address="https://127.0.0.1:2/")

    for path, query in ((page, {}), ("/settings/alerts/", {}), ("/search/", {"q": "kind:alert_channel call"})):
        shown = admin.get(path, query).content.decode()
        assert ("127.0.0.1:2/" in shown, "127.0.0.1:1/" in shown) == (True, False), path
