"""Reports of long runs: the same as in a request, for one person, however often a worker dies."""

import json
from datetime import timedelta

import pytest

from migrations_app.engine.vocabulary import Role
from migrations_app.models import AuditEntry, ReportFile, RoleGrant
from migrations_app.runtime import composition
from migrations_app.selectors import run_log
from migrations_app.selectors.report_files import report_files as listed
from migrations_app.selectors.reports import journal_rows
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.selectors.reports.plain import digest_of_plain
from migrations_app.services import report_files, run_reports
from migrations_app.services.errors import Conflict, NotFound
from migrations_app.testing.memory import ManualClock
from tests.selectors.reports.stories import much

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _long(tmp_path, settings, monkeypatch):
    """A run of a dozen events is long, and is read in parts of five."""
    settings.SNAKEWEB_ARTIFACTS_URL = f"file://{tmp_path}"
    monkeypatch.setattr(journal_rows, "LONG", 5)
    monkeypatch.setattr(run_log, "MOST_EVENTS", 5)


def fetched(actor, now, run, file_id):
    return b"".join(report_files.fetch(actor=actor, now=now, run_id=run.pk, file_id=file_id).content)


def test_a_worker_writes_what_a_request_may_not(now, auditor, operator):
    clock, run = ManualClock(now), much(now)
    with pytest.raises(Conflict):
        run_reports.file(actor=auditor, now=now, run_id=run.pk, form=ReportForm.JSON)
    file_id = report_files.ask(actor=auditor, now=now, run_id=run.pk, form=ReportForm.JSON)
    assert report_files.ask(actor=auditor, now=now, run_id=run.pk, form=ReportForm.JSON) == file_id
    (row,) = listed(actor=auditor, run_id=run.pk)
    assert (row.state, row.percentage, row.is_under_way) == ("waiting", 0, True)
    with pytest.raises(NotFound):
        fetched(auditor, now, run, file_id)

    assert report_files.write(file_id=file_id, clock=clock)
    assert not report_files.write(file_id=file_id, clock=clock)  # offered twice
    told = json.loads(fetched(auditor, now, run, file_id))
    assert len(told["content"]["events"]["rows"]) == run.last_seq
    assert digest_of_plain(told["content"]) == told["digest"]
    (row,) = listed(actor=auditor, run_id=run.pk)
    assert (row.state, row.percentage, row.size > 0) == ("ready", 100, True)

    composition.artifacts().delete(ReportFile.objects.get(pk=file_id).key)
    with pytest.raises(NotFound, match="not in the artifact store any more"):  # before any answer has begun
        report_files.fetch(actor=auditor, now=now, run_id=run.pk, file_id=file_id)

    assert listed(actor=operator, run_id=run.pk) == ()
    with pytest.raises(NotFound):
        fetched(operator, now, run, file_id)
    assert report_files.remove_old(now=now + timedelta(days=2)) == 1
    with pytest.raises(NotFound):
        fetched(auditor, now, run, file_id)
    actions = AuditEntry.objects.filter(action__endswith="_report", outcome="allowed").order_by("seq")
    assert [entry.action for entry in actions] == ["run.ask_report", "run.export_report", "run.fetch_report"]


def test_progress_is_seen_while_it_is_written_and_another_goes_on_after_a_death(now, auditor, monkeypatch):
    clock, run = ManualClock(now), much(now)
    file_id = report_files.ask(actor=auditor, now=now, run_id=run.pk, form=ReportForm.JSON)
    seen = []

    class Died(BaseException):
        pass

    real = report_files.written_files.alive

    def dying(row, at, **columns):
        real(row, at, **columns)
        seen.append(listed(actor=auditor, run_id=run.pk)[0].percentage)
        if len(seen) == 4:
            raise Died

    monkeypatch.setattr(report_files.written_files, "alive", dying)
    with pytest.raises(Died):
        report_files.write(file_id=file_id, clock=clock)
    assert seen == sorted(set(seen))
    assert not report_files.write(file_id=file_id, clock=clock)  # it may still live
    clock.advance(61)
    assert report_files.write(file_id=file_id, clock=clock)
    assert json.loads(fetched(auditor, clock.now(), run, file_id))["digest"]


def test_who_may_not_see_the_run_any_more_gets_nothing(now, people, auditor):
    clock, run = ManualClock(now), much(now)
    first = report_files.ask(actor=auditor, now=now, run_id=run.pk, form=ReportForm.PDF)
    report_files.write(file_id=first, clock=clock)
    second = report_files.ask(actor=auditor, now=now, run_id=run.pk, form=ReportForm.MARKDOWN)
    RoleGrant.objects.filter(person=people["auditor"]).delete()
    with pytest.raises(NotFound):
        fetched(auditor, now, run, first)
    assert not report_files.write(file_id=second, clock=clock)
    assert ReportFile.objects.get(pk=second).state == ReportFile.FAILED
    RoleGrant.objects.create(person=people["auditor"], role=Role.AUDITOR, granted_at=now)
    report_files.remove(actor=auditor, now=now, run_id=run.pk, file_id=first)
    assert [row.id for row in listed(actor=auditor, run_id=run.pk)] == [second]
