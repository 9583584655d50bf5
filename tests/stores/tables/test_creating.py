"""Created tables, seen by the catalogue of the database that they were created in."""

import pytest

from migrations_app.stores.tables import creating, mapping
from migrations_app.stores.tables.schema import Generated, TypeKind
from tests.stores.tables.places import DatabasePlace, postgres_place, sqlite_place

pytestmark = pytest.mark.servers

SHOP = """
CREATE TYPE mood AS ENUM ('sad', 'glad'); CREATE DOMAIN percent AS numeric(5,2);
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(40) NOT NULL DEFAULT 'nobody',
  mail text COLLATE "C" NOT NULL UNIQUE, feels mood DEFAULT 'sad', share percent, tags text[] DEFAULT '{}',
  seen timestamptz(3) DEFAULT now(), active boolean NOT NULL DEFAULT true, doc jsonb, ip inet,
  initial text GENERATED ALWAYS AS (left(name, 1)) STORED, boss int REFERENCES people ON DELETE SET NULL);
CREATE INDEX people_name ON people (name, seen); CREATE INDEX people_active ON people (id) WHERE active;
CREATE TABLE "Odd lines" (person int NOT NULL REFERENCES people (id) ON DELETE CASCADE, "no." serial, note text,
  PRIMARY KEY (person, "no."));
"""
FILE = """
CREATE TABLE people (id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(40) NOT NULL DEFAULT 'nobody' UNIQUE,
  amount DECIMAL(10,2) DEFAULT 1.5, seen DATETIME, active BOOL NOT NULL DEFAULT 1, anything, photo BLOB,
  initial TEXT GENERATED ALWAYS AS (substr(name, 1, 1)) STORED, boss INT REFERENCES people ON DELETE SET NULL);
CREATE TABLE lines (person INT NOT NULL REFERENCES people ON DELETE CASCADE, no INT NOT NULL, note TEXT,
  PRIMARY KEY (person, no)) WITHOUT ROWID;
CREATE INDEX lines_note ON lines (note);
"""


def create(source, target, engine, **parameters):
    """The selections, and the target's catalogue after every statement has run."""
    with source.open(read_only=True) as database:
        held = database.catalogue()
    with target.open() as database:
        selections, problems = mapping.selections(held, database.catalogue(), parameters, engine=engine)
        connection = database._open(create=True) if engine == "sqlite" else database._open()
        statements = [
            *creating.tables(held, selections, engine=engine),
            *creating.after(held, selections, engine=engine),
        ]
        for statement in statements:
            connection.execute(statement.sql)
        assert problems == []
        return selections, database.catalogue(), statements


def check_types(selections, made):
    for selection in selections:
        table = made.tables[selection.target]
        assert {each.target: each.type for each in selection.columns} == {
            each.target: table.column(each.target).type for each in selection.columns
        }


@pytest.fixture
def shop(postgres, postgres_server):
    postgres_server.sql(SHOP, postgres.config["database"])
    return postgres


@pytest.fixture
def file(sqlite):
    with sqlite.open() as database:
        database._open(create=True).executescript(FILE)
    return sqlite


def test_postgresql_in_postgresql_is_as_it_was(shop, postgres_server):
    with postgres_place(postgres_server) as other:
        selections, made, statements = create(shop, other, "postgres")
        with shop.open(read_only=True) as database:
            held = database.catalogue()
    check_types(selections, made)
    people, lines = made.tables["public.people"], made.tables["public.Odd lines"]

    assert people.keys == held.tables["public.people"].keys
    assert set(people.foreign_keys) == set(held.tables["public.people"].foreign_keys)
    assert set(lines.foreign_keys) == set(held.tables["public.Odd lines"].foreign_keys)
    assert {each.name: each.definition for each in people.built} == {
        each.name: each.definition for each in held.tables["public.people"].built
    }
    assert people.column("id").generated is Generated.ALWAYS
    assert people.column("initial").generated is Generated.STORED
    assert lines.column("no.").generated is Generated.BY_DEFAULT
    assert people.column("mail").collation == held.tables["public.people"].column("mail").collation
    assert (people.column("name").default, people.column("seen").default) == ("'nobody'::character varying", "now()")
    assert (people.column("feels").type.kind, people.column("feels").default) == (TypeKind.TEXT, None)
    assert people.column("share").type.native == "numeric(5,2)"
    assert not people.column("name").nullable
    assert {(each.table, each.name) for each in statements} >= {
        ("public.people", "public.people"),
        ("public.people", "people_name"),
        ("public.people", "people_boss_fkey"),
    }


