import pytest

from migrations_app.configuration.hunk import Manner
from migrations_app.configuration.rules.rule import Rule
from migrations_app.snakepit.versions import Version


@pytest.mark.parametrize(
    ("origin", "to", "leftovers", "lies"),
    [
        ("0.7.7", "0.8.8", False, True),
        ("0.8.8", "0.9.0", False, False),
        ("0.8.8", "0.9.0", True, True),
        ("0.7.7", "0.8.7", True, False),
        ("0.9.0", "0.8.7", False, True),
        ("0.9.0", "0.8.8", True, False),
    ],
)
def test_a_rule_lies_between_the_release_before_it_and_its_own(origin, to, leftovers, lies):
    rule = Rule("a", "0.8.8", Manner.WARN, "t", "r.", lambda ground: (), leftovers=leftovers)

    assert rule.lies_between(Version(origin), Version(to)) is lies
