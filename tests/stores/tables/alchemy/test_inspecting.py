from migrations_app.stores.tables.configuration import parse_config
from tests.stores.tables.alchemy.inspected import Inspected

CONFIG = {
    "engine": "sqlalchemy",
    "driver": "mysql+pymysql",
    "host": "db.example",
    "database": "shop",
    "username": "u",
}


def test_a_probe_says_what_a_move_has_to_know(sqlite):
    with sqlite.open() as database:
        database._open(create=True).executescript("CREATE TABLE t (a INT); CREATE VIEW v AS SELECT 1")
    with Inspected(parse_config(CONFIG), {"password": "secret"}) as database:
        database.file = sqlite.config["path"]
        found, catalogue = database.probe(), database.catalogue()
    with Inspected(parse_config({**CONFIG, "schemas": "main,other"}), {}) as database:
        database.file = sqlite.config["path"]
        lacking = database.probe()

    assert (found.kind, found.tables, found.problems) == ("sqlite", 1, ())
    assert found.identity == "mysql://db.example:/shop"
    assert list(catalogue.tables) == ["t"]
    assert lacking.problems == ("There is no schema “other”.",)
