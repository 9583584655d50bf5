import json

import pytest

from migrations_app.models import AuditEntry
from migrations_app.selectors.reports import journal_rows
from migrations_app.selectors.reports.forms import ReportForm
from migrations_app.services import run_reports
from migrations_app.services.errors import Conflict, NotFound
from tests.selectors.reports.stories import much
from tests.web.door import signed_in

pytestmark = pytest.mark.django_db


def entries(action):
    return [json.loads(bytes(row.body)) for row in AuditEntry.objects.filter(action=action).order_by("seq")]


def test_each_file_is_an_entry_and_carries_where_it_stands_in_the_chain(now, viewer):
    run = much(now)
    for form in ReportForm:
        file = run_reports.file(actor=viewer, now=now, run_id=run.pk, form=form)
        content = b"".join(file.content)
        assert content
        entry = AuditEntry.objects.latest("seq")
        said = entries("run.export_report")[-1]
        assert (said["after"]["forms"], said["environment"]) == ([form.value], "dev")
        if form is ReportForm.JSON:
            told = json.loads(content)
            assert (told["audit"], told["digest"]) == ({"seq": entry.seq, "hash": entry.hash}, said["after"]["digest"])
        elif form is not ReportForm.PDF:
            assert entry.hash in content.decode()


def test_reading_the_page_again_is_one_entry_and_a_refusal_is_another(now, viewer, outsider):
    run = much(now)
    first, second = (run_reports.page(actor=viewer, now=now, run_id=run.pk) for _ in range(2))
    assert len(entries("run.read_report")) == 1
    assert first.digest == second.digest
    for read in (lambda **given: run_reports.file(form=ReportForm.PDF, **given), run_reports.page):
        with pytest.raises(NotFound):
            read(actor=outsider, now=now, run_id=run.pk)
    assert AuditEntry.objects.filter(outcome="denied", actor=outsider.username).count() == 2


def test_a_long_run_is_left_to_a_worker(now, viewer, monkeypatch):
    monkeypatch.setattr(journal_rows, "LONG", 5)
    run = much(now)
    with pytest.raises(Conflict) as refused:
        run_reports.file(actor=viewer, now=now, run_id=run.pk, form=ReportForm.JSON)
    assert refused.value.details["reason"] == "takes_long"
    assert run_reports.page(actor=viewer, now=now, run_id=run.pk).digest == ""


def test_the_page_offers_each_form_and_serves_it(now, viewer):
    run = much(now)
    client = signed_in("viewer")
    page = client.get(f"/runs/{run.pk}/report/").content.decode()
    for form in ReportForm:
        assert f'href="/runs/{run.pk}/report/{form.value}/"' in page
        answer = client.get(f"/runs/{run.pk}/report/{form.value}/")
        assert answer.status_code == 200
        assert form.name_of(run.pk) in answer["Content-Disposition"]
    assert client.get(f"/runs/{run.pk}/report/word/").status_code == 404
