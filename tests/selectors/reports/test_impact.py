import io
import json
from datetime import timedelta

import pytest
from pypdf import PdfReader

from migrations_app.engine.events import EventType as E
from migrations_app.models import ImpactSample
from migrations_app.runtime import journal
from migrations_app.selectors.impact import run_impact
from migrations_app.selectors.reports import as_html, as_markdown, as_pdf, plain
from migrations_app.selectors.reports.document import Heading, LineChart, Notice, Paragraph, Table
from migrations_app.selectors.reports.impact import measured
from migrations_app.selectors.reports.journal_rows import all_events
from migrations_app.selectors.reports.writing import document_of
from tests.runs import a_run, migration, plan, queued, step, target
from tests.selectors.journal import event
from tests.selectors.reports.stories import report_for

pytestmark = pytest.mark.django_db
BEFORE, DURING, AFTER = (101_111, 102_333), (900_777, 1_000_888, 1_200_999), (104_555,)


@pytest.fixture
def read_run(now):
    """From a SQLite file that could not be read once to a Redis that was read six times."""
    rows = (target("sessions-file"), target("sessions-redis", {"store": "redis", "host": "r.example"}))
    run = queued(migration(plan([step("copy")], rows), rows))
    for second, told in ((10, event(E.RUN_STARTED)), (100, event(E.RUN_SUCCEEDED, result={}))):
        journal.append_by_person(run, [told], now=now + timedelta(seconds=second))
    run.refresh_from_db()
    values = zip((8, 9, 30, 60, 90, 130), (*BEFORE, *DURING, *AFTER), strict=True)
    for second, memory in values:
        ImpactSample.objects.create(
            run=run, role="target", at=now + timedelta(seconds=second), memory_bytes=memory, operations=second * 1_000
        )
    ImpactSample.objects.create(run=run, role="source", at=now + timedelta(seconds=40), gap="No answer in 2 s.")
    return run


def test_every_form_says_what_was_read_before_during_and_after(now, auditor, read_run):
    report = report_for(auditor, read_run, now + timedelta(seconds=200))
    told = json.loads(b"".join(plain.written(report, all_events(auditor, read_run.pk))))
    _, sink = told["content"]["impact"]
    memory = next(metric for metric in sink["metrics"] if metric["metric"] == "memory")
    assert [memory[period]["median"] for period in ("before", "during", "after")] == [101_722, 1_000_888, 104_555]
    assert [point["value"] for point in memory["values"]] == [*BEFORE, *DURING, *AFTER]

    document = document_of(report)
    pages = PdfReader(io.BytesIO(as_pdf.written(document))).pages
    forms = (as_markdown.written(document), as_html.written(document), "".join(page.extract_text() for page in pages))
    for text in forms:
        squeezed = "".join(text.replace("\\", "").split())
        for number in ("101,722", "1,000,888", "1,200,999", "104,555"):
            assert number in squeezed
        assert "Noanswerin2s." in squeezed


def test_figures_are_those_of_the_run_and_charts_show_when_it_was(now, auditor, read_run):
    content = report_for(auditor, read_run, now).content
    of_the_page = {each.role: each for each in run_impact(actor=auditor, run_id=read_run.pk, now=now).targets}
    for target_ in content.impact:
        for metric, shown in zip(target_.metrics, of_the_page[target_.role].metrics, strict=True):
            for period in ("before", "during", "after"):
                mine, theirs = getattr(metric, period), getattr(shown, period)
                assert (mine and (mine.readings, mine.median, mine.p95)) == (
                    theirs and (theirs.count, theirs.median, theirs.p95)
                )

    blocks = measured(content).blocks
    charts = [block for block in blocks if isinstance(block, LineChart)]
    assert [chart.title for chart in charts] == ["Operations (sessions-redis)", "Memory (sessions-redis)"]
    assert [round(mark, 3) for mark in charts[1].marks] == [round(2 / 122, 3), round(92 / 122, 3)]
    (failed,) = [block for block in blocks if isinstance(block, Notice)]
    assert failed.text == "1 reading failed:"
    (table,) = [block for block in blocks if isinstance(block, Table)]
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["Operations, a second", "1,000", "1,000", "1,000", "5"],
        ["Memory, bytes", "101,722", "1,000,888", "104,555", "6"],
    ]
    assert [block.text for block in blocks if isinstance(block, Heading)] == [
        "sessions-file (source): before, during and after",
        "sessions-redis (target): before, during and after",
    ]


def test_of_a_run_without_readings_it_says_so(now, auditor):
    (said,) = measured(report_for(auditor, a_run(), now).content).blocks
    assert said == Paragraph("Nothing was measured while this run went on.")
