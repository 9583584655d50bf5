import pytest

from tests.handlers.data.live.shop import Shop
from tests.stores.tables.changes.conftest import databases, make_place  # noqa: F401 - fixtures


@pytest.fixture(params=["postgres:postgres", "sqlite:postgres", "postgres:sqlite"])
def shop(request, make_place, tmp_path):  # noqa: F811
    here, there = (make_place(kind) for kind in request.param.split(":"))
    return Shop(here, there, tmp_path)


@pytest.fixture
def two_servers(make_place, tmp_path):  # noqa: F811
    return Shop(make_place("postgres"), make_place("postgres"), tmp_path)
