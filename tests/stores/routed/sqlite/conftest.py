import pytest

from tests.stores.routed.sqlite.places import PlaceInSQLite
from tests.stores.sessions.sqlite.conftest import DJANGO, DJANGO_TABLE, sqlite_place


@pytest.fixture
def own(tmp_path):
    return PlaceInSQLite(sqlite_place(tmp_path / "own.db"))


@pytest.fixture
def django(tmp_path):
    values = {"table": "django_session", "value_type": "text", "columns": DJANGO}
    return PlaceInSQLite(sqlite_place(tmp_path / "django.db", DJANGO_TABLE, **values))
