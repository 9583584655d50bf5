"""Seen through SQLAlchemy's own SQLite, beside what this folder's neighbour reads of the same file."""

from sqlalchemy import create_engine

from migrations_app.stores.tables.alchemy.catalogue import read_catalogue
from migrations_app.stores.tables.schema import ForeignKey, Generated, TypeKind

STATEMENTS = """
CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL DEFAULT 'x', price NUMERIC(10, 2),
  seen DATETIME, photo BLOB, boss INTEGER,
  initial TEXT GENERATED ALWAYS AS (substr(name, 1, 1)) STORED,
  FOREIGN KEY (boss) REFERENCES people (id) ON DELETE CASCADE,
  CONSTRAINT one UNIQUE (name),
  CONSTRAINT short CHECK (length(name) < 40));
CREATE TABLE lines (a INT, b INT, note TEXT, PRIMARY KEY (b, a));
CREATE INDEX lines_note ON lines (note, a);
CREATE VIEW open_lines AS SELECT * FROM lines;
CREATE TABLE snakeweb_moves (a INT);
"""


def test_tables_are_read_by_inspection(sqlite):
    with sqlite.open() as database:
        database._open(create=True).executescript(STATEMENTS)
        held = database.catalogue()
    engine = create_engine(f"sqlite:///{sqlite.config['path']}")
    with engine.connect() as connection:
        found = read_catalogue(connection, (), None)
        one = read_catalogue(connection, ("main",), ["main.lines"])
    engine.dispose()
    people, lines = found.tables["people"], found.tables["lines"]

    assert set(found.tables) == set(held.tables)
    for name, table in found.tables.items():
        assert [each.name for each in table.columns] == [each.name for each in held.tables[name].columns]
        assert [each.columns for each in table.keys] == [each.columns for each in held.tables[name].keys]
    assert [each.type.kind for each in people.columns][:5] == [
        TypeKind.INTEGER, TypeKind.TEXT, TypeKind.DECIMAL, TypeKind.TIMESTAMP, TypeKind.BYTES,
    ]  # fmt: skip
    assert (people.column("name").type.length, people.column("name").default) == (40, "'x'")
    assert people.column("initial").generated is Generated.STORED
    assert people.foreign_keys == (ForeignKey("boss_fkey", ("boss",), "people", ("id",), actions="ON DELETE CASCADE"),)
    assert people.checks == ("short",)
    assert [each.columns for each in lines.built] == [("note", "a")]
    assert (found.details["engine"], found.details["left_out"]) == ("sqlite", "open_lines")
    assert list(one.tables) == ["main.lines"]
