import pytest

from tests.stores.routed.contract import RoutedContract
from tests.stores.routed.sql_contract import SqlContract


class TestOwnTable(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, own):
        return own


class TestTableOfDjango(RoutedContract, SqlContract):
    @pytest.fixture
    def place(self, django):
        return django
