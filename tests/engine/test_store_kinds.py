import pytest

from migrations_app.engine.store_kinds import LONGEST_PAIR, pair_of, store_kind


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        ({"store": "redis", "host": "a"}, "redis"),
        ({"engine": "postgres"}, "postgres"),
        ({"engine": "sqlalchemy", "driver": "mysql+pymysql"}, "mysql"),
        ({"driver": "beam"}, "beam"),
        ({"location": "here", "path": "config"}, "files"),
        ({}, "files"),
    ],
)
def test_a_configuration_says_what_kind_it_is(config, kind):
    assert store_kind(config) == kind


def test_a_pair_has_a_direction_and_other_roles_have_none():
    assert pair_of({"target": "postgres", "source": "redis"}) == "redis to postgres"
    assert pair_of({"pool": "beam", "configuration": "files"}) == "files and beam"
    assert pair_of({"a": "files", "b": "files"}) == "files"
    assert pair_of({}) == ""
    assert len(pair_of({"source": "x" * 60, "target": "y" * 60})) == LONGEST_PAIR
