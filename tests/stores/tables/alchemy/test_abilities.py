from sqlalchemy.dialects import mysql

from migrations_app.stores.tables.alchemy.abilities import abilities_of, name_of


def test_what_a_database_cannot_is_said_in_sentences():
    assert abilities_of("sqlite").cannot("sqlite") == ()
    (said,) = abilities_of("mariadb").cannot("mariadb")
    assert said.startswith("mariadb commits each table")
    assert [each.split()[0] for each in abilities_of("oracle").cannot("oracle")] == ["oracle", "oracle", "Nobody"]


def test_mariadb_is_itself_whatever_the_driver_is_called():
    assert name_of(mysql.dialect()) == "mysql"
    assert name_of(mysql.dialect(is_mariadb=True)) == "mariadb"
