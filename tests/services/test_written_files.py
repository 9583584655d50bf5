from datetime import timedelta

import pytest

from migrations_app.models import OutboxRow, ReportFile
from migrations_app.runtime import outbox
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.services import report_files, written_files
from tests.selectors.reports.stories import much

pytestmark = pytest.mark.django_db


def test_one_writes_at_a_time_and_whoever_was_replaced_is_told(now, viewer, settings, tmp_path):
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}"
    file_id = report_files.ask(actor=viewer, now=now, run_id=much(now).pk, form=ReportForm.PDF)
    first = written_files.claimed(ReportFile, file_id, report_files.TASK, now)
    assert written_files.claimed(ReportFile, file_id, report_files.TASK, now + timedelta(seconds=59)) is None
    written_files.alive(first, now, reached=3)
    second = written_files.claimed(ReportFile, file_id, report_files.TASK, now + timedelta(seconds=61))
    assert (second.attempt, second.reached, second.key != first.key) == (2, 0, True)
    with pytest.raises(written_files.TakenOver):
        written_files.alive(first, now, reached=4)
    assert not written_files.end(first, report_files.TASK, now, state=ReportFile.FAILED, problem="late")
    assert written_files.end(second, report_files.TASK, now, state=ReportFile.READY)
    assert OutboxRow.objects.get(task=outbox.WRITE_REPORT).claimed_at == now
