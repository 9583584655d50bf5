"""What workers do for the outbox beside driving runs: sending the mails that were asked for."""

from datetime import datetime, timedelta

from migrations_app.runtime import outbox
from migrations_app.services import notifications

MAIL_AGAIN = timedelta(minutes=1)


def deliver_mail(*, notification_id: int, now: datetime) -> bool:
    """Send the mail of a notification, once. Returns whether this call sent it.

    When the mail server refuses, the row stays in the outbox, is sent again a minute later, and the error goes on
    to the worker's log.
    """
    try:
        sent = notifications.deliver(notification_id=notification_id, now=now)
    except OSError:
        outbox.postpone(outbox.SEND_MAIL, [notification_id], now + MAIL_AGAIN)
        raise
    outbox.mark_claimed(outbox.SEND_MAIL, [notification_id], now)
    return sent
