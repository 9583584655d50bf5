from migrations_app.selectors.risk import WeighedFinding
from migrations_app.web.plan_tags import add_number, adding, taking_away


def test_findings_are_told_apart_by_what_they_do_to_the_risk() -> None:
    findings = [WeighedFinding("r", "t", "e", weight, "w", "l") for weight in (12, 0, -5)]

    assert [finding.weight for finding in adding(findings)] == [12, 0]
    assert [finding.weight for finding in taking_away(findings)] == [-5]


def test_places_in_a_drawing_are_no_whole_numbers() -> None:
    assert add_number(62.55, 4) == 66.5
