import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.pools.configuration import config_problems, parse_config

GOOD = {"driver": "beam", "node": "snakepit@10.0.0.5"}


def test_defaults_are_snakepits_own():
    parsed = parse_config(GOOD)
    assert (parsed.driver, parsed["server"], parsed["pool"]) == ("beam", "Elixir.Snakepit.Pool", "default")
    assert (parsed["epmd_port"], parsed["port"], parsed["certificate"]) == (4369, 0, "")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"driver": "kubernetes"}, "config.driver"),
        ({"driver": None}, "config.driver"),
        ({"node": ""}, "config.node"),
        ({"node": "snakepit"}, "config.node"),
        ({"node": "a@b'), halt("}, "config.node"),
        ({"epmd_port": 70000}, "config.epmd_port"),
        ({"certificate": "/c.pem"}, "config.certificate"),
        ({"cookie": "x"}, "config.cookie"),
        ({"pool": "x" * 256}, "config.pool"),
    ],
)
def test_what_is_wrong_is_named(change, field):
    problems = config_problems({**GOOD, **change})
    assert [problem.field for problem in problems] == [field]
    assert all(problem.fix for problem in problems)
    with pytest.raises(ValidationFailed):
        parse_config({**GOOD, **change})
