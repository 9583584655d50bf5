"""Tables made in MariaDB, seen by its catalogue."""

import pytest

from migrations_app.stores.tables import creating, mapping
from migrations_app.stores.tables.alchemy.created import created_type, quoted, takes_default
from migrations_app.stores.tables.schema import ColumnType, TypeKind
from tests.stores.tables.orders import WORKER

pytestmark = pytest.mark.servers
SHOP = """
CREATE TABLE people (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name varchar(40) NOT NULL DEFAULT 'nobody',
  mail text NOT NULL UNIQUE, share numeric(5, 2), tags text[], seen timestamptz(3), doc jsonb, key uuid,
  boss int REFERENCES people ON DELETE SET NULL);
CREATE INDEX people_name ON people (name, seen);
"""


def test_every_kind_arrives_as_one_that_holds_it(postgres, postgres_server, mariadb):
    postgres_server.sql(SHOP, postgres.config["database"])
    with postgres.open() as one, mariadb.open() as other:
        held = one.catalogue()
        selections, problems = mapping.selections(held, other.catalogue(), {}, engine="mariadb")
        other.raise_worker_fence(WORKER)
        for made_of in (creating.tables, creating.after):
            other.execute([each.sql for each in made_of(held, selections, engine="mariadb")], WORKER)
        made = other.catalogue().tables["people"]

        assert problems == []
        assert [each.type.kind for each in made.columns] == [
            TypeKind.INTEGER, TypeKind.TEXT, TypeKind.TEXT, TypeKind.DECIMAL, TypeKind.TEXT, TypeKind.INSTANT,
            TypeKind.TEXT, TypeKind.TEXT, TypeKind.INTEGER,
        ]  # fmt: skip
        assert (made.column("mail").type.length, made.column("mail").collation) == (255, "C")
        assert made.column("seen").type.precision == 3
        assert [each.column for each in made.sequences] == ["id"]
        assert [each.actions for each in made.foreign_keys] == ["ON DELETE SET NULL"]
        assert {"people_name", "people_mail_key"} <= set(made.indexes)
        other.drop(["people"], WORKER)
        assert other.catalogue().tables == {}


def test_names_and_defaults_are_written_as_the_dialect_has_them():
    assert quoted("a`b", "mysql") == "`a``b`"
    assert quoted('a"b', "oracle") == '"a""b"'
    text = created_type(ColumnType(TypeKind.TEXT, "text"), engine="mysql", indexed=False)
    assert (text.native.split()[0], takes_default(text, "'x'")) == ("LONGTEXT", False)
    assert takes_default(ColumnType(TypeKind.INTEGER, "INTEGER"), "1")
