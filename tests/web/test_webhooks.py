import pytest

from migrations_app.models import Webhook
from migrations_app.services import webhooks
from migrations_app.testing.memory import ManualClock
from tests.cast import NOW
from tests.outgoing_calls import announced, offered, subscribed
from tests.receivers import Receiver
from tests.web.door import opened_form, signed_in

pytestmark = pytest.mark.django_db
LIST = "/settings/webhooks/"


def test_an_admin_makes_tests_switches_and_archives_one(cast, receiver: Receiver) -> None:
    admin = signed_in("admin")
    wish = {"name": "chat", "address": receiver.url + "?k=v", "kinds": ["run.failed"], "environment": ""}
    made = admin.post(LIST, wish).content.decode()
    row = Webhook.objects.get()
    assert made.count("whsec_") == 1
    assert "whsec_" not in admin.get(LIST).content.decode()

    one = f"{LIST}{row.pk}/"
    assert "the receiver answered 204" in admin.post(f"{one}test/", follow=True).content.decode()
    assert admin.post(f"{one}rotate/").content.decode().count("whsec_") == 1
    clock = ManualClock()
    announced(clock)
    offered(clock)
    page = admin.get(one).content.decode()
    assert page.count("<strong>204</strong>") == 2
    assert "k=v" not in page
    again = admin.post(f"{one}deliveries/{row.deliveries.latest('pk').pk}/redeliver/", follow=True)
    assert "sent again" in again.content.decode()
    admin.post(one, opened_form(admin, one) | {"switch": "off"})
    assert "Switch on" in admin.get(one).content.decode()
    admin.post(one, opened_form(admin, one) | {"name": "room", "address": "", "kinds": ["run.stuck"]})
    admin.post(one, opened_form(admin, one) | {"archive": "1"})
    row.refresh_from_db()
    assert (row.name, row.kinds, row.state, row.archived_at is None) == ("room", ["run.stuck"], "switched_off", False)


def test_a_bad_field_is_said_at_its_place_and_what_was_typed_stays(cast) -> None:
    answer = signed_in("admin").post(LIST, {"name": "chat", "address": "http://10.0.0.1/", "kinds": ["run.failed"]})

    text = answer.content.decode()
    assert (answer.status_code, text.count("has-problem")) == (422, 1)
    assert 'value="chat"' in text
    assert not Webhook.objects.exists()


def test_an_address_that_may_hold_a_secret_is_not_shown_to_whoever_typed_it(cast, receiver: Receiver) -> None:
    admin, secret = signed_in("admin"), "T0k3n-of-the-room"
    made = webhooks.create(actor=cast.actors["admin"], now=NOW, name="chat", address=receiver.url, kinds=["run.failed"])
    for path, own in ((LIST, ""), (f"{LIST}{made.id}/", ", or leave this empty to keep the present one")):
        form = opened_form(admin, path) if own else {}

        refused = admin.post(path, form | {"name": "", "address": f"{receiver.url}/{secret}", "kinds": ["run.stuck"]})

        text = refused.content.decode()
        assert (refused.status_code, secret in text) == (422, False)
        assert f"is not shown again: type it again{own}." in text
        assert 'value="run.stuck" checked' in text
    assert "type it again" not in admin.get(LIST).content.decode()


def test_whoever_manages_none_sees_no_tab_and_no_page(cast, admin, receiver: Receiver) -> None:
    subscribed(admin, ManualClock(), receiver.url)
    operator = signed_in("operator")

    assert LIST not in operator.get("/settings/").content.decode()
    assert operator.get(LIST).status_code == 403
    assert operator.get(f"{LIST}{Webhook.objects.get().pk}/").status_code == 403
