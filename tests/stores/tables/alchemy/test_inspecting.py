from tests.stores.tables.alchemy.through import SQLiteThroughAlchemy


def test_a_probe_says_what_a_move_has_to_know(sqlite):
    with sqlite.open() as database:
        database._open(create=True).executescript("CREATE TABLE t (a INT); CREATE VIEW v AS SELECT 1")
    with SQLiteThroughAlchemy(sqlite.config["path"]) as database:
        found, catalogue = database.probe(), database.catalogue()
    with SQLiteThroughAlchemy(sqlite.config["path"], schemas="main,other") as database:
        lacking = database.probe()

    assert (found.kind, found.tables, found.problems) == ("sqlite", 1, ())
    assert found.identity == "mysql://db.example:/shop"
    assert list(catalogue.tables) == ["t"]
    assert lacking.problems == ("There is no schema “other”.",)
