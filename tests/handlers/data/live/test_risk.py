from migrations_app.handlers.data.live.risk import LIVE_RULES, some_changes_stay_there
from tests.handlers.data.cases import LIVE, ONE_WAY, case


def test_a_source_that_nobody_writes_to_adds_nothing():
    assert [rule for rule in LIVE_RULES if rule(case())] == []


def test_what_does_not_come_back_is_named():
    (finding,) = some_changes_stay_there(case(given=LIVE, live={"problems": [], "one_way": [ONE_WAY]}))

    assert finding.evidence == "1: orders.note"
