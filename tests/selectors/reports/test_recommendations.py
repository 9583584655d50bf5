from dataclasses import replace

import pytest

from migrations_app.selectors.plans import revision_view
from migrations_app.selectors.reports.model import Check, Fact, Override, TableReport
from migrations_app.selectors.reports.recommendations import recommendations_of
from tests.selectors.reports.stories import much, report_for


@pytest.mark.django_db
def test_each_follows_from_a_figure_and_the_urgent_ones_stand_first(now, auditor):
    run = much(now)
    content, plan = report_for(auditor, run, now).content, revision_view(run.revision)

    def found(*, facts=None, figures=None, integrity=None, override=None):
        return recommendations_of(
            replace(content.run, **(facts or {})),
            replace(content.figures, **(figures or {})),
            steps=content.steps,
            integrity=replace(content.integrity, **(integrity or {})),
            rollback=content.rollback,
            override=override,
            plan=plan,
        )

    def because(**changes):
        return [each.because for each in found(**changes)]

    assert "1 takeover" in because()
    assert "1,250 ms" in " ".join(because())
    assert "3 retries" in because(figures={"retries": 3})
    assert because(facts={"zero_downtime": True}) == [each for each in because() if "writes waited" not in each]
    refused = TableReport("a", "b", 5, 3, 2, 3, True, "")
    mended = Check("verify", "Compare", "succeeded", (Fact("mismatches", 4), Fact("repaired", 0)))
    assert {"2 rows refused", "mismatches: 4"} <= set(because(integrity={"tables": (refused,), "checks": (mended,)}))
    slow = because(figures={"usual_seconds": 10, "duration_ms": 75_000})
    assert "1 min 15.000 s; usual: 10 s" in slow
    assert "usual" not in " ".join(because(figures={"usual_seconds": 10, "duration_ms": 65_000}))
    urgent = found(override=Override("olga", "now", False, ("a", "b")), facts={"state": "stuck"})
    assert [each.urgency for each in urgent] == sorted(
        (each.urgency for each in urgent), key=["now", "soon", "consider"].index
    )
    assert {each.because for each in urgent if each.urgency == "now"} == {
        "0 instructions left",
        "2 conditions overridden by olga",
    }
