import pytest

from migrations_app.beam.address import NODE_FIELDS, address_from, node_problems
from migrations_app.beam.distribution import NodeAddress
from migrations_app.engine.parameters import parse


def parsed(**given):
    values, problems = parse(NODE_FIELDS, given, path="config")
    assert not problems
    return values


def test_fields_become_an_address():
    given = {"certificate": "/c.pem", "key": "/k.pem", "authority": "/a.pem"}
    values = parsed(node="snakepit@10.0.0.5", port=9100, **given)
    assert address_from(values) == NodeAddress("snakepit@10.0.0.5", 4369, 9100, *given.values())
    assert not node_problems(values)


@pytest.mark.parametrize(
    ("given", "field"),
    [({"node": "snakepit"}, "config.node"), ({"node": "snakepit@h", "key": "/k.pem"}, "config.certificate")],
)
def test_what_is_wrong_beyond_one_field(given, field):
    assert [problem.field for problem in node_problems(parsed(**given))] == [field]
