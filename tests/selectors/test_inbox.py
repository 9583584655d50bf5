import pytest

from migrations_app.selectors.inbox import inbox, open_count
from migrations_app.services import notifications
from migrations_app.services.actor import ANONYMOUS

pytestmark = pytest.mark.django_db


def test_open_ones_and_done_ones_of_oneself(stage, people, approver, operator, now):
    migration = stage.migration()
    both = [people["approver"], people["operator"]]
    notifications.tell(both, now=now, kind="signature_wanted", text="sign this", migration=migration)
    notifications.tell(both[:1], now=now, kind="review_approved", text="approved")
    done = inbox(actor=approver).open[0]
    notifications.mark_read(actor=approver, now=now, notification_id=done.id)

    mine = inbox(actor=approver)

    (wanted,) = mine.open
    assert (wanted.kind, wanted.migration_id, wanted.environment, wanted.unread) == (
        "signature_wanted",
        migration.pk,
        "staging",
        True,
    )
    assert [(item.kind, item.unread, item.open) for item in mine.done] == [("review_approved", False, False)]
    assert (open_count(actor=approver), open_count(actor=operator), open_count(actor=ANONYMOUS)) == (1, 1, 0)
