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


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"driver": "http"}, "config.url"),
        ({"driver": "http", "url": "pool.example"}, "config.url"),
        ({"driver": "http", "url": "ftp://pool.example"}, "config.url"),
        ({"driver": "http", "url": "http://"}, "config.url"),
        ({"driver": "http", "url": "http://pool.example:many"}, "config.url"),
        ({"driver": "http", "url": "http://pool.example:99999"}, "config.url"),
        ({"driver": "http", "url": "http://[::1"}, "config.url"),
        ({"driver": "http", "url": "http://pool.example/?token=t"}, "config.url"),
        ({"driver": "http", "url": "http://pool.example/a b"}, "config.url"),
        ({"driver": "http", "url": "http://me:hunter2@pool.example"}, "config.url"),
        ({"driver": "http", "url": "http://pool.example", "authority": "/ca.pem"}, "config.authority"),
        ({"driver": "http", "url": "https://pool.example", "timeout_seconds": 0}, "config.timeout_seconds"),
        ({"driver": "process"}, "config.path"),
        ({"driver": "process", "path": "control.sock"}, "config.path"),
        ({"driver": "process", "path": "/" + "x" * 107}, "config.path"),
        ({"driver": "process", "path": "/" + "ü" * 60}, "config.path"),
        ({"driver": "process", "path": "/control.sock", "url": "http://pool.example"}, "config.url"),
    ],
)
def test_what_is_wrong_with_a_pool_of_processes_is_named(config, field):
    problems = config_problems(config)
    assert [problem.field for problem in problems] == [field]
    assert all(problem.fix for problem in problems)
    assert "hunter2" not in str(problems[0])


def test_an_address_is_taken_as_it_is():
    parsed = parse_config({"driver": "http", "url": "https://pool.example:8443/pools/gpu"})
    assert (parsed["url"], parsed["authority"], parsed["timeout_seconds"]) == (
        "https://pool.example:8443/pools/gpu",
        "",
        10,
    )
