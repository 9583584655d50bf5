from dataclasses import replace

import pytest

from migrations_app.selectors.reports.model import Events, RollbackReport, SignatureReport
from migrations_app.selectors.reports.papers import events, rollback, signatures
from tests.selectors.reports.stories import much, report_for


@pytest.mark.django_db
def test_what_was_signed_undone_and_left_out_is_said(now, auditor):
    content = report_for(auditor, much(now), now).content
    signed = SignatureReport("Ada", "approve", now, "ab" * 32, "Fine.", True, now, "the plan changed")
    (row,) = signatures(replace(content, signatures=(signed,))).blocks[1].rows
    assert [cell.text for cell in row] == ["Ada", "approve", "2026-03-01 12:00:00 UTC", "yes", "Fine."]
    assert row[0].sub == "Void since 2026-03-01 12:00:00 UTC: the plan changed"

    stuck = RollbackReport(True, "asked for", ("Two",), ("One",), (), ("Drop",), ("One: Drop the table.",))
    texts = [getattr(block, "text", "") for block in rollback(replace(content, rollback=stuck)).blocks]
    assert texts == [
        "By hand, in this order:", "A rollback was begun: asked for.", "Undone, in this order:", "The undo failed:",
        "Steps that cannot be undone:",
    ]  # fmt: skip
    table = events(Events(total=9_000, sha256="", rows=content.events.rows)).blocks[0]
    assert table.left_out.endswith("the JSON form has all 9,000.")
