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
