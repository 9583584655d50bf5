"""The four forms against the journal and against each other."""

import html
import io
import json
import re
from itertools import product

import pytest
from pypdf import PdfReader

from migrations_app.selectors.reports import as_html, as_markdown, as_pdf, plain
from migrations_app.selectors.reports.document import (
    Bar,
    Cell,
    Document,
    FactList,
    Heading,
    KeyFigures,
    Notice,
    Paragraph,
    Section,
    Table,
    Timeline,
    Tone,
)
from migrations_app.selectors.reports.journal_rows import all_events
from migrations_app.selectors.reports.values import number, span
from migrations_app.selectors.reports.writing import document_of
from tests.selectors.reports.stories import SECRET, much, of_the_journal, report_for

pytestmark = pytest.mark.django_db


def squeezed(text):
    return re.sub(r"\s+", "", text)


def texts_of(document):
    """Every value that the document shows."""
    for section in document.sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield from (part for row in block.rows for cell in row for part in parts(cell))
            elif isinstance(block, FactList):
                yield from (part for _, cell in block.items for part in parts(cell))
            elif isinstance(block, KeyFigures):
                yield from (value for value, _ in block.items)
            elif isinstance(block, Notice):
                yield from (block.text, *block.points)


def parts(cell: Cell):
    return (part for part in (cell.text, cell.sub) if part)


def test_every_number_is_the_journal_s_in_all_four_forms(now, auditor):
    run = much(now)
    report = report_for(auditor, run, now)
    document, said = document_of(report), of_the_journal(run)
    reader = PdfReader(io.BytesIO(as_pdf.written(document)))
    forms = {
        "pdf": squeezed("".join(page.extract_text() for page in reader.pages)),
        "html": squeezed(html.unescape(re.sub(r"<[^>]+>", " ", as_html.written(document)))),
        "markdown": squeezed(re.sub(r"\\(.)", r"\1", as_markdown.written(document).replace("<br>", " "))),
    }
    figures = [span(said[name]) for name in ("duration_ms", "one_ms", "two_ms")]
    figures += [number(said[name]) for name in ("done", "sessions", "compared")] + [f"{number(said['downtime_ms'])} ms"]
    shown = [text for text in texts_of(document) if any(sign.isdigit() for sign in text)]
    assert len(shown) > 60
    for name, written in forms.items():
        for figure in figures:
            assert squeezed(figure) in written, (name, figure)
        for text in shown:
            wanted = squeezed(text).replace("\\", "")
            if name == "pdf" and not wanted.isascii():
                continue
            assert wanted in written, (name, text)
        assert report.digest in written
        assert SECRET not in written
    told = json.loads(b"".join(plain.written(report, all_events(auditor, run.pk))))["content"]
    assert {
        name: told["figures"][name] for name in ("duration_ms", "events", "retries", "takeovers", "downtime_ms")
    } == {name: said[name] for name in ("duration_ms", "events", "retries", "takeovers", "downtime_ms")}
    assert [step["duration_ms"] for step in told["steps"]] == [said["one_ms"], said["two_ms"]]
    assert SECRET not in json.dumps(told)
    assert reader.metadata.title.startswith(f"Report of run {run.pk}")
    assert [item["/Title"] for item in reader.outline] == [section.title for section in document.sections]


def test_no_page_is_empty_however_full_the_one_before_it_is():
    for headings, lines in product(range(8), range(26, 32)):  # of other heights: somewhere a page is just full
        blocks = [Heading("heading")] * headings + [Paragraph("line")] * lines
        section = Section("plan", "Plan", (*blocks, FactList((("last", Cell("fact")),))))
        document = Document("Move", "Report", Cell("done"), (section,), "running", "proof")
        last = PdfReader(io.BytesIO(as_pdf.written(document))).pages[-1].extract_text()
        assert "fact" in last


@pytest.mark.parametrize(("count", "before"), [(3, range(30, 44)), (40, range(8, 22))])
def test_no_page_ends_between_the_last_bars_and_their_axis(count, before):
    bars = tuple(Bar(f"step {number}", 0, 1, Tone.GOOD, "1 s") for number in range(count))
    for lines in before:  # somewhere the page ends right there
        blocks = (*[Paragraph("line")] * lines, Timeline("Steps", bars, "begins", "ends"))
        document = Document("Move", "Report", Cell("done"), (Section("plan", "Plan", blocks),), "running", "proof")
        pages = [page.extract_text() for page in PdfReader(io.BytesIO(as_pdf.written(document))).pages]
        (axis,) = [page for page in pages if "begins" in page]
        assert f"step {count - 1}" in axis
        assert f"step {count - 3}" in axis


def test_the_same_report_is_the_same_file(now, auditor):
    document = document_of(report_for(auditor, much(now), now))
    assert as_pdf.written(document) == as_pdf.written(document)


@pytest.mark.parametrize(
    "title", ["copy " * 1_500, "x" * 5_000, "\u0e02\u0e49\u0e2d\u0e21\u0e39\u0e25 " * 20], ids=["words", "one", "thai"]
)
def test_a_step_s_title_of_any_length_and_script_is_no_obstacle(title):
    """Handlers of others write them, and may put a parameter into them."""
    bars = tuple(Bar(title, 0.1, 0.2, Tone.GOOD, "3 s") for _ in range(14))
    blocks = (Heading(title), Timeline("When each step ran", bars, "12:00", "12:10"))
    pdf = as_pdf.written(
        Document("t", "s", Cell("b"), (Section("steps", "Steps", blocks),), running="r", proof="p", keywords=())
    )

    assert "…" in "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
