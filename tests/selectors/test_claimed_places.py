import os
from typing import Any

import pytest

from migrations_app.models import Target
from migrations_app.selectors.claimed_places import namesakes_of, places_of, same_as
from tests.runs import target

POSTGRES = {"engine": "postgres", "host": "db", "database": "app", "username": "snake"}
STORE = {"store": "postgres", "host": "db", "database": "app", "username": "snake", "table": "sessions"}
POOL = {"driver": "beam", "node": "snake@host"}


def of_kind(kind: str, config: dict[str, Any], key: int = 1) -> Target:
    return Target(pk=key, kind=kind, config=config)


@pytest.mark.parametrize(
    ("kind", "one", "other", "same"),
    [
        ("session_store", STORE, {**STORE, "host": "DB.", "username": "another", "codec": "json"}, True),
        ("session_store", STORE, {**STORE, "table": "others"}, False),
        ("session_store", STORE, {**STORE, "port": 5433}, False),
        ("session_store", {"store": "sqlite", "path": "/a/b"}, {"store": "sqlite", "path": "/a/c/../b"}, True),
        ("database", {**POSTGRES, "schemas": "public, app"}, {**POSTGRES, "schemas": "app, other"}, True),
        ("database", {**POSTGRES, "schemas": "app"}, {**POSTGRES, "schemas": "other"}, False),
        ("config_file", {"path": "/a/config.exs"}, {"path": "/a/./config.exs"}, True),
        ("config_file", {"path": "/a/config.exs"}, {"path": "/b/config.exs"}, False),
        ("adapter_project", {"path": "/srv/app"}, {"path": "/srv/app/"}, True),
        ("worker_pool", POOL, {**POOL, "epmd_port": 4370, "pool": "default"}, True),
        ("worker_pool", POOL, {**POOL, "pool": "second"}, False),
        ("worker_pool", {"driver": "http", "url": "https://a/p"}, {"driver": "http", "url": "https://A/p/"}, True),
    ],
)
def test_what_is_the_same_whatever_it_is_called(
    kind: str, one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    first, second = of_kind(kind, one), of_kind(kind, other, 2)
    assert places_of(first)
    assert places_of(second)
    assert same_as([first], [second]) == ({2: 1} if same else {})


def test_of_another_kind_or_without_a_usable_configuration_nothing_is_the_same() -> None:
    file = of_kind("config_file", {"path": "/a/b.exs"})
    assert same_as([file], [of_kind("adapter_project", {"path": "/a/b.exs"}, 2)]) == {}
    broken = of_kind("session_store", {"store": "none"}, 3)
    assert places_of(broken) == frozenset()
    assert same_as([broken], [of_kind("session_store", {"store": "none"}, 4)]) == {}


@pytest.mark.django_db
def test_a_link_is_what_it_leads_to(cast: Any, tmp_path: Any) -> None:
    os.symlink(tmp_path, tmp_path / "link")
    one, two = (
        target(name, {"store": "sqlite", "path": str(tmp_path / way / "sessions.sqlite3")})
        for name, way in (("one", "."), ("two", "link"))
    )
    target("three", {"store": "sqlite", "path": str(tmp_path / "others.sqlite3")})
    assert namesakes_of([two.pk]) == {one.pk: two.pk}
    assert namesakes_of([one.pk, two.pk]) == {}
