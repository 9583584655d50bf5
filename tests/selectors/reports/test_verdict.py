from dataclasses import replace

import pytest

from migrations_app.selectors.reports.model import Integrity, TableReport
from migrations_app.selectors.reports.verdict import verdict_of
from tests.selectors.reports.stories import much, report_for

NOTHING = Integrity((), (), (), (), ())
TABLES = Integrity((), (), (TableReport("a", "b", 1, 1, 0, 1, True, ""),), (), ())


@pytest.mark.django_db
def test_the_verdict_says_what_was_proven_and_no_more(now, auditor):
    run = report_for(auditor, much(now), now).content.run

    def said(integrity=NOTHING, failed=False, **changes):
        return verdict_of(replace(run, **changes), integrity, failed=failed)

    assert said() == ("Done and verified.", "good")
    assert said(undone_by=9) == ("Done and verified. Later everything was undone by run 9.", "warn")
    assert "wrote nothing" in said(kind="dry_run")[0]
    assert "no route moved" in said(kind="rehearsal")[0]
    assert "not proven" in said(kind="rehearsal", integrity=TABLES)[0]
    assert "leaves open" in said(kind="rehearsal", handler="stamp")[0]
    assert said(state="rolled_back", failed=True)[1] == "warn"
    assert said(state="rolled_back", undoes=3) == ("Rolled back: everything that run 3 did was undone.", "good")
    assert said(state="stuck")[1] == said(state="failed")[1] == "bad"
    assert said(state="running")[1] == "info"
