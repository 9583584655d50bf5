import pytest

from migrations_app.stores.tables.postgres.collations import collation_of, database_collation
from tests.stores.tables.places import DatabasePlace


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"collprovider": "c", "collcollate": "C"}, "C"),
        ({"collprovider": "c", "collcollate": "POSIX"}, "C"),
        ({"collprovider": "b", "colllocale": "C.UTF-8", "collversion": "1"}, "C"),
        ({"collprovider": "c", "collcollate": "de_DE.UTF-8", "collversion": "2.36"}, "libc:de_DE.UTF-8:2.36"),
        ({"collprovider": "i", "colllocale": "de-DE", "collversion": "153.120"}, "icu:de-DE:153.120"),
        # Before PostgreSQL 17 an ICU locale had another name, and before 15 it stood where libc's does.
        ({"collprovider": "i", "colliculocale": "de-DE", "collversion": "153.120"}, "icu:de-DE:153.120"),
        ({"collprovider": "i", "collcollate": "de-DE", "collversion": "153.120"}, "icu:de-DE:153.120"),
        ({"collprovider": "i", "colllocale": "und", "collisdeterministic": False}, "icu:und:nondeterministic"),
    ],
)
def test_collations_of_every_version_have_the_same_words(row, words):
    assert collation_of(row) == words


@pytest.mark.servers
@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("LOCALE_PROVIDER libc LOCALE 'C'", "C"),
        ("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'", "C"),
        ("LOCALE_PROVIDER builtin BUILTIN_LOCALE 'PG_UNICODE_FAST' LOCALE 'C'", "builtin:PG_UNICODE_FAST:1"),
    ],
)
def test_a_databases_own_order_is_read_from_the_server(postgres, postgres_server, order, words):
    postgres_server.sql(f"CREATE DATABASE ordered TEMPLATE template0 ENCODING 'UTF8' {order}")
    with DatabasePlace({**postgres.config, "database": "ordered"}, postgres.secrets).open(read_only=True) as database:
        found = database_collation(database._open())
    postgres_server.drop_database("ordered")

    assert found == words
