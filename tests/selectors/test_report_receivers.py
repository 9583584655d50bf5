import pytest

from migrations_app.selectors.report_receivers import report_receivers, sent_reports
from migrations_app.services import report_sending
from migrations_app.testing.memory import ManualClock
from tests.alarms import mailing, ruled
from tests.selectors.reports.stories import much

pytestmark = pytest.mark.django_db


def test_who_may_not_send_sees_neither_receivers_nor_log(now, admin, operator, viewer):
    clock, run = ManualClock(now), much(now)
    channel = mailing(admin, clock)
    ruled(admin, clock, "run_failed", channel)
    report_sending.send(actor=operator, now=now, run_id=run.pk, channels=[channel])
    assert [one.name for one in report_receivers(actor=operator, run_id=run.pk).channels] == ["on call"]
    assert report_receivers(actor=viewer, run_id=run.pk) is None
    assert sent_reports(actor=viewer, run_id=run.pk) == ()
