import pytest

from migrations_app.stores.tables.schema import ForeignKey, Generated, Index, Key, Sequence, TypeKind


@pytest.fixture
def catalogue(sqlite):
    def read(statements, tables=None):
        with sqlite.open() as database:
            database._open(create=True).executescript(statements)
        with sqlite.open(read_only=True) as database:
            return database.catalogue(tables)

    return read


def test_a_file_that_is_not_there_has_no_tables(sqlite):
    with sqlite.open(read_only=True) as database:
        assert database.catalogue().tables == {}


def test_columns_say_what_they_hold_and_who_makes_it(catalogue):
    table = catalogue(
        """CREATE TABLE "Odd ""name" (id INTEGER PRIMARY KEY, a varchar(5) NOT NULL DEFAULT 'x', b, "c d" REAL,
             e INT GENERATED ALWAYS AS (id * 2) STORED, f TEXT AS (a || 'y'))"""
    ).tables['Odd "name']

    assert [(each.name, each.type.kind, each.nullable) for each in table.columns] == [
        ("id", TypeKind.INTEGER, False),
        ("a", TypeKind.TEXT, False),
        ("b", TypeKind.ANY, True),
        ("c d", TypeKind.FLOAT, True),
        ("e", TypeKind.INTEGER, True),
        ("f", TypeKind.TEXT, True),
    ]
    assert {each.name: each.generated for each in table.columns if each.generated} == {
        "id": Generated.BY_DEFAULT,
        "e": Generated.STORED,
        "f": Generated.VIRTUAL,
    }
    assert table.column("a").default == "'x'"


def test_keys_are_found_in_every_form(catalogue):
    found = catalogue(
        """CREATE TABLE plain (a, b); CREATE TABLE pair (b INT, a INT, PRIMARY KEY (a, b)) WITHOUT ROWID;
           CREATE TABLE texts (id TEXT PRIMARY KEY, u INT NOT NULL UNIQUE, n INT UNIQUE);
           CREATE TABLE strict (id TEXT PRIMARY KEY) STRICT;
           CREATE TABLE no_case (name TEXT COLLATE NOCASE PRIMARY KEY NOT NULL);
           CREATE UNIQUE INDEX part ON texts (u) WHERE u > 0; CREATE UNIQUE INDEX lowered ON texts (lower(id));
           CREATE INDEX usual ON texts (n, u); CREATE INDEX back ON texts (n DESC)"""
    ).tables

    assert found["plain"].keys == ()
    assert found["pair"].keys == (Key("pair_pkey", ("a", "b"), primary=True),)
    assert not found["pair"].column("a").nullable
    assert found["texts"].keys == (
        Key("texts_pkey", ("id",), primary=True),
        Key("sqlite_autoindex_texts_2", ("u",)),
    )
    assert found["texts"].column("id").nullable
    assert not found["strict"].column("id").nullable
    assert found["no_case"].column("name").collation == "NOCASE"
    built = {each.name: each for each in found["texts"].built}
    assert built["usual"] == Index("usual", ("n", "u"), False, "CREATE INDEX usual ON texts (n, u)")
    assert {name for name, each in built.items() if not each.columns} == {"part", "lowered", "back"}


def test_foreign_keys_have_names_and_the_columns_they_mean(catalogue):
    found = catalogue(
        """CREATE TABLE Parent (a INT, b INT, PRIMARY KEY (b, a));
           CREATE TABLE child (id INTEGER PRIMARY KEY, x INT, y INT,
             up INT REFERENCES child ON DELETE CASCADE ON UPDATE NO ACTION,
             FOREIGN KEY (x, y) REFERENCES parent)"""
    ).tables

    assert set(found["child"].foreign_keys) == {
        ForeignKey("child_x_y_fkey", ("x", "y"), "Parent", ("b", "a")),
        ForeignKey("child_up_fkey", ("up",), "child", ("id",), actions="ON DELETE CASCADE"),
    }


def test_only_autoincrement_remembers_what_it_gave(catalogue):
    found = catalogue(
        """CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE b (id INTEGER PRIMARY KEY);
           CREATE TABLE c (id INTEGER PRIMARY KEY AUTOINCREMENT);
           INSERT INTO a VALUES (7); DELETE FROM a; INSERT INTO b VALUES (41), (42)"""
    ).tables

    assert found["a"].sequences == (Sequence("a", "id", 7),)
    assert found["b"].sequences == ()
    assert found["c"].sequences == (Sequence("c", "id", None),)
    assert (found["a"].rows, found["b"].rows) == (0, 42)


def test_what_is_no_table_is_left_out_and_said(catalogue):
    found = catalogue(
        """CREATE TABLE t (n INT CHECK (n > 0), CONSTRAINT small CHECK (n < 9)); CREATE VIEW v AS SELECT 1;
           CREATE TABLE snakeweb_moves (n); CREATE VIRTUAL TABLE words USING fts5(body);
           CREATE TRIGGER watch AFTER INSERT ON t BEGIN SELECT 1; END"""
    )

    assert list(found.tables) == ["t"]
    assert found.tables["t"].checks == ("check", "small")
    assert found.tables["t"].triggers == ("watch",)
    assert found.details == {"engine": "sqlite", "collation": "C", "left_out": "v, words"}


def test_statistics_say_how_many_rows_there_are(catalogue):
    table = catalogue(
        "CREATE TABLE t (k TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO t VALUES ('a'), ('b'); ANALYZE", ["t", "none"]
    ).tables["t"]
    unknown = catalogue("DROP TABLE t; CREATE TABLE u (k TEXT PRIMARY KEY) WITHOUT ROWID; INSERT INTO u VALUES ('a')")

    assert table.rows == 2
    assert unknown.tables["u"].rows == 1
