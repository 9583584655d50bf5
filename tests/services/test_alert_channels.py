import pytest

from migrations_app.models import AlertChannel, AuditEntry
from migrations_app.runtime import alerting
from migrations_app.services import alert_channels
from migrations_app.services.actor import Actor
from migrations_app.services.errors import InvalidInput
from tests.cast import NOW

pytestmark = pytest.mark.django_db
CHAT = "json://127.0.0.1:9/?key=s3cret-of-chat"


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"kind": "pigeon"}, "kind"),
        ({"address": ""}, "address"),
        ({"address": "ops@example.org nobody"}, "address"),
        ({"kind": "apprise", "address": "file:///etc/passwd"}, "address"),
        ({"kind": "webhook"}, "webhook_id"),
        ({"kind": "webhook", "webhook_id": 999}, "webhook_id"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_work_is_refused_at_its_field(admin: Actor, wish: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        alert_channels.create(
            actor=admin, now=NOW, **({"name": "on call", "kind": "mail", "address": "ops@example.org"} | wish)
        )

    assert {problem.field for problem in refused.value.problems} == {field}
    assert not AlertChannel.objects.exists()


def test_another_address_replaces_the_sealed_one_and_none_is_in_the_trail(admin: Actor) -> None:
    made = alert_channels.create(actor=admin, now=NOW, name="chat", kind="apprise", address=CHAT)
    alert_channels.edit(actor=admin, now=NOW, alert_channel_id=made, name="room", address=CHAT + "2")
    row = AlertChannel.objects.get()

    assert (row.name, row.address, alerting.secrets_of(row)) == ("room", "json://127.0.0.1/…", CHAT + "2")
    assert not [entry for entry in AuditEntry.objects.all() if b"s3cret-of-chat" in bytes(entry.body)]


def test_an_edit_that_changes_nothing_leaves_no_trace(admin: Actor) -> None:
    made = alert_channels.create(actor=admin, now=NOW, name="chat", kind="apprise", address=CHAT)
    edits = AuditEntry.objects.filter(action="alert_channel.edit")
    same = ({}, {"name": "chat"}, {"archived": False})

    for wish in same:
        alert_channels.edit(actor=admin, now=NOW, alert_channel_id=made, seen={1}, **wish)

    assert (AlertChannel.objects.get().version, edits.count()) == (1, 0)
    alert_channels.edit(actor=admin, now=NOW, alert_channel_id=made, address=CHAT, seen={1})
    assert (AlertChannel.objects.get().version, edits.count()) == (2, 1), "what is sealed is nobody's to compare"


def test_no_more_are_brought_back_than_there_may_be(admin: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_channels, "MOST_CHANNELS", 1)
    known = {"actor": admin, "now": NOW, "kind": "mail", "address": "ops@example.org"}
    first = alert_channels.create(name="first", **known)
    alert_channels.edit(actor=admin, now=NOW, alert_channel_id=first, archived=True)
    alert_channels.create(name="second", **known)

    with pytest.raises(InvalidInput, match="There are 1 channels"):
        alert_channels.edit(actor=admin, now=NOW, alert_channel_id=first, archived=False)

    assert AlertChannel.objects.get(pk=first).archived_at is not None
