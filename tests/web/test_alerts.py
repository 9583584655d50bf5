import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import Alert, AlertChannel, AlertRule
from tests.runs import a_run
from tests.runtime.test_journal import opened
from tests.web.door import opened_form, signed_in

pytestmark = pytest.mark.django_db
LIST = "/settings/alerts/"


def test_an_admin_makes_a_channel_and_a_rule_and_an_operator_acknowledges(cast) -> None:
    admin = signed_in("admin")
    wish = {"name": "on call", "kind": "mail", "address": "ops@example.org"}
    alone = admin.post(f"{LIST}rules/new/", {"name": "failures", "cause": "run_failed"})
    assert alone.status_code == 422
    assert "Nobody would be told." in alone.content.decode()
    assert f'href="{LIST}channels/new/"' in alone.content.decode()  # and where somebody to tell is made
    assert admin.get(f"{LIST}channels/new/").status_code == 200
    assert admin.post(f"{LIST}channels/new/", wish).status_code == 302
    channel = AlertChannel.objects.get()
    rule = {
        "name": "failures",
        "cause": "run_failed",
        "limit": "",
        "channels": [channel.pk],
        "template": "{text}",
        "zone": "Europe/Berlin",
        "quiet_from": "22:00",
        "quiet_to": "06:00",
        "repeat_minutes": "30",
        "escalate_minutes": "",
        "enabled": "1",
    }
    refused = admin.post(f"{LIST}rules/new/", rule | {"quiet_to": "morning", "template": "{x}"}).content.decode()
    assert refused.count("has-problem") == 2
    assert 'value="morning"' in refused
    made = admin.post(f"{LIST}rules/new/", rule, follow=True).content.decode()
    assert 'value="22:00"' in made
    row = AlertRule.objects.get()
    assert "through 1 channel." in admin.post(f"{LIST}rules/{row.pk}/test/", follow=True).content.decode()
    assert admin.post(f"{LIST}channels/{channel.pk}/test/", follow=True).status_code == 200

    failed = NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})
    opened(a_run()).append([NewEvent(EventType.RUN_STARTED), failed])
    operator = signed_in("operator")
    page = operator.get(LIST).content.decode()
    assert "failed." in page
    assert "New rule" not in page
    assert operator.get(f"{LIST}rules/new/").status_code == 403
    operator.post(f"{LIST}{Alert.objects.get().pk}/acknowledge/")
    assert "Nothing is open" in operator.get(LIST).content.decode()
    assert "by " in operator.get(f"{LIST}?past=1").content.decode()

    one = f"{LIST}rules/{row.pk}/"
    admin.post(one, rule | opened_form(admin, one) | {"name": "all failures", "enabled": ""})
    admin.post(f"{LIST}channels/{channel.pk}/archive/", {"version": "7"})
    channel.refresh_from_db()
    assert channel.archived_at is None
    admin.post(f"{LIST}channels/{channel.pk}/archive/", opened_form(admin, LIST))
    admin.post(one, opened_form(admin, one) | {"archive": "1"})
    row.refresh_from_db()
    assert (row.name, row.archived_at is None) == ("all failures", False)