def test_postgresql_in_sqlite_keeps_every_kind(shop, tmp_path):
    selections, made, _ = create(shop, sqlite_place(tmp_path / "made.db"), "sqlite")
    check_types(selections, made)
    people, lines = made.tables["people"], made.tables["Odd lines"]

    assert [key.columns for key in people.keys] == [("id",), ("mail",)]
    assert [key.columns for key in lines.keys] == [("person", "no.")]
    assert people.column("id").generated is Generated.BY_DEFAULT
    assert people.sequences[0].column == "id"
    assert people.column("initial").generated is Generated.NO
    assert (people.column("name").default, people.column("active").default) == ("'nobody'", "1")
    assert [(each.table, each.actions) for each in lines.foreign_keys] == [("people", "ON DELETE CASCADE")]
    assert {each.name for each in people.built if each.columns == ("name", "seen")} == {"people_name"}


def test_sqlite_in_postgresql_and_in_sqlite(file, postgres_server, tmp_path):
    with postgres_place(postgres_server, schemas="shop, public") as target:
        postgres_server.sql("CREATE SCHEMA shop", target.config["database"])
        selections, made, _ = create(file, target, "postgres")
    check_types(selections, made)
    people, lines = made.tables["shop.people"], made.tables["shop.lines"]
    again, copy, _ = create(file, sqlite_place(tmp_path / "copy.db"), "sqlite")
    check_types(again, copy)

    assert [key.columns for key in people.keys] == [("id",), ("name",)]
    assert (people.column("amount").default, people.column("active").default) == ("1.5", "true")
    assert [each.type.native for each in people.columns] == [
        "bigint", "text", "numeric", "timestamp without time zone", "boolean", "text", "bytea", "text", "bigint",
    ]  # fmt: skip
    assert people.column("id").generated is Generated.BY_DEFAULT
    assert {each.table for each in lines.foreign_keys} == {"shop.people"}
    assert [each.type.native for each in copy.tables["people"].columns][1:3] == ["VARCHAR(40)", "DECIMAL(10,2)"]
    assert copy.tables["people"].sequences


def test_what_was_renamed_or_transformed_is_made_as_it_arrives(shop, postgres_server):
    tables = [
        {
            "source": "public.people",
            "target": "public.folk",
            "columns": {"number": "id", "label": {"source": "name", "transforms": ["trim"]}, "mail": None},
        },
        {
            "source": "public.Odd lines",
            "columns": {"note": {"source": "note", "transforms": [{"kind": "cut", "text": 5}]}},
        },
    ]
    with postgres_place(postgres_server) as other:
        selections, made, statements = create(shop, other, "postgres", tables=tables)
    check_types(selections, made)
    folk = made.tables["public.folk"]

    assert [key.columns for key in folk.keys] == [("number",)]
    assert folk.column("label").type.native == "text"
    assert folk.column("mail") is None
    assert {each.table for each in made.tables["public.Odd lines"].foreign_keys} == {"public.folk"}
    assert "people_active" not in {each.name for each in statements}


def test_only_what_is_missing_is_made_and_refers_to_what_is_there(shop, postgres_server):
    with postgres_place(postgres_server) as other:
        postgres_server.sql(
            "CREATE TABLE people (id int PRIMARY KEY, name text, mail text, feels text)", other.config["database"]
        )
        with shop.open(read_only=True) as database:
            held = database.catalogue()
        with other.open() as database:
            selections, problems = mapping.selections(held, database.catalogue(), {}, engine="postgres")
            only = {"public.Odd lines"}
            statements = [
                *creating.tables(held, selections, engine="postgres", only=only),
                *creating.after(held, selections, engine="postgres", only=only),
            ]
            for statement in statements:
                database._open().execute(statement.sql)

            assert {each.table for each in database.catalogue().tables["public.Odd lines"].foreign_keys} == {
                "public.people"
            }
    assert problems == []
    assert {each.table for each in statements} == only


def test_long_names_of_sqlite_fit_into_postgresql(tmp_path, postgres):
    long = "x" * 50
    place = sqlite_place(tmp_path / "long.db")
    with place.open() as database:
        database._open(create=True).executescript(
            f"CREATE TABLE {long} (a{long} INT NOT NULL UNIQUE, b{long} INT REFERENCES {long} (a{long}))"
        )
    _, made, statements = create(place, postgres, "postgres")

    assert len(made.tables[f"public.{long}"].foreign_keys) == 1
    assert all(len(each.name) <= 63 for each in statements if each.name != each.table)


def test_a_table_without_a_key_and_an_empty_place(postgres_server, tmp_path):
    place = sqlite_place(tmp_path / "heap.db")
    with place.open() as database:
        database._open(create=True).execute("CREATE TABLE heap (a)")
    with postgres_place(postgres_server) as target:
        selections, made, _ = create(DatabasePlace(place.config, {}), target, "postgres")

    assert selections[0].key == ()
    assert made.tables["public.heap"].keys == ()
