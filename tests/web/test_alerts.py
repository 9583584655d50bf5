from datetime import time
from typing import Any

import pytest

from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import Alert, AlertChannel, AlertRule, AuditEntry, Environment, Person, RoleGrant
from migrations_app.services import alert_channels, webhooks
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.cast import NOW, PASSWORD, Cast
from tests.runs import a_run
from tests.runtime.test_journal import opened
from tests.web.door import opened_form, signed_in, untouched

pytestmark = pytest.mark.django_db
LIST = "/settings/alerts/"
CLOCK = ManualClock(NOW)


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


def archived_channel(cast: Cast, channel: int, archived: bool = True) -> None:
    alert_channels.edit(actor=cast.actors["admin"], now=NOW, alert_channel_id=channel, archived=archived)


def as_it_stands(rule: AlertRule) -> dict[str, Any]:
    names = {"channels": rule.channels, "escalation_channels": rule.escalation_channels}
    connected = {name: sorted(many.values_list("pk", flat=True)) for name, many in names.items()}
    return AlertRule.objects.values().get(pk=rule.pk) | connected


def test_a_rule_whose_form_is_saved_untouched_stays_as_it_was(cast: Cast) -> None:
    actor = cast.actors["admin"]
    now, old = mailing(actor, CLOCK), mailing(actor, CLOCK, "old")
    made = [
        ruled(actor, CLOCK, "run_stuck", old),
        ruled(actor, CLOCK, "run_failed", now, old, escalate_minutes=30, escalation_channels=(old,)),
        ruled(actor, CLOCK, "run_ended", followers=True, enabled=False),
        ruled(actor, CLOCK, "lag", now, limit=70, quiet_from=time(22, 0, 30), quiet_to=time(6), zone="Europe/Berlin"),
        ruled(actor, CLOCK, "run_slow", now, template="{title}\nis slow", repeat_minutes=7),
    ]
    archived_channel(cast, old)
    client, entries = signed_in("admin"), AuditEntry.objects.filter(action="alert_rule.edit")
    for rule in made:
        path, before = f"{LIST}rules/{rule.pk}/", as_it_stands(rule)
        form = untouched(client.get(path).content)
        form["template"] = [text.replace("\n", "\r\n") for text in form["template"]]  # as browsers send lines

        assert client.post(path, form).status_code == 302, rule.name

        assert as_it_stands(rule) == before
        assert not entries.exists(), rule.name


def test_nobody_is_said_to_have_taken_an_archived_channel_away(cast: Cast) -> None:
    now, old = (mailing(cast.actors["admin"], CLOCK, name) for name in ("now", "old"))
    rule = ruled(cast.actors["admin"], CLOCK, "run_failed", now, old)
    archived_channel(cast, old)
    client, path = signed_in("admin"), f"{LIST}rules/{rule.pk}/"
    form = untouched(client.get(path).content)
    assert client.post(path, form | {"name": "theirs"}).status_code == 302

    late = client.post(path, form | {"name": "mine"})

    page = late.content.decode()
    assert (late.status_code, '<th scope="row">Name<' in page, '<th scope="row">Tell<' in page) == (409, True, False)
    assert client.post(path, untouched(late.content)).status_code == 302
    archived_channel(cast, old, archived=False)
    rule.refresh_from_db()
    assert (rule.name, sorted(rule.channels.values_list("name", flat=True))) == ("mine", ["now", "old"])
    archived_channel(cast, old)
    other = ruled(cast.actors["admin"], CLOCK, "run_stuck", now)
    path = f"{LIST}rules/{other.pk}/"
    assert f'value="{old}"' not in client.get(path).content.decode(), "which it does not have"
    refused = client.post(path, untouched(client.get(path).content) | {"channels": [now, old]})
    assert (refused.status_code, "“old” is archived" in refused.content.decode()) == (422, True)


def test_an_archived_rule_says_so_and_is_brought_back(cast: Cast) -> None:
    actor = cast.actors["admin"]
    channel = mailing(actor, CLOCK)
    rule = ruled(actor, CLOCK, "run_failed", channel)
    client, path = signed_in("admin"), f"{LIST}rules/{rule.pk}/"
    assert "archived" not in client.get(path).content.decode()
    left = client.post(path, untouched(client.get(path).content) | {"archive": "1"}, follow=True).content.decode()
    assert left.count(f'action="{path}restore/"') == 2, "to undo it, and in the list of archived ones"
    assert f'href="{path}"' in left
    page = client.get(path).content.decode()
    assert '<span class="badge">archived</span>' in page
    assert f'action="{path}test/"' not in page
    saved = client.post(path, untouched(page.encode()) | {"repeat_minutes": "5"}, follow=True)
    assert "It stays archived." in saved.content.decode()

    ruled(actor, CLOCK, "run_failed", channel)  # takes its name
    taken = client.post(f"{path}restore/", follow=True).content.decode()
    assert "It stays archived. There is a rule “run_failed” already." in taken
    form = untouched(client.get(path).content) | {"restore": "1"}
    refused = client.post(path, form)
    assert (refused.status_code, refused.content.count(b"has-problem")) == (422, 1)
    again = untouched(refused.content) | {"name": "failures", "restore": "1"}
    assert "Brought back: it fires again." in client.post(path, again, follow=True).content.decode()

    rule.refresh_from_db()
    assert (rule.name, rule.archived_at, rule.repeat_minutes) == ("failures", None, 5)
    version = rule.version
    assert client.post(f"{path}restore/").status_code == 302, "a second click"
    rule.refresh_from_db()
    assert rule.version == version


