"""What of webhooks is read where; who may read it: `tests/services/test_webhooks.py`."""

import pytest

from migrations_app.selectors import webhooks as reads
from migrations_app.services.actor import Actor
from migrations_app.services.errors import NotFound
from migrations_app.testing.memory import ManualClock
from tests.outgoing_calls import announced, subscribed

pytestmark = pytest.mark.django_db


def test_a_row_counts_what_waits_and_the_list_of_messages_is_paged(admin: Actor) -> None:
    clock = ManualClock()
    hook, _ = subscribed(admin, clock, "https://receiver.example/")
    for _ in range(3):
        announced(clock)

    (row,) = reads.list_webhooks(actor=admin)
    assert (row.waiting, row.environment, row.kinds) == (3, "", ("run.failed",))
    first = reads.list_deliveries(actor=admin, webhook_id=hook.pk, limit=2)
    rest = reads.list_deliveries(actor=admin, webhook_id=hook.pk, limit=2, cursor=first.next_cursor)
    assert (len(first.rows), len(rest.rows), rest.next_cursor) == (2, 1, "")
    assert first.rows[0].due_at == clock.now()


@pytest.mark.parametrize("webhook_id", [0, 999, 2**70])
def test_one_that_is_not_there_is_not_found(admin: Actor, webhook_id: int) -> None:
    with pytest.raises(NotFound):
        reads.webhook_row(actor=admin, webhook_id=webhook_id)
