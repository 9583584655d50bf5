import pytest

from migrations_app.selectors.reports.document import Table
from migrations_app.selectors.reports.values import number, span
from tests.selectors.reports.stories import document_for, much, of_the_journal

pytestmark = pytest.mark.django_db


def test_the_document_has_each_section_once_and_the_journal_s_numbers(now, auditor):
    run = much(now)
    document, said = document_for(auditor, run, now), of_the_journal(run)

    assert [section.id for section in document.sections] == [
        "summary", "states", "integrity", "steps", "impact", "plan", "signatures", "rollback", "events", "proof",
    ]  # fmt: skip
    steps = next(block for section in document.sections if section.id == "steps" for block in section.blocks)
    assert isinstance(steps, Table)
    rows = [[cell.text for cell in row] for row in steps.rows]
    assert [row[5] for row in rows] == [span(said["one_ms"]), span(said["two_ms"])]
    assert f"{number(said['done'])} of {number(said['done'])} sessions" in steps.rows[0][1].sub
    assert document.proof.endswith("audit entry 4,711 cdcdcdcdcdcdcdcd…")
