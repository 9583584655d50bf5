import pytest

from migrations_app.models import ReportFile
from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.report_files import report_files
from tests.selectors.reports.stories import much

pytestmark = pytest.mark.django_db


def test_one_sees_ones_own_with_how_far_they_are(now, viewer, operator, outsider):
    run = much(now)
    for state, reached in (("writing", 6), ("ready", 0), ("removed", 0)):
        ReportFile.objects.create(
            person_id=viewer.person_id, run=run, form="json", asked_at=now, through=24, reached=reached, state=state
        )
    rows = report_files(actor=viewer, run_id=run.pk)
    assert [(row.state, row.percentage, row.is_ready) for row in rows] == [("ready", 100, True), ("writing", 25, False)]
    assert report_files(actor=operator, run_id=run.pk) == ()
    with pytest.raises(NotFound):
        report_files(actor=outsider, run_id=run.pk)
