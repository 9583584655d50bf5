import pytest

from migrations_app.configuration.rules.notices import RULES
from tests.configuration.rules.one_rule import applied, said

ON = "pooling_enabled: true"
CASES = [
    ("heartbeat-on", ON, f"{ON},\nheartbeat: %{{enabled: false}}"),
    ("session-quota", ON, f"{ON},\nsession_store: %{{max_sessions: 9}}"),
    ("pools-are-strict", "pools: []", ON),
    ("doctor", ON, "pooling_enabled: false"),
    ("thread-safe-adapters", "pools: [%{name: :a, worker_profile: :thread}]", "pools: [%{name: :a}]"),
    ("pooling-is-asked-for", "pool_config: %{pool_size: 2}", f"{ON},\npool_config: %{{pool_size: 2}}"),
    ("interpreter-order", "python: [managed: true]", ON),
    ("own-sizes", "pools: [%{name: :a, pool_size: 2}]", "pools: [%{name: :a}]"),
    ("uv", "python_packages: [timeout: 1]", ON),
    ("instances", ON, f'{ON},\ninstance_name: "a"'),
    ("python-executable", 'python_executable: "/usr/bin/python3"', ON),
    ("deprecated", "telemetry_log_level: :debug", ON),
]


@pytest.mark.parametrize(("rule", "concerned", "not_concerned"), CASES)
def test_it_is_said_once_where_it_concerns_a_configuration_and_changes_nothing(rule, concerned, not_concerned):
    assert [manner for manner, _, _ in said(rule, concerned)] == ["warn"]
    assert said(rule, not_concerned) == []
    assert applied(rule, concerned) == concerned


def test_each_of_them_is_tried():
    assert {rule.id for rule in RULES} == {rule for rule, _, _ in CASES}
