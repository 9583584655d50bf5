from dataclasses import replace

import pytest

from migrations_app.selectors.reports.document import Notice
from migrations_app.selectors.reports.model import Override
from migrations_app.selectors.reports.summary import proof, summary
from tests.selectors.reports.stories import much, report_for


@pytest.mark.django_db
def test_an_override_and_a_report_without_digest_say_so(now, auditor):
    report = report_for(auditor, much(now), now, whole=False)
    assert "not worked out" in proof(report).blocks[1].items[0][1].text
    broken = replace(report.content, override=Override("olga", "The disk fills.", False, ("No signature.",)))
    told = [block for block in summary(broken).blocks if isinstance(block, Notice)]
    assert told[1].text.startswith("Started by break-glass by olga, still open.")
    assert told[1].points == ("No signature.",)
