from dataclasses import replace
from datetime import UTC, datetime

from migrations_app.engine.risk import weigh
from migrations_app.selectors.risk import RiskView, WeighedFinding, view_of
from migrations_app.selectors.waivers import WaiverRow
from migrations_app.web.risk_meter import risk_meter, ways_to_lose
from tests.stores_on_disk import Stage
from tests.waiving import risk_of

THEN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WAIVED = WaiverRow(1, "rule", "t", "e", 9, "why", "Ann", "ann", THEN, THEN, True, "", None, "")


def finding(weight: int, title: str = "Something", lower: str = "Change it.") -> WeighedFinding:
    return WeighedFinding("rule", title, "evidence", weight, "why", lower)


def scored(*weights: int, waived: int = 0) -> RiskView:
    findings = [finding(weight, f"Finding {number}") for number, weight in enumerate(weights, 1)]
    if waived:
        findings.append(replace(finding(waived, "Waived"), waiver=WAIVED))
    score = weigh(weights)
    return view_of(tuple(findings), assessed=(score.score, score.level))


def test_what_adds_up_and_what_is_taken_away_meet_at_the_score() -> None:
    meter = risk_meter(scored(20, 8, -6, -5))

    assert [segment.x for segment in meter.segments] == ["0.00%", "20.00%"]
    assert [(segment.x, segment.width) for segment in meter.credits] == [("22.00%", "6.00%"), ("17.00%", "5.00%")]
    assert meter.score_x == meter.credits[-1].x == "17.00%"
    assert [segment.tone for segment in (*meter.segments, *meter.credits)] == ["bad", "warn", "good", "good"]
    assert meter.why == "2 findings add 28, 2 things that make it safer take 11 away: 17 of 100 is medium."


def test_it_says_the_least_that_would_bring_the_level_down() -> None:
    meter = risk_meter(scored(20, 8, 4, -6, -5))

    assert meter.lower == "It would be low with 7 points less. This alone weighs enough:"
    assert [way.weight for way in meter.ways] == [8]


def test_several_findings_together_when_none_is_heavy_enough() -> None:
    ways = ways_to_lose(20, [finding(8), finding(12), finding(5)])

    assert [way.weight for way in ways] == [12, 8]


def test_a_finding_about_which_nothing_can_be_done_is_no_way() -> None:
    assert ways_to_lose(5, [finding(9, lower="Nothing needs to be done."), finding(20)])[0].weight == 20
    assert ways_to_lose(5, [finding(9, lower="")]) == ()
    assert ways_to_lose(90, [finding(9)]) == ()
    assert ways_to_lose(5, [replace(finding(15), rule="protected_environment")]) == ()


def test_the_lowest_level_says_how_far_the_next_one_is() -> None:
    meter = risk_meter(scored(9, -6))

    assert meter.lower == "It is the lowest level; 12 more points would make it medium."
    assert meter.why.startswith("1 finding adds 9, 1 thing that makes it safer takes 6 away")
    assert risk_meter(scored()).why == "Nothing that raises the risk was found."


def test_more_than_a_hundred_still_fits() -> None:
    meter = risk_meter(scored(90, 60, -10))

    assert meter.segments[-1].x == "60.00%"
    assert [band.x for band in meter.bands] == ["0.00%", "10.00%", "26.67%"]
    assert meter.score == 100


def test_more_credit_than_risk_stops_at_nothing() -> None:
    meter = risk_meter(scored(4, -6, -5))

    assert meter.score_x == "0.00%"
    assert [credit.width for credit in meter.credits] == ["4.00%", "0.00%"]


def test_the_plan_of_a_real_analysis_is_explained(stage: Stage) -> None:
    risk = risk_of(stage.operator, stage.planned(), stage.now)
    meter = risk_meter(risk)

    assert f"{risk.score} of 100 is {risk.level}" in meter.why
    assert (meter.score, meter.level) == (risk.score, risk.level)


def test_what_is_waived_is_no_part_of_the_meter_and_no_way_to_lower_it() -> None:
    meter = risk_meter(scored(20, 8, -6, waived=9))

    assert [segment.title for segment in meter.segments] == ["Finding 1", "Finding 2"]
    assert meter.score == 22
    assert "1 waived finding of 9 not counted" in meter.why
    assert [way.title for way in meter.ways] == ["Finding 2"]
