import os

import pytest

from migrations_app.stores.sessions import endpoint, fingerprint, place
from migrations_app.stores.sessions.base import StoreProbe

POSTGRES = {"store": "postgres", "host": "db.example", "database": "d", "username": "u"}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"store": "redis", "host": "localhost"}, "redis://127.0.0.1:6379/0"),
        ({"store": "redis", "host": "127.1"}, "redis://127.0.0.1:6379/0"),
        ({"store": "redis", "host": "127.0.0.2"}, "redis://127.0.0.1:6379/0"),
        ({"store": "redis", "host": "0x7f000001"}, "redis://127.0.0.1:6379/0"),
        ({"store": "redis", "host": "10.1"}, "redis://10.0.0.1:6379/0"),
        ({"store": "redis", "host": "::1", "prefix": "x:"}, "redis://127.0.0.1:6379/0"),
        ({"store": "redis", "host": "Cache.Example.", "port": 7, "db": 2}, "redis://cache.example:7/2"),
        (POSTGRES, "postgresql://db.example:5432/d"),
        (POSTGRES | {"host": "/run/postgresql", "table": "a.b"}, "postgresql://127.0.0.1:5432/d"),
    ],
)
def test_one_text_for_every_way_to_write_an_endpoint(config, expected):
    assert endpoint(config) == expected


@pytest.mark.parametrize("store", ["sqlite", "snapshot"])
def test_a_file_is_the_file_behind_its_links(tmp_path, store):
    (tmp_path / "real.db").touch()
    os.symlink(tmp_path / "real.db", tmp_path / "link.db")

    one, other = ({"store": store, "path": str(tmp_path / name)} for name in ("real.db", "link.db"))

    assert endpoint(one) == endpoint(other)


def test_two_tables_or_prefixes_are_two_places():
    assert place(POSTGRES) != place(POSTGRES | {"table": "other"})
    assert place({"store": "redis", "host": "r", "prefix": "a:"}) == "redis://r:6379/0#a:"
    assert place({"store": "snapshot", "path": "/srv/a"}) == "snapshot:///srv/a"


def test_a_fingerprint_holds_what_must_stay():
    probe = StoreProbe("postgres", "18.4", "postgresql:1/d", 0.2, 0, "bytea", 12, True, True, "noeviction")

    assert fingerprint(probe, POSTGRES) == {
        "identity": "postgresql:1/d",
        "place": "postgresql://db.example:5432/d#snakeweb_sessions",
        "layout": "bytea",
        "codec": "opaque",
        "version": "18.4",
        "eviction_policy": "noeviction",
        "size": 12,
    }