def test_channels_are_shown_to_admins_of_one_environment_without_what_refuses_them(
    cast: Cast, dev: Environment
) -> None:
    person = Person.objects.create_user("dev_admin", "dev_admin@example.org", PASSWORD)
    RoleGrant.objects.create(person=person, role="admin", environment=dev, granted_at=NOW)
    client, page = signed_in("dev_admin"), f"{LIST}rules/new/"
    assert f'href="{LIST}channels/new/"' not in client.get(page).content.decode()
    kept, old = (mailing(cast.actors["admin"], CLOCK, name) for name in ("kept", "old"))
    archived_channel(cast, old)

    for path in (LIST, *(f"{LIST}channels/{channel}/" for channel in (kept, old))):
        shown = client.get(path).content.decode()
        assert f'action="{LIST}channels/' not in shown
        assert f'href="{LIST}channels/new/"' not in shown
        assert '<form class="form"' not in shown
        assert "Channels are changed by admins of every environment." in shown
    assert client.get(f"{LIST}channels/new/").status_code == 403
    assert f'href="{LIST}channels/new/"' in signed_in("admin").get(LIST).content.decode()


def test_a_rule_through_whose_channels_nothing_goes_says_that_it_tells_nobody(cast: Cast) -> None:
    actor, client = cast.actors["admin"], signed_in("admin")
    old, kept = (mailing(actor, CLOCK, name) for name in ("old", "kept"))
    hook = webhooks.create(actor=actor, now=NOW, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"]).id
    room = alert_channels.create(actor=actor, now=NOW, name="room", kind="webhook", webhook_id=hook)
    rule = ruled(actor, CLOCK, "run_failed", old, room)
    ruled(actor, CLOCK, "run_stuck", kept, escalate_minutes=30, escalation_channels=(old,))
    ruled(actor, CLOCK, "run_ended", followers=True)
    path = f"{LIST}rules/{rule.pk}/"
    archived_channel(cast, old)
    assert "tells nobody" not in client.get(path).content.decode(), "the webhook is still told"
    assert "through 1 channel." in client.post(f"{path}test/", follow=True).content.decode()

    webhooks.edit(actor=actor, now=NOW, webhook_id=hook, enabled=False)

    listed = client.get(LIST).content.decode()
    assert (listed.count(">tells nobody<"), listed.count(">escalates to nobody<"), listed.count(">on<")) == (1, 1, 2)
    assert "its webhook is switched off or has ended" in listed
    page = client.get(path).content.decode()
    assert "This rule fires, and tells nobody." in page
    assert f'<a href="{LIST}channels/{old}/">old</a> (archived)' in page
    assert "Nothing was sent" in client.post(f"{path}test/", follow=True).content.decode()
    client.post(path, untouched(client.get(path).content) | {"archive": "1"})
    assert "It fires, and tells nobody." in client.post(f"{path}restore/", follow=True).content.decode()
    archived_channel(cast, old, archived=False)
    assert "tells nobody" not in client.get(LIST).content.decode()


def test_a_channel_of_an_archived_webhook_is_not_brought_back_silently(cast: Cast) -> None:
    actor, client = cast.actors["admin"], signed_in("admin")
    hook = webhooks.create(actor=actor, now=NOW, name="hook", address="https://127.0.0.1:1/", kinds=["run.failed"]).id
    room = alert_channels.create(actor=actor, now=NOW, name="room", kind="webhook", webhook_id=hook)
    path = f"{LIST}channels/{room}/"
    left = client.post(path, untouched(client.get(path).content) | {"archive": "1"}, follow=True)
    assert "Archived: nothing goes through it any more." in left.content.decode()
    webhooks.edit(actor=actor, now=NOW, webhook_id=hook, archived=True)

    alone = client.post(f"{path}restore/", follow=True).content.decode()
    refused = client.post(path, untouched(client.get(path).content) | {"restore": "1"})

    said = "Its webhook “hook” is archived: nothing would go through it."
    assert f"It stays archived. {said} Bring that webhook back first." in alone
    assert (refused.status_code, said in refused.content.decode()) == (422, True)
    assert AlertChannel.objects.get().archived_at is not None
    webhooks.edit(actor=actor, now=NOW, webhook_id=hook, archived=False, enabled=False)
    back = client.post(f"{path}restore/", follow=True).content.decode()
    assert "Nothing goes through it all the same: its webhook is switched off or has ended." in back
    assert AlertChannel.objects.get().archived_at is None
    assert "Nothing goes through it: its webhook is switched off" in client.get(path).content.decode()
