from dataclasses import replace

import pytest

from migrations_app.engine.plan import Target
from migrations_app.engine.vocabulary import TargetKind
from migrations_app.handlers.session.checks import problems_of
from tests.handlers.session.risk_cases import SOURCE, TARGET, analysis, spec


def store(id_: int, name: str, **config: object) -> Target:
    return Target(id_, name, TargetKind.SESSION_STORE, "test", config)


COLD = store(3, "cold", store="snapshot", path="/srv/sessions.ndjson")
COLD_TERMS = store(6, "cold", store="snapshot", path="/srv/sessions.etf", format="etf")
SERVING = [
    SOURCE,
    store(4, "table", store="postgres", host="p", database="d", username="u"),
    store(5, "file", store="sqlite", path="/srv/other.db"),
]


def redis(id_: int, **config: object) -> Target:
    return store(id_, f"redis-{id_}", store="redis", host="a", **config)


def codes(some_spec, some_analysis):
    return {(problem.field, problem.code) for problem in problems_of(some_spec, some_analysis)}


def test_a_sound_wish_has_no_problem():
    assert problems_of(spec(), analysis()) == []


def test_a_store_that_is_under_a_route_goes_on_with_its_fences():
    under = analysis(source={"route": "sessions"})

    assert codes(spec(), under) == {("options.zero_downtime", "under_a_route")}
    assert codes(spec({"zero_downtime": True}), under) == {("parameters.route", "under_a_route")}
    assert codes(spec({"zero_downtime": True}, {"route": "sessions"}), under) == set()


def test_everything_that_is_wrong_is_named_at_once():
    error = {"name": "old", "error": {"code": "dependency_unavailable", "message": "no route to host"}}
    wrong = replace(analysis(target={"sessions": 3, "writable": False}), source_state=error)

    found = codes(spec(options={"zero_downtime": True}, targets={"source": SOURCE, "target": COLD}), wrong)

    assert found == {
        ("targets.source", "dependency_unavailable"),
        ("targets.target", "target_not_empty"),
        ("targets.target", "target_read_only"),
        ("options.zero_downtime", "zero_downtime_unavailable"),
    }


def test_more_sessions_than_the_target_may_hold_are_a_problem():
    small = analysis(target={"most_sessions": 99}, sizes={"sessions": 100})
    enough = analysis(target={"most_sessions": 100}, sizes={"sessions": 100})

    assert codes(spec(), small) == {("targets.target", "target_quota")}
    assert codes(spec(), enough) == set()


def test_each_problem_says_what_to_do():
    wrong = analysis(source={"exists": False}, target={"sessions": 3, "writable": False})

    wanted = spec(options={"zero_downtime": True}, targets={"source": SOURCE, "target": COLD})
    assert all(problem.fix for problem in problems_of(wanted, wrong))


@pytest.mark.parametrize("source", SERVING, ids=lambda target: target.config["store"])
@pytest.mark.parametrize("target", SERVING, ids=lambda target: target.config["store"])
def test_stores_with_fences_may_hand_over_without_downtime(source, target):
    wanted = spec(options={"zero_downtime": True}, targets={"source": source, "target": target})

    assert "options.zero_downtime" not in {field for field, _ in codes(wanted, analysis())}


@pytest.mark.parametrize(
    "targets",
    [
        {"source": COLD, "target": TARGET},
        {"source": SOURCE, "target": COLD},
        {"source": COLD_TERMS, "target": TARGET},
        {"source": SOURCE, "target": COLD_TERMS},
    ],
)
def test_a_store_without_fences_is_offered_a_maintenance_plan(targets):
    problems = problems_of(spec(options={"zero_downtime": True}, targets=targets), analysis())

    assert [(problem.field, problem.code) for problem in problems] == [
        ("options.zero_downtime", "zero_downtime_unavailable")
    ]
    assert "“cold” cannot keep outdated writers out (class none)" in problems[0].message
    assert "Set zero_downtime to false: the maintenance plan" in problems[0].fix
    assert problems_of(spec(options={"zero_downtime": False}, targets=targets), analysis()) == []


def test_a_broken_configuration_is_named_by_its_field():
    broken = spec(targets={"source": SOURCE, "target": store(2, "new", store="sqlite")})

    assert any(field.startswith("targets.target.config") for field, _ in codes(broken, analysis()))


def test_the_same_target_twice():
    assert ("targets.target", "same_target") in codes(spec(targets={"source": SOURCE, "target": SOURCE}), analysis())


@pytest.mark.parametrize(
    ("one", "other", "refused"),
    [
        ({"prefix": "s:"}, {"prefix": "s:"}, True),
        ({"prefix": "s:"}, {"prefix": "s:new:"}, True),
        ({"prefix": "old:"}, {"prefix": "new:"}, False),
        ({"prefix": "s:", "db": 1}, {"prefix": "s:", "db": 2}, False),
    ],
)
def test_two_targets_over_one_place(one, other, refused):
    wanted = spec(targets={"source": redis(1, **one), "target": redis(2, **other)})

    assert (("targets.target", "same_place") in codes(wanted, analysis())) is refused


@pytest.mark.parametrize(("table", "refused"), [("sessions", True), ("other", False)])
def test_two_tables_of_one_database(table, refused):
    first = store(1, "one", store="sqlite", path="/srv/a.db", table="sessions")
    second = store(2, "two", store="sqlite", path="/srv/a.db", table=table)

    wanted = spec(targets={"source": first, "target": second})

    assert (("targets.target", "same_place") in codes(wanted, analysis())) is refused


def test_a_source_that_is_not_there():
    assert ("targets.source", "source_missing") in codes(spec(), analysis(source={"exists": False}))


def test_values_that_the_target_cannot_hold():
    sample = {"size": 10, "unreadable": {}, "codecs": {"opaque": 10}, "unrepresentable": {"it is not JSON": 4}}

    problems = problems_of(spec(), analysis(source={"sample": sample}))

    assert [problem.code for problem in problems] == ["not_representable"]
    assert "4 of 10" in problems[0].message


@pytest.mark.parametrize(("choice", "refused"), [("stop", True), ("leave", False)])
def test_unreadable_records_stop_the_plan_unless_they_may_stay(choice, refused):
    sample = {"size": 10, "unreadable": {"the value is not JSON": 1}, "codecs": {}, "unrepresentable": {}}

    found = codes(spec(parameters={"unreadable": choice}), analysis(source={"sample": sample}))

    assert (("parameters.unreadable", "unreadable_records") in found) is refused


def test_the_fixture_targets_are_two_places():
    assert SOURCE.id != TARGET.id
