from tests.stores.tables.changes.contract import ChangeLogContract


class TestSqliteChangeLog(ChangeLogContract):
    pass
