"""Who may make rules and channels, and what of a rule cannot work."""

from datetime import UTC, time
from typing import Any

import pytest

from migrations_app.models import AlertRule, AuditEntry, Delivery, Environment, Person, RoleGrant
from migrations_app.selectors import alerts as reads
from migrations_app.services import alert_channels, alerts
from migrations_app.services.actor import Actor
from migrations_app.services.alerts import RuleWish
from migrations_app.services.errors import InvalidInput, NotFound, PermissionDenied
from migrations_app.testing.memory import ManualClock
from tests.alarms import mail_server, mailing, ruled
from tests.cast import NOW, actor_of
from tests.outgoing_calls import offered

pytestmark = pytest.mark.django_db
CLOCK = ManualClock(NOW)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "run_failed"}, "name"),
        ({"cause": "boredom"}, "cause"),
        ({"limit": 5}, "limit"),
        ({"cause": "run_slow", "limit": 50}, "limit"),
        ({"template": "{secret}"}, "template"),
        ({"zone": "Berlin"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"quiet_from": time(22)}, "quiet_to"),
        ({"quiet_from": "late", "quiet_to": time(6)}, "quiet_from"),
        ({"quiet_from": time(22, tzinfo=UTC), "quiet_to": time(6)}, "quiet_from"),
        ({"channels": ()}, "channels"),
        ({"channels": (999,)}, "channels"),
        ({"escalate_minutes": 5}, "escalation_channels"),
        ({"escalate_minutes": 0, "escalation_channels": None}, "escalate_minutes"),
        ({"repeat_minutes": 0}, "repeat_minutes"),
        ({"followers": True}, "followers"),
        ({"cause": "run_ended", "channels": ()}, "channels"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(admin: Actor, change: dict[str, Any], field: str) -> None:
    channel = mailing(admin, CLOCK)
    ruled(admin, CLOCK, "run_failed", channel)
    wish: dict[str, Any] = {"name": "new", "cause": "run_failed", "channels": (channel,)} | change
    if wish.get("escalation_channels", ()) is None:
        wish["escalation_channels"] = (channel,)
    with pytest.raises(InvalidInput) as refused:
        alerts.create_rule(actor=admin, now=NOW, wish=RuleWish(**wish))

    assert {problem.field for problem in refused.value.problems} == {field}
    assert AlertRule.objects.count() == 1


def test_a_rule_that_cannot_be_changed_is_left_as_it_was(admin: Actor) -> None:
    channel = mailing(admin, CLOCK)
    rule = ruled(admin, CLOCK, "run_failed", channel)
    with pytest.raises(InvalidInput):
        alerts.edit_rule(
            actor=admin, now=NOW, alert_rule_id=rule.pk, wish=RuleWish(name="x", cause="run_failed", channels=())
        )

    assert reads.rule_row(actor=admin, alert_rule_id=rule.pk).channels == (channel,)
    alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, archived=True)
    assert reads.list_rules(actor=admin) == ()
    assert list(AuditEntry.objects.filter(object_type="alert_rule").values_list("action", flat=True)) == [
        "alert_rule.edit",
        "alert_rule.create",
    ]


def test_an_edit_leaves_a_trace_where_it_changes_something(admin: Actor) -> None:
    old = mailing(admin, CLOCK)
    rule = ruled(admin, CLOCK, "run_failed", old)
    alert_channels.edit(actor=admin, now=NOW, alert_channel_id=old, archived=True)
    namesake = mailing(admin, CLOCK)
    edits = AuditEntry.objects.filter(action="alert_rule.edit")

    def edited(**change: Any) -> tuple[int, int]:
        asked = {"archived": change.pop("archived", None)}
        wish = {"name": "run_failed", "cause": "run_failed", "channels": (old,)} | change
        alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, wish=RuleWish(**wish), **asked)
        return AlertRule.objects.get().version, edits.count()

    assert edited() == edited(archived=False) == (1, 0)
    assert edited(zone="Europe/Berlin") == (2, 1), "though there are no quiet hours"
    assert edited(zone="Europe/Berlin", channels=(namesake,)) == (3, 2), "though it has the same name"


def test_a_rule_is_brought_back_where_its_name_and_a_place_are_free(
    admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = mailing(admin, CLOCK)
    rule = ruled(admin, CLOCK, "run_failed", channel)
    alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, archived=True)
    second = ruled(admin, CLOCK, "run_failed", channel)
    with pytest.raises(InvalidInput, match="There is a rule “run_failed” already"):
        alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, archived=False)
    AlertRule.objects.filter(pk=second.pk).update(name="second")
    monkeypatch.setattr(alerts, "MOST_RULES", 1)
    with pytest.raises(InvalidInput, match="There are 1 rules"):
        alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, archived=False)
    assert AlertRule.objects.get(pk=rule.pk).archived_at is not None
    monkeypatch.undo()

    alerts.edit_rule(actor=admin, now=NOW, alert_rule_id=rule.pk, archived=False)

    assert AlertRule.objects.get(pk=rule.pk).archived_at is None


def test_an_admin_of_one_environment_makes_rules_there_from_channels_of_all(
    admin: Actor, operator: Actor, dev: Environment
) -> None:
    person = Person.objects.create_user("dev_admin", "dev_admin@example.org")
    RoleGrant.objects.create(person=person, role="admin", environment=dev, granted_at=NOW)
    dev_admin = actor_of(person, NOW)
    channel = mailing(admin, CLOCK)
    everywhere = ruled(admin, CLOCK, "run_failed", channel)
    own = ruled(dev_admin, CLOCK, "run_stuck", channel, environment_id=dev.pk)

    assert [row.id for row in reads.list_rules(actor=dev_admin)] == [own.pk]
    for refused in (
        lambda: mailing(dev_admin, CLOCK, "mine"),
        lambda: ruled(dev_admin, CLOCK, "lag", channel),
        lambda: ruled(operator, CLOCK, "lag", channel, environment_id=dev.pk),
        lambda: reads.list_rules(actor=operator),
        lambda: alerts.test_channel(actor=operator, now=NOW, alert_channel_id=channel),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    for actor, rule_id in ((admin, 10**30), (dev_admin, everywhere.pk)):  # as of a rule that their list does not have
        with pytest.raises(NotFound):
            alerts.edit_rule(actor=actor, now=NOW, alert_rule_id=rule_id, archived=True)


def test_tests_of_a_channel_and_of_a_rule_arrive(admin: Actor, settings) -> None:
    with mail_server(settings) as mails:
        channel = mailing(admin, CLOCK)
        rule = ruled(admin, CLOCK, "run_failed", channel)
        assert alerts.test_channel(actor=admin, now=NOW, alert_channel_id=channel).arrived
        assert alerts.test_rule(actor=admin, now=NOW, alert_rule_id=rule.pk) == 1
        offered(CLOCK)

    assert [mail["Subject"].strip() for mail in mails.got] == [
        "[Snakeweb] A test",
        "[Snakeweb] This is a test of the rule “run_failed”.",
    ]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"delivered"}
