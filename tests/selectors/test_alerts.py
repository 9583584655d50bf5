import pytest

from migrations_app.engine.alerts import AlertCause
from migrations_app.engine.events import EventType, NewEvent
from migrations_app.models import RoleGrant
from migrations_app.runtime import alerting
from migrations_app.runtime.alerting import Matter
from migrations_app.selectors import alerts as reads
from migrations_app.services.actor import Actor
from migrations_app.services.errors import NotFound
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.runs import AT, a_run
from tests.runtime.test_journal import opened

pytestmark = pytest.mark.django_db


def test_everybody_sees_the_alerts_of_their_environments_and_auditors_those_of_the_whole(
    admin: Actor, operator: Actor, viewer: Actor, outsider: Actor
) -> None:
    clock = ManualClock()
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_failed", channel)
    ruled(admin, clock, "chain_broken", channel)
    failed = NewEvent(EventType.RUN_FAILED, payload={"error": {"message": "no"}})
    opened(a_run()).append([NewEvent(EventType.RUN_STARTED), failed])
    alerting.fire(AlertCause.CHAIN_BROKEN, Matter("chain", "It is broken.", "/audit/"), now=AT)

    def seen(actor: Actor) -> list[tuple[str, bool]]:
        return [(row.rule, row.may_acknowledge) for row in reads.list_alerts(actor=actor).rows]

    assert seen(admin) == [("chain_broken", True), ("run_failed", True)]
    assert seen(operator) == [("run_failed", True)]
    assert seen(viewer) == [("run_failed", False)]
    assert seen(outsider) == []
    (row,) = reads.list_alerts(actor=viewer).rows
    assert [(one.channel, one.state, one.tries) for one in row.messages] == [("on call", "waiting", 0)]
    RoleGrant.objects.filter(person_id=operator.person_id).delete()
    assert seen(operator) == []


def test_a_channel_that_is_not_there_is_not_found(admin: Actor) -> None:
    with pytest.raises(NotFound):
        reads.channel_row(actor=admin, alert_channel_id=7)
