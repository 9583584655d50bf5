"""What is found is seen in `tests/stores/tables/test_traps.py`."""

import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.stores.tables.schema import Catalogue, ColumnType, TypeKind
from migrations_app.stores.tables.selection import Mapped, Selection
from tests.stores.tables.places import DatabasePlace

pytestmark = pytest.mark.servers


def test_what_the_sources_own_type_rules_out_is_not_asked(postgres, postgres_server):
    name = postgres.config["database"]
    postgres_server.sql("CREATE TABLE t (a int NOT NULL); CREATE ROLE blind LOGIN PASSWORD 'x'", name)
    with DatabasePlace({**postgres.config, "username": "blind"}, {"password": "x"}).open(read_only=True) as database:
        wide, narrow = (
            Selection("public.t", "public.t", (), (Mapped("a", "a", type=ColumnType(TypeKind.INTEGER, "", bits=bits)),))
            for bits in (64, 16)
        )

        assert database.traps(wide, Catalogue({})) == []
        with pytest.raises(ValidationFailed, match="permission denied"):
            database.traps(narrow, Catalogue({}))
    postgres_server.sql("DROP ROLE blind", name)
