from migrations_app.engine.parameters import parse
from migrations_app.handlers.session.parameters import PARAMETERS, route_name


def test_defaults_are_usable_as_they_are():
    values, problems = parse(PARAMETERS, {}, path="parameters")

    assert problems == []
    assert values["catch_up_passes"] == 3
    assert values["deadline_tolerance_ms"] == 1000


def test_a_pause_limit_too_short_for_the_margin_is_refused():
    _, (problem,) = parse(PARAMETERS, {"write_pause_limit_ms": 2_000}, path="parameters")

    assert problem.field == "parameters.write_pause_limit_ms"


def test_the_route_is_the_source_unless_named():
    assert route_name({"route": ""}, "redis-1") == "redis-1"
    assert route_name({"route": "web"}, "redis-1") == "web"
