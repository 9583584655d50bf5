import asyncio

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from migrations_app.contrib.django_routers import routers
from tests.contrib.routers import PATH, WORLD
from tests.routing.routed_world import RoutedWorld

ROUTE = {"name": "sessions", "url": "https://snakeweb.example", "token": "t"}


@pytest.fixture(autouse=True)
def _forgotten():
    yield
    routers.forget()


@pytest.fixture
def world():
    WORLD.append(RoutedWorld())
    yield WORLD[-1]
    WORLD.pop()


def test_a_function_makes_the_router_once(world):
    with override_settings(SNAKEWEB_SESSIONS=PATH):
        assert routers.router() is routers.router()
        assert asyncio.run(routers.async_router()) is asyncio.run(routers.async_router())


def test_a_configuration_makes_one_too(tmp_path):
    document = {"route": ROUTE, "stores": {"a": {"store": "sqlite", "path": str(tmp_path / "a.db")}}}
    with override_settings(SNAKEWEB_SESSIONS=document):
        assert routers.router().kinds == {"sqlite"}


def test_one_that_is_forgotten_is_closed(world):
    with override_settings(SNAKEWEB_SESSIONS=PATH):
        first = routers.router()
        first.set("id", b"x")
        routers.forget()
        assert routers.router() is not first
    assert world.closed == {"a": 1}


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (None, "dotted path"),
        (7, "dotted path"),
        ("tests.contrib.routers.no_router", "no SessionRouter"),
        ({"route": ROUTE}, "stores"),
        ({"route": ROUTE, "stores": {"a": {"store": "floppy"}}}, "stores.a.store"),
    ],
)
def test_a_wrong_setting_is_named(setting, said):
    with override_settings(SNAKEWEB_SESSIONS=setting), pytest.raises(ImproperlyConfigured, match=said):
        routers.router()
