import pytest

from migrations_app.engine.errors import ValidationFailed
from migrations_app.routing.configuration import router_from
from migrations_app.routing.http_source import HttpRouteSource
from migrations_app.routing.mirror_source import StoreMirrorSource
from tests.routing.routed_world import RoutedWorld

ROUTE = {"name": "web", "url": "https://snakeweb.example", "token": "t", "client_id": "web-1"}
STORES = {"a": {"store": "redis", "host": "old.example"}, "b": {"store": "sqlite", "path": "/new.db"}}
DOCUMENT = {"route": ROUTE, "stores": STORES}


def source_of(**values):
    return router_from({**DOCUMENT, **values}).source


def test_a_route_with_an_address_is_followed_over_http():
    source = source_of()

    assert isinstance(source, HttpRouteSource)
    assert (source.name, source.client_id, source._token, source._mirror) == ("web", "web-1", "t", None)
    assert isinstance(source_of(mirror=True)._mirror, StoreMirrorSource)


def test_without_one_the_stores_are_asked():
    source = source_of(route={"name": "web"})

    assert isinstance(source, StoreMirrorSource)


def test_a_router_works_over_what_is_configured(monkeypatch):
    world, seen = RoutedWorld(), []
    world.join()
    monkeypatch.setenv("OLD_PASSWORD", "from outside")

    def open_store(config, secrets):
        seen.append((config["store"], dict(secrets)))
        return world.open_store({"side": "a" if config["store"] == "redis" else "b"}, {})

    secrets = {"a": {"password": {"env": "OLD_PASSWORD"}}, "b": {"password": "plain"}}
    document = {"route": {"name": "web"}, "stores": STORES, "secrets": secrets, "codec": "json"}
    with router_from(document, open_store=open_store) as router:
        router.set("id", b"{}")

    assert world.holds("a", "id") == b"{}"
    assert ("redis", {"password": "from outside"}) in seen
    assert ("sqlite", {"password": "plain"}) in seen


@pytest.mark.parametrize(
    ("document", "fields"),
    [
        ({}, {"route", "stores", "route.name"}),
        ({**DOCUMENT, "rout": 1}, {"rout"}),
        ({**DOCUMENT, "route": {**ROUTE, "url": "ftp://x"}}, {"route.url"}),
        ({**DOCUMENT, "route": {**ROUTE, "token": ""}}, {"route.token"}),
        ({**DOCUMENT, "route": {**ROUTE, "token": {"env": "NOT_SET_ANYWHERE"}}}, {"route.token"}),
        ({**DOCUMENT, "route": {**ROUTE, "port": 1}}, {"route.port"}),
        ({**DOCUMENT, "stores": {"a": "redis"}}, {"stores.a"}),
        ({**DOCUMENT, "stores": {"a": {"store": "redis"}}}, {"stores.a.host"}),
        ({**DOCUMENT, "secrets": {"a": {"password": 7}}}, {"secrets.a.password"}),
        ({**DOCUMENT, "codec": "pickle", "fence_class": "none"}, {"codec", "fence_class"}),
        ({**DOCUMENT, "retry_budget_seconds": -1}, {"retry_budget_seconds"}),
    ],
)
def test_every_problem_is_named(document, fields):
    with pytest.raises(ValidationFailed) as refused:
        router_from(document)

    assert {problem.field for problem in refused.value.problems} == fields
