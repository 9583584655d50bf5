import pytest

from migrations_app.stores.tables.alchemy.mysql import collation_of, facts

pytestmark = pytest.mark.servers


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("utf8mb4_nopad_bin", "C"),
        ("utf8mb4_0900_bin", "C"),
        ("latin1_nopad_bin", "mysql:latin1_nopad_bin"),
        ("utf8mb4_bin", "mysql:utf8mb4_bin:pads"),
        ("utf8mb4_general_ci", "mysql:utf8mb4_general_ci:nondeterministic"),
    ],
)
def test_orders_have_words(name, words):
    assert collation_of(name) == words


def test_facts_are_what_sqlalchemy_does_not_ask(mariadb):
    with mariadb.open() as database:
        for statement in (
            "CREATE TABLE t (n int AUTO_INCREMENT PRIMARY KEY, d json, note varchar(9) CHARACTER SET latin1)",
            "CREATE TABLE loose (n int) ENGINE=MyISAM",
            "CREATE TRIGGER watch BEFORE INSERT ON t FOR EACH ROW SET NEW.note = 'x'",
            "INSERT INTO t (n) VALUES (41)",
        ):
            database._open().exec_driver_sql(statement)
        found = facts(database._open(), None, mariadb=True)

    assert found.tables["t"][2] == 41
    assert found.collated["t", "note"][0] == "latin1"
    assert (found.documents, found.triggers) == ({("t", "d")}, {"t": ("watch",)})
    assert found.not_transactional == ("loose",)
