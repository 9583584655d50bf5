import pytest

from migrations_app.handlers.data.live.looking import NO_RUN
from tests.handlers.data.live.shop import Shop

pytestmark = pytest.mark.servers


def codes(shop: Shop, **parameters):
    spec = shop.move(**parameters).spec
    handler = shop.move().handler
    return [problem.code for problem in handler.check(spec, handler.analyze(spec))]


def test_nothing_is_in_the_way(shop: Shop):
    assert codes(shop) == []
    assert NO_RUN == 0


def test_a_log_of_another_run_is(shop: Shop):
    with shop.here.installed():
        assert codes(shop) == ["log_of_another"]
        assert codes(shop, live="off") == []


def test_roles_have_to_be_named_and_able_to_be_stopped(two_servers: Shop):
    assert codes(two_servers, write_stop="revoke") == ["required"]
    assert codes(two_servers, write_stop="revoke", write_roles="nobody_at_all") == ["not_stopped"]


def test_a_change_column_has_to_be_in_every_table(two_servers: Shop):
    assert codes(two_servers, live="change_column") == ["required"]
    assert codes(two_servers, live="change_column", change_column="number") == ["missing"]
    assert codes(two_servers, live="change_column", change_column="note") == []


def test_a_file_has_no_roles(make_place, tmp_path):
    shop = Shop(make_place("sqlite"), make_place("postgres"), tmp_path)

    assert codes(shop, write_stop="revoke", write_roles="clerk") == ["no_roles"]
