from datetime import timedelta

import pytest

from migrations_app.models import OutboxRow
from migrations_app.runtime import outbox
from tests.parallel import at_once
from tests.runs import AT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_semantics]


def later(seconds: float) -> list[int]:
    rows = outbox.sendable(AT + timedelta(seconds=seconds), resend_seconds=5)
    return [row.arguments[0] for row in rows]


def test_a_row_is_sent_until_it_is_claimed() -> None:
    row = outbox.put(outbox.DRIVE_RUN, [1], now=AT)
    assert later(0) == [1]
    assert outbox.mark_sent(row, AT)

    assert later(4.9) == []
    assert later(5) == [1]
    assert outbox.mark_claimed(outbox.DRIVE_RUN, [1], AT) == 1
    assert later(60) == []


def test_a_row_waits_for_its_time() -> None:
    outbox.put(outbox.DRIVE_RUN, [1], now=AT, not_before=AT + timedelta(seconds=30))

    assert later(29) == []
    assert later(30) == [1]


def test_of_many_dispatchers_one_sends_a_row() -> None:
    row = outbox.put(outbox.DRIVE_RUN, [1], now=AT)
    outcomes = at_once(*[lambda: outbox.mark_sent(row, AT)] * 6)

    assert sorted(map(bool, outcomes)) == [False] * 5 + [True]
    assert OutboxRow.objects.get().sent_count == 1


def test_claiming_touches_exactly_this_work() -> None:
    outbox.put(outbox.DRIVE_PARTITION, [1, "copy", 0], now=AT)
    outbox.put(outbox.DRIVE_PARTITION, [1, "copy", 1], now=AT)

    assert outbox.mark_claimed(outbox.DRIVE_PARTITION, [1, "copy", 1], AT) == 1
    assert outbox.is_waiting(outbox.DRIVE_PARTITION, [1, "copy", 0])
    assert not outbox.is_waiting(outbox.DRIVE_PARTITION, [1, "copy", 1])
    assert not outbox.is_waiting(outbox.DRIVE_RUN, [1])


def test_each_task_has_its_queue() -> None:
    outbox.put_mail(notification_id=7, now=AT)

    row = OutboxRow.objects.get()
    assert (row.task, row.queue, row.arguments) == ("snakeweb.send_mail", "control", [7])


def test_claimed_rows_are_forgotten_after_a_day() -> None:
    outbox.put(outbox.DRIVE_RUN, [1], now=AT)
    outbox.put(outbox.DRIVE_RUN, [2], now=AT)
    outbox.mark_claimed(outbox.DRIVE_RUN, [1], AT)

    assert outbox.forget_old(AT + timedelta(hours=23)) == 0
    assert outbox.forget_old(AT + timedelta(hours=25)) == 1
    assert later(0) == [2]
