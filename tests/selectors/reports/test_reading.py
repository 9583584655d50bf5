import pytest

from migrations_app.selectors.refusals import NotFound
from migrations_app.selectors.reports.reading import report_content, takes_long
from tests.selectors.reports.stories import much, report_for

pytestmark = pytest.mark.django_db


def test_who_may_see_the_run_may_read_its_report_and_nobody_else(now, viewer, outsider):
    run = much(now)
    assert report_for(viewer, run, now).content.run.id == run.pk
    assert not takes_long(actor=viewer, run_id=run.pk)
    for actor, run_id in ((outsider, run.pk), (viewer, 0), (viewer, 10**30)):
        with pytest.raises(NotFound):
            report_content(actor=actor, run_id=run_id, now=now)
        with pytest.raises(NotFound):
            takes_long(actor=actor, run_id=run_id)
